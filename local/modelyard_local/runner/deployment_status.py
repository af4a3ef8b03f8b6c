"""A Deployment's status: numbers of pods, and whether a rollout goes on, is done, or got stuck."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from modelyard_operator.kube.interface import Object
from modelyard_operator.timestamps import from_timestamp, to_timestamp

from modelyard_local.runner.conditions import find, with_condition

_DEFAULT_DEADLINE_SECONDS = 600


@dataclass(frozen=True)
class Counts:
    """Pods that are wanted and those that there are, without those that are going."""

    wanted: int
    all: int
    updated: int  # of the newest template
    ready: int

    @property
    def is_complete(self) -> bool:
        """Nothing is left to do."""
        return self.updated == self.wanted == self.all and self.ready >= self.wanted


def deployment_status(deployment: Object, counts: Counts, template_hash: str, now: datetime) -> Object:
    """The whole status."""
    before = deployment.get("status", {})
    available = counts.ready >= counts.wanted
    words = (
        ("MinimumReplicasAvailable", "Deployment has minimum availability.")
        if available
        else ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    )
    conditions = list(before.get("conditions") or ())
    conditions = _with(conditions, "Available", str(available), words, now)
    return {
        "observedGeneration": deployment["metadata"].get("generation", 1),
        "replicas": counts.all,
        "updatedReplicas": counts.updated,
        "readyReplicas": counts.ready,
        "availableReplicas": counts.ready,
        "unavailableReplicas": max(0, max(counts.wanted, counts.all) - counts.ready),
        "conditions": _progressing(deployment, conditions, counts, template_hash, now),
    }


def _progressing(deployment: Object, conditions: list[Object], counts: Counts, template_hash: str, now: datetime) -> list[Object]:
    replica_set = f'ReplicaSet "{deployment["metadata"]["name"]}-{template_hash}"'
    before = find(conditions, "Progressing")
    if counts.is_complete:
        words = ("NewReplicaSetAvailable", f"{replica_set} has successfully progressed.")
        return _with(conditions, "Progressing", "True", words, now, is_news=before is None or before["reason"] != words[0])
    if before is None or template_hash not in before["message"]:
        return _with(conditions, "Progressing", "True", ("NewReplicaSetCreated", f"Created new {replica_set}"), now, is_news=True)
    if _has_progressed(deployment.get("status", {}), counts) and before["reason"] != "NewReplicaSetAvailable":
        return _with(conditions, "Progressing", "True", ("ReplicaSetUpdated", f"{replica_set} is progressing."), now, is_news=True)
    if before["reason"] != "NewReplicaSetAvailable" and now >= _deadline(deployment, before):
        words = ("ProgressDeadlineExceeded", f"{replica_set} has timed out progressing.")
        return _with(conditions, "Progressing", "False", words, now, is_news=before["reason"] != words[0])
    return conditions


def _has_progressed(before: Object, counts: Counts) -> bool:
    known, updated, ready = (int(before.get(field, 0)) for field in ("replicas", "updatedReplicas", "readyReplicas"))
    return counts.updated > updated or counts.ready > ready or counts.all - counts.updated < known - updated


def _deadline(deployment: Object, progressing: Object) -> datetime:
    seconds = deployment["spec"].get("progressDeadlineSeconds", _DEFAULT_DEADLINE_SECONDS)
    return from_timestamp(progressing["lastUpdateTime"]) + timedelta(seconds=seconds)


def _with(
    conditions: list[Object], condition_type: str, status: str, words: tuple[str, str], now: datetime, *, is_news: bool = False
) -> list[Object]:
    before = find(conditions, condition_type)
    is_kept = before is not None and before["status"] == status and not is_news
    updated = before["lastUpdateTime"] if before is not None and is_kept else to_timestamp(now)
    wanted = {"type": condition_type, "status": status, "reason": words[0], "message": words[1], "lastUpdateTime": updated}
    return with_condition(conditions, wanted, now)
