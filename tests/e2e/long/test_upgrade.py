"""From the release before evidence to this one, back, and up again: with real images, a job that runs, pods that roll, and requests all the time."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from dev.cluster.binaries import ensure
from dev.cluster.locations import CLONE_STATE, REPOSITORY
from dev.platform import chart
from dev.platform.kubectl import Object, command, get, items, kubeconfig, wait_until
from tests.e2e.conftest import Platform, labelled_rows

BEFORE = "1e30708"  # the last commit before evidence: what people have who upgrade to 0.2
MLFLOW = "http://127.0.0.1:5000"
_EVERY_SECONDS, _MOST_REQUESTS = 0.1, 20_000
_LONG = {"model": {"architecture": "MLP"}, "training": {"epochs": 600, "earlyStopping": {"patience": 600}}}
_INSTALL = f"from dev.platform import chart; chart.install({MLFLOW!r})"


@pytest.fixture(scope="module")
def before() -> Iterator[Callable[[], None]]:
    """Installs that release, with images made from its files."""
    clone = CLONE_STATE.parent / "before"
    git = ["git", "-C", REPOSITORY, "worktree"]
    shutil.rmtree(clone, ignore_errors=True)
    subprocess.run([*git, "prune"], check=True)
    subprocess.run([*git, "add", "--detach", clone, BEFORE], check=True, capture_output=True)
    (clone / ".venv").symlink_to(REPOSITORY / ".venv")
    environment = os.environ | {"PYTHONPATH": str(clone)}

    def install() -> None:
        for arguments in (("-m", "dev.cluster", "up"), ("-c", _INSTALL)):
            subprocess.run([sys.executable, *arguments], cwd=clone, env=environment, check=True, timeout=1500)

    yield install
    subprocess.run([*git, "remove", "--force", clone], check=True)


@dataclass
class Traffic:
    """What became of the requests."""

    answered: int = 0
    failed: list[str] = field(default_factory=list)


@contextmanager
def requests(namespace: str, service: str, body: Object) -> Iterator[Traffic]:
    """Ten a second through the API server's proxy, which takes the endpoints of the Service as they are at that moment."""
    proxy = subprocess.Popen(command("proxy", "--port=0"), stdout=subprocess.PIPE, text=True)
    assert proxy.stdout is not None
    found = re.search(r"127\.0\.0\.1:\d+", proxy.stdout.readline())
    assert found is not None
    url = f"http://{found[0]}/api/v1/namespaces/{namespace}/services/{service}:80/proxy/invocations"
    traffic, over = Traffic(), threading.Event()

    def ask() -> None:
        for _ in range(_MOST_REQUESTS):
            try:
                answer = httpx.post(url, json=body, timeout=30)
                problem = "" if answer.status_code == 200 else f"{answer.status_code} {answer.text[:200]}"
            except httpx.HTTPError as error:
                problem = repr(error)
            traffic.answered += not problem
            traffic.failed += [problem] if problem else []
            if over.wait(_EVERY_SECONDS):
                return

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield traffic
    finally:
        over.set()
        thread.join(60)
        proxy.terminate()
        proxy.communicate(timeout=10)


def training_job(name: str, uri: str, **spec: object) -> Object:
    objective = {"target": "label", "require": [{"metric": "roc_auc", "betterThan": "baseline"}]}
    body = {"objective": objective, "data": {"source": {"uri": uri}}, "promotion": {"model": "flights"}} | spec
    return {"apiVersion": "modelyard.io/v1alpha1", "kind": "TrainingJob", "metadata": {"name": name}, "spec": body}


def model_deployment(cpu: str) -> Object:
    spec = {"model": {"name": "flights", "alias": "champion"}, "resources": {"requests": {"cpu": cpu, "memory": "256Mi"}}}
    return {"apiVersion": "modelyard.io/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": "flights"}, "spec": spec}


@pytest.fixture(scope="module")
def rows(platform: Platform) -> str:
    return platform.upload("upgrade/rows.csv", labelled_rows())


class Scenario:
    """A model that is served, one TrainingJob after the other for it, and a change of its pods for every change of the platform."""

    def __init__(self, platform: Platform, uri: str) -> None:
        self.platform, self.uri, self.number = platform, uri, 0

    def begin(self) -> None:
        """One TrainingJob is over and its model served."""
        self.platform.apply(self._next(), model_deployment("10m"))
        assert self.platform.decided("flights-1")["status"]["state"] == "Promoted"
        self.platform.until("md", "flights", "Available", "True")

    def through(self, change: Callable[[], None]) -> None:
        """The next TrainingJob runs, and pods roll, while the platform changes; afterwards it is promoted and served."""
        over = {name: self._job(name) for name in self._names()}
        self.platform.apply(self._next())
        name = self._names()[-1]
        self.platform.until("tj", name, "Running", "True", seconds=240)
        self.platform.apply(model_deployment(f"{10 + self.number}m"))
        change()
        assert self.platform.decided(name, seconds=600)["status"]["state"] == "Promoted"
        wait_until(f"version {self.number} served", 300, lambda: self._served() == str(self.number))
        self.platform.until("md", "flights", "Available", "True")
        assert {each: self._job(each) for each in over} == over

    def _served(self) -> str:
        return str(get("md", "flights", self.platform.namespace)["status"]["version"])

    def _next(self) -> Object:
        self.number += 1
        name = f"flights-{self.number}"
        return training_job(name, self.uri, **(_LONG if self.number > 1 else {}))

    def _names(self) -> list[str]:
        return [f"flights-{number}" for number in range(1, self.number + 1)]

    def _job(self, name: str) -> tuple[str, Object, int]:
        """What must not change any more once it is over: its UID, its result, how many Jobs it made."""
        job = self.platform.training_job(name)
        jobs = items("jobs", self.platform.namespace, f"modelyard.io/training-job={name}")
        result = {key: value for key, value in job["status"]["result"].items() if key != "digest"}  # added by the upgrade
        return job["metadata"]["uid"], result, len(jobs)


def helm_rollback() -> None:
    where = ("--kubeconfig", kubeconfig(), "--namespace", chart.SYSTEM_NAMESPACE)
    helm = [ensure(["helm"])["helm"], "rollback", chart.RELEASE, *where, "--wait", "--timeout", "10m", "--force-conflicts"]
    subprocess.run(helm, check=True, timeout=700)


@pytest.mark.timeout(1800)
def test_up_back_and_up_again(platform: Platform, before: Callable[[], None], rows: str) -> None:
    before()
    scenario = Scenario(platform, rows)
    scenario.begin()
    with requests(platform.namespace, "flights", {"dataframe_records": [{"x": 0.9, "y": 0.9}]}) as traffic:
        for change in (lambda: chart.install(MLFLOW), helm_rollback, lambda: chart.install(MLFLOW)):
            scenario.through(change)
            print(f"version {scenario.number} is served; {traffic.answered} requests answered, {len(traffic.failed)} failed")
    assert traffic.failed == []
    assert traffic.answered > 500
