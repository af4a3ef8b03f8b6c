"""Definitions, operator and images are upgraded in every order, and rolled back in the same: with jobs that run and a rollout in flight.

What is asked after each step: the job that ran ends promoted, the version that was being rolled out is served, and nothing fails. And at
the end: one Job and one version for each TrainingJob, and pods that were ready had all requests at any time.
"""

import itertools
import os

import pytest
from modelyard_operator.kube.interface import DEPLOYMENT, EVENT, SERVICE, TRAINING_JOB

from tests.contract.kube.eventually import eventually
from tests.contract.training.upgrade.conftest import MODEL, PARTS, PATIENCE, Installation, Team
from tests.servers.mlflow_server import MlflowServer

# Up an operator that is newer than the definitions, down one that is older; `make accept-upgrade` takes every order of the three.
SHORT = [(("operator", "images"), ("definitions",))]
ORDERS = [tuple((part,) for part in order) for order in itertools.permutations(PARTS)] if os.environ.get("MODELYARD_ALL_ORDERS") else SHORT


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: ", ".join(" and ".join(parts) for parts in order))
def test_nothing_is_lost(order: tuple[tuple[str, ...], ...], team: Team, installation: Installation, mlflow: MlflowServer) -> None:
    history = History(team)
    for number, parts in itertools.product((1, 0), order):
        new = {"checkpoints": "1h"} if installation.installed["definitions"] == installation.installed["operator"] == 1 else {}
        running = history.start(**new)
        installation.change(parts, number)
        history.roll_out()
        history.finish(running)
        see_to_what_waits(team, installation, f"{parts[0]}-{number}")
    history.roll_out()
    every = team.names(TRAINING_JOB)
    assert [team.state(name) for name in every] == ["Promoted"] * len(every)
    assert sorted(team.job_names()) == sorted(f"{name}-1" for name in every)
    assert {tuple(one["outcome"] for one in team.status(name)["attempts"]) for name in every} == {("Succeeded",)}
    history.check(mlflow)
    told = {each["reason"] for each in team.deployment.changes([EVENT], "1") if each["type"] == "Warning"}
    assert told <= {"OperatorTooOld", "RegistryUnavailable"}  # MLflow may be slow on a busy machine, and is asked again


def see_to_what_waits(team: Team, installation: Installation, name: str) -> None:
    """What asks for the new field waits for the operator that knows it, or for definitions without it, and is trained then."""
    if installation.installed["definitions"]:
        team.apply(name, model="others", checkpoints="1h")
        if not installation.installed["operator"]:
            eventually(lambda: team.reason(name, "Running") == "OperatorTooOld", PATIENCE)
            assert f"{name}-1" not in team.job_names()
            return
    for each in team.names(TRAINING_JOB):
        if team.state(each) in ("", "Pending"):
            team.runs(each)
            team.finish(each)


class History:
    """The versions of one model: each is promoted, rolled out and served in its turn."""

    def __init__(self, team: Team) -> None:
        """Version 1 is served and version 2 about to be."""
        self._team, self._promoted, self._served = team, 0, 0
        self._since = team.deployment.newest_version(SERVICE)
        team.start("first")
        team.finish("first")
        team.deployment.create_model_deployment()
        self._is_promoted()
        self.roll_out()
        self.finish(self.start())

    def start(self, **spec: str) -> str:
        """A TrainingJob whose pod runs; its name."""
        name = f"{MODEL}-{self._promoted + 1}"
        self._team.start(name, **spec)
        return name

    def finish(self, name: str) -> None:
        """Its version is promoted, and its pods are being started."""
        self._team.finish(name)
        self._is_promoted()

    def _is_promoted(self) -> None:
        self._promoted += 1
        eventually(lambda: f"{MODEL}-v{self._promoted}" in self._team.names(DEPLOYMENT), PATIENCE)

    def roll_out(self) -> None:
        """The pods of the newest version become ready; returns when it is served."""
        self._served += 1
        assert self._served == self._promoted
        self._team.deployment.report_ready(str(self._served), 1)
        eventually(lambda: self._team.deployment.status.get("version") == str(self._served), PATIENCE)

    def check(self, mlflow: MlflowServer) -> None:
        """One version for each promotion, served in their order, and never by pods that weren't ready."""
        numbers = [str(number) for number in range(1, self._promoted + 1)]
        name = f"{self._team.namespace}.{MODEL}"
        assert [each.version for each in reversed(mlflow.client().search_model_versions(f"name = '{name}'"))] == numbers
        assert dict(mlflow.client().get_registered_model(name).aliases) == {"champion": numbers[-1]}
        assert [each["to"] for each in self._team.deployment.status["history"]] == numbers
        assert self._selected() == numbers

    def _selected(self) -> list[str]:
        """The versions that the stable Service selected, one after the other."""
        found = [(version, pods) for version, pods in self._team.deployment.selections(self._since) if version]
        first = found[0][0]  # selected at once: nothing is served anyway
        assert {pods for _, pods in itertools.dropwhile(lambda each: each[0] == first, found)} == {1}
        return list(dict.fromkeys(version for version, _ in found))
