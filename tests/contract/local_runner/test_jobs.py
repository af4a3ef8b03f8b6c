"""Jobs as processes: all indexes, exit codes, last words, suspension, deletion."""

import json
from pathlib import Path

import psutil

from tests.contract.local_runner.conftest import NAMESPACE, Object, Platform, eventually, job, running


def _condition(subject: Object | None, condition_type: str) -> Object | None:
    conditions = (subject or {}).get("status", {}).get("conditions") or ()
    return next((each for each in conditions if each["type"] == condition_type and each["status"] == "True"), None)


def _ended(platform: Platform, name: str, condition_type: str) -> Object:
    found = eventually(lambda: (job := platform.get("Job", name)) and _condition(job, condition_type) and job)
    assert found is not None
    return found


def _terminated(pod: Object) -> Object:
    return dict(pod["status"]["containerStatuses"][0]["state"]["terminated"])


def test_a_job_runs_every_index_once(platform: Platform) -> None:
    platform.store.create(job("all", "import os; print('index', os.environ['JOB_COMPLETION_INDEX'])", completions=3, parallelism=2))
    done = _ended(platform, "all", "Complete")
    assert done["status"]["completedIndexes"] == "0-2"
    assert (done["status"]["succeeded"], done["status"]["failed"], done["status"]["active"]) == (3, 0, 0)
    assert sorted(platform.log(pod) for pod in platform.pods(app="all")) == ["index 0\n", "index 1\n", "index 2\n"]


