"""A platform that is stopped or killed leaves no process, and goes on where it was."""

import subprocess
import sys
from pathlib import Path

import psutil
from modelyard_operator.kube.interface import POD, Conflict

from tests.contract.local_runner.conftest import Object, Platform, deployment, eventually, job, python, running, template

_DISRUPTION_RULE = {"rules": [{"action": "FailJob", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]}
_WORK = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
_PLATFORM = """
import sys, time
from pathlib import Path
from modelyard_local.home import Home
from modelyard_local.runner.runner import Runner
from modelyard_local.store import LocalStore
home = Home(Path(sys.argv[1]))
home.make()
Runner(LocalStore(home.store), home, gpus=()).start()
time.sleep(60)
"""


def _pid(platform: Platform, app: str) -> int:
    return int(eventually(lambda: next((text for pod in platform.pods(app=app) if (text := platform.log(pod))), "")).split()[0])


def _condition(subject: Object | None, condition_type: str) -> Object | None:
    conditions = (subject or {}).get("status", {}).get("conditions") or ()
    return next((each for each in conditions if each["type"] == condition_type and each["status"] == "True"), None)


def _create(platform: Platform) -> None:
    platform.store.create(job("train", _WORK, podFailurePolicy=_DISRUPTION_RULE))
    platform.store.create(deployment("serve", _WORK))


def _assert_goes_on(platform: Platform, pids: tuple[int, int]) -> None:
    failed = eventually(lambda: _condition(platform.get("Job", "train"), "Failed"))
    assert failed is not None
    assert failed["reason"] == "PodFailurePolicy"
    assert "DisruptionTarget" in failed["message"]
    assert eventually(lambda: [pod for pod in platform.pods(app="serve") if platform.log(pod) and _pid(platform, "serve") not in pids])


def test_after_a_stop_nothing_runs_and_the_next_start_goes_on(tmp_path: Path) -> None:
    with running(tmp_path / "home") as platform:
        _create(platform)
        pids = (_pid(platform, "train"), _pid(platform, "serve"))
        platform.stop()
        assert not any(map(psutil.pid_exists, pids))
        pod = platform.pods(app="train")[0]
        disrupted = _condition(pod, "DisruptionTarget")
        assert disrupted is not None
        assert disrupted["reason"] == "TerminationByKubelet"
        assert pod["status"]["phase"] == "Failed"
        platform.start()
        _assert_goes_on(platform, pids)


def test_after_a_kill_nothing_runs_and_the_next_start_goes_on(tmp_path: Path) -> None:
    platform = Platform(tmp_path / "home")
    _create(platform)
    with subprocess.Popen([sys.executable, "-c", _PLATFORM, str(tmp_path / "home")]) as process:
        try:
            pids = (_pid(platform, "train"), _pid(platform, "serve"))
            # A pod that was killed before its status said Running is simply started anew.
            eventually(lambda: all(pod.get("status", {}).get("phase") == "Running" for pod in platform.pods()))
        finally:
            process.kill()
    eventually(lambda: not any(map(psutil.pid_exists, pids)))
    platform.start()
    try:
        _assert_goes_on(platform, pids)
    finally:
        platform.stop()
        platform.store.close()


def test_a_job_that_ends_well_when_told_to_stop_has_done_its_work(tmp_path: Path) -> None:
    script = """
        import os, signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        print(os.getpid(), flush=True)
        time.sleep(60)
    """
    with running(tmp_path / "home") as platform:
        platform.store.create(job("quick", script))
        _pid(platform, "quick")
        platform.stop()
        assert platform.pods(app="quick")[0]["status"]["phase"] == "Succeeded"
        platform.start()
        eventually(lambda: _condition(platform.get("Job", "quick"), "Complete"))


def test_a_pod_whose_object_was_taken_by_force_is_stopped(platform: Platform) -> None:
    """Somebody removed the finalizer: its Job makes another one."""
    platform.store.create(job("forced", _WORK))
    pid = _pid(platform, "forced")

    def taken() -> bool:
        pod = platform.store.get(POD, "ml", name)
        try:
            platform.store.update(POD, {**pod, "metadata": {**pod["metadata"], "finalizers": []}})
        except Conflict:
            return False
        platform.store.delete(POD, "ml", name, pod["metadata"]["uid"])
        return True

    name = platform.pods(app="forced")[0]["metadata"]["name"]
    eventually(taken)
    eventually(lambda: not psutil.pid_exists(pid))
    eventually(lambda: not platform.home.pod_folder("ml", name).exists())
    assert eventually(lambda: [pod for pod in platform.pods(app="forced") if pod["metadata"]["name"] != name])


def test_folders_of_pods_that_went_meanwhile_are_removed(tmp_path: Path) -> None:
    platform = Platform(tmp_path / "home")
    left = platform.home.pod_folder("ml", "gone")
    left.mkdir(parents=True)
    platform.start()
    try:
        eventually(lambda: not left.exists())
    finally:
        platform.stop()
        platform.store.close()


def test_a_pod_of_nobody_runs_too(platform: Platform) -> None:
    spec = template("alone", python(_WORK), "Never")["spec"]
    platform.store.create(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "alone", "namespace": "ml", "labels": {"app": "alone"}}, "spec": spec}
    )
    pid = _pid(platform, "alone")
    platform.delete("Pod", "alone")
    eventually(lambda: not psutil.pid_exists(pid))


def test_logs_and_folders_are_closed_to_others(platform: Platform) -> None:
    platform.store.create(job("closed", "print('secret')"))
    eventually(lambda: _condition(platform.get("Job", "closed"), "Complete"))
    log = platform.home.pod_log("ml", platform.pods(app="closed")[0]["metadata"]["name"])
    assert log.stat().st_mode & 0o077 == 0
    assert platform.home.folder.stat().st_mode & 0o077 == 0
