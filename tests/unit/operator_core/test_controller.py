"""Who follows an alias hears at once of what this operator itself has promoted."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from modelyard_operator.controller import Controller, ControllerOptions, new_queue
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, TRAINING_JOB, Kind, Object
from modelyard_operator.plan import EnsureModel, Plan
from modelyard_operator.prometheus import Metrics

A_LONG_TIME = 600.0
RESOURCES: dict[Kind, Object] = {
    kind: {"kind": kind.name, "metadata": {"namespace": "ml", "name": "flights"}} for kind in (TRAINING_JOB, MODEL_DEPLOYMENT)
}


class Mirrors:
    def all(self, kind: Kind) -> list[Object]:
        return [RESOURCES[kind]]

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        return RESOURCES[kind]


class Registry:
    """An alias that moves once the writer has acted."""

    def __init__(self) -> None:
        self.at: dict[tuple[str, str], str] = {}
        self.read = threading.Event()

    def aliases(self) -> Mapping[tuple[str, str], str]:
        self.read.set()
        return dict(self.at)


class Writer:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def run(self, plan: Plan, resource: Object, view: object) -> None:
        if plan.registry:
            assert self._registry.read.wait(10)  # the first poll was before the promotion
            self._registry.at = {("ml.flights", "champion"): "1"}


class Trainer:
    """Promotes once."""

    kind = TRAINING_JOB

    def __init__(self) -> None:
        self._promoted = False

    def gather(self, *_: object) -> object:
        return self

    def reconcile(self, *_: object) -> Plan:
        if self._promoted:
            return Plan()
        self._promoted = True
        return Plan(registry=(EnsureModel("ml", "flights"),))

    def followed_model(self, resource: Object) -> None:
        return None


class Follower:
    """Counts how often it is looked at."""

    kind = MODEL_DEPLOYMENT

    def __init__(self) -> None:
        self.looked = threading.Semaphore(0)

    def gather(self, *_: object) -> object:
        return self

    def reconcile(self, *_: object) -> Plan:
        self.looked.release()
        return Plan()

    def followed_model(self, resource: Object) -> str:
        return "ml.flights"


def test_a_promotion_is_followed_without_waiting_for_the_next_poll() -> None:
    registry, follower, queue = Registry(), Follower(), new_queue()
    options = ControllerOptions(1, A_LONG_TIME, A_LONG_TIME, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    reconcilers = {"TrainingJob": Trainer(), "ModelDeployment": follower}
    controller = Controller(
        cast(Any, Mirrors()), queue, cast(Any, reconcilers), cast(Any, registry), cast(Any, Writer(registry)), Metrics(), options
    )
    controller.start()
    try:
        assert follower.looked.acquire(timeout=10)  # at the start
        assert follower.looked.acquire(timeout=10)  # because the alias moved
    finally:
        assert controller.stop()