def test_a_pod_gets_its_own_places_and_nothing_of_this_environment(platform: Platform, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of the person")
    script = """
        import json, os, pathlib
        root = pathlib.Path(os.environ["MODELYARD_ROOT"])
        files = {str(file.relative_to(root)): file.read_text() for file in sorted(root.rglob("*")) if file.is_file()}
        pathlib.Path(os.environ["MODELYARD_TERMINATION_PATH"]).write_text(json.dumps([files, os.environ["NEEDED"], "AWS_ACCESS_KEY_ID" in os.environ]))
    """
    container = {
        "env": [{"name": "NEEDED", "valueFrom": {"configMapKeyRef": {"name": "modelyard", "key": "URI"}}}],
        "volumeMounts": [{"name": "c", "mountPath": "/etc/modelyard/config"}, {"name": "s", "mountPath": "/etc/modelyard/alerts/0"}],
    }
    body = job("places", script, container=container)
    body["spec"]["template"]["spec"]["volumes"] = [
        {"name": "c", "configMap": {"name": "modelyard", "optional": True}},
        {"name": "s", "secret": {"secretName": "alerts", "optional": True}},
    ]
    platform.store.create(body)
    waiting = eventually(lambda: [p for p in platform.pods(app="places") if "waiting" in str(p.get("status"))])[0]
    state = waiting["status"]["containerStatuses"][0]["state"]["waiting"]
    assert state == {"reason": "CreateContainerConfigError", "message": 'configmap "modelyard" not found'}
    for kind, name, data in (("ConfigMap", "modelyard", {"URI": "http://here"}), ("Secret", "alerts", {"slack": "aHR0cA=="})):
        platform.store.create({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, "data": data})
    _ended(platform, "places", "Complete")
    pod = platform.pods(app="places")[0]
    assert json.loads(_terminated(pod)["message"]) == [{"alerts/0/slack": "http", "config/URI": "http://here"}, "http://here", False]
    folder = platform.home.pod_folder(NAMESPACE, pod["metadata"]["name"])
    assert sorted(path.name for path in folder.iterdir()) == ["log", "termination-log"]


def test_an_exit_code_and_last_words_fail_a_job_by_its_policy(platform: Platform) -> None:
    script = "import os, sys; open(os.environ['MODELYARD_TERMINATION_PATH'], 'w').write('x' * 5000 + 'the end'); sys.exit(65)"
    rules = [{"action": "FailJob", "onExitCodes": {"containerName": "main", "operator": "In", "values": [65]}}]
    platform.store.create(job("invalid", script, backoffLimit=3, podFailurePolicy={"rules": rules}))
    failed = _condition(_ended(platform, "invalid", "Failed"), "Failed")
    assert failed is not None
    assert failed["reason"] == "PodFailurePolicy"
    assert "failed with exit code 65 matching FailJob rule at index 0" in failed["message"]
    ended = _terminated(platform.pods(app="invalid")[0])
    assert (ended["exitCode"], ended["reason"], len(ended["message"]), ended["message"][-7:]) == (65, "Error", 4096, "the end")


def test_a_command_that_is_not_there_fails_in_words(platform: Platform) -> None:
    body = job("typo", "")
    body["spec"]["template"]["spec"]["containers"][0]["command"] = ["modelyard-jbo", "train"]
    platform.store.create(body)
    _ended(platform, "typo", "Failed")
    ended = _terminated(platform.pods(app="typo")[0])
    assert (ended["exitCode"], ended["reason"]) == (128, "StartError")
    assert ended["message"] == "modelyard-jbo can't be started: No such file or directory"


def test_suspension_stops_pods_and_resuming_makes_new_ones(platform: Platform, tmp_path: Path) -> None:
    marker = tmp_path / "second"
    script = f"""
        import os, pathlib, signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: (print("stopping: the pod is ending", flush=True), sys.exit(143)))
        print("up", flush=True)
        while not pathlib.Path({str(marker)!r}).exists():
            time.sleep(0.05)
    """
    platform.store.create(job("pause", script))
    first = eventually(lambda: [pod for pod in platform.pods(app="pause") if "up" in platform.log(pod)])[0]
    platform.change("Job", "pause", lambda spec: spec.update(suspend=True))
    suspended = _ended(platform, "pause", "Suspended")
    assert "startTime" not in suspended["status"]
    eventually(lambda: not platform.pods(app="pause"))
    assert not platform.home.pod_folder(NAMESPACE, first["metadata"]["name"]).exists()
    marker.touch()
    platform.change("Job", "pause", lambda spec: spec.update(suspend=False))
    done = _ended(platform, "pause", "Complete")
    assert done["status"]["failed"] == 0
    assert platform.pods(app="pause")[0]["metadata"]["uid"] != first["metadata"]["uid"]


def test_a_deleted_job_takes_its_processes_along(platform: Platform) -> None:
    platform.store.create(job("gone", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"))
    pid = int(eventually(lambda: next((platform.log(pod) for pod in platform.pods(app="gone")), "")))
    platform.delete("Job", "gone")
    eventually(lambda: not platform.pods(app="gone"))
    assert not psutil.pid_exists(pid)


def test_a_pod_that_uses_too_much_memory_is_killed_and_says_so(platform: Platform) -> None:
    script = "import time; held = bytearray(300 * 2**20); time.sleep(60)"
    platform.store.create(job("greedy", script, container={"resources": {"limits": {"memory": "100Mi"}}}))
    _ended(platform, "greedy", "Failed")
    ended = _terminated(platform.pods(app="greedy")[0])
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")


def test_a_missing_gpu_is_said_and_the_pod_runs(platform: Platform) -> None:
    script = "import os; print(repr(os.environ['CUDA_VISIBLE_DEVICES']))"
    platform.store.create(job("gpu", script, container={"resources": {"limits": {"nvidia.com/gpu": "1"}}}))
    _ended(platform, "gpu", "Complete")
    pod = platform.pods(app="gpu")[0]
    assert platform.log(pod) == "''\n"
    events = platform.store.pod_events(NAMESPACE, pod["metadata"]["uid"])
    assert [event["note"] for event in events if event["reason"] == "NoAccelerator"] == [
        "this machine has no NVIDIA GPU: 1 requested (nvidia.com/gpu), running on the CPU instead"
    ]


def test_pods_wait_for_a_gpu_that_another_one_has(tmp_path: Path) -> None:
    marker = tmp_path / "go"
    script = f"""
        import os, pathlib, time
        print(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
        while not pathlib.Path({str(marker)!r}).exists():
            time.sleep(0.05)
    """
    container = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
    with running(tmp_path / "home", gpus=("3",)) as platform:
        platform.store.create(job("gpu", script, completions=2, parallelism=2, container=container))
        waiting = eventually(lambda: [pod for pod in platform.pods(app="gpu") if "Unschedulable" in str(pod.get("status"))])
        scheduled = next(each for each in waiting[0]["status"]["conditions"] if each["type"] == "PodScheduled")
        assert scheduled["message"] == "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."
        marker.touch()
        _ended(platform, "gpu", "Complete")
        assert [platform.log(pod) for pod in platform.pods(app="gpu")] == ["3\n", "3\n"]


def test_a_deadline_ends_a_job(platform: Platform) -> None:
    platform.store.create(job("slow", "import time; time.sleep(60)", activeDeadlineSeconds=1))
    failed = _condition(_ended(platform, "slow", "Failed"), "Failed")
    assert failed is not None
    assert failed["reason"] == "DeadlineExceeded"
