"""What a Deployment needs: pods of its newest template, brought in one by one while the old ones answer.

Follows the Deployment controller of Kubernetes for ``maxUnavailable: 0, maxSurge: 1``
(https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment), without ReplicaSets in between:
a pod's label says of which template it is.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelyard_api.timestamps import from_timestamp, to_timestamp
from modelyard_operator.kube.interface import Object

from modelyard_local.runner import pods
from modelyard_local.runner.decision import Decision, find, with_condition

HASH_LABEL = "pod-template-hash"
_SURGE = 1
_DEFAULT_DEADLINE_SECONDS = 600


@dataclass(frozen=True)
class _Pods:
    """Those that aren't going, oldest first."""

    new: list[Object]
    old: list[Object]

    @property
    def all(self) -> list[Object]:
        return [*self.old, *self.new]

    @property
    def ready(self) -> int:
        return sum(map(pods.is_ready, self.all))


def decide_deployment(deployment: Object, own_pods: Sequence[Object], now: datetime) -> Decision:
    """``own_pods`` are those that the Deployment controls."""
    if pods.is_deleting(deployment):
        return Decision()
    template_hash = template_hash_of(deployment)
    over = tuple(pod for pod in own_pods if pods.is_terminal(pod) and not pods.is_deleting(pod))
    living = _living(own_pods, template_hash)
    wanted = int(deployment["spec"].get("replicas", 1))
    counts = Counts(wanted, len(living.all), len(living.new), living.ready)
    return Decision(
        create=tuple(_new_pods(deployment, living, wanted, template_hash, now)),
        status=deployment_status(deployment, counts, template_hash, now),
        delete=(*over, *_too_old(living, wanted), *_too_many(living.new, wanted)),
    )


def template_hash_of(deployment: Object) -> str:
    """Ten letters that stand for its template."""
    return hashlib.sha256(json.dumps(deployment["spec"]["template"], sort_keys=True).encode()).hexdigest()[:10]


def _living(own_pods: Sequence[Object], template_hash: str) -> _Pods:
    living = [pod for pod in own_pods if not pods.is_terminal(pod) and not pods.is_deleting(pod)]
    living.sort(key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]))
    new = [pod for pod in living if pod["metadata"]["labels"].get(HASH_LABEL) == template_hash]
    return _Pods(new, [pod for pod in living if pod not in new])


def _new_pods(deployment: Object, living: _Pods, wanted: int, template_hash: str, now: datetime) -> Iterator[Object]:
    name, template = deployment["metadata"]["name"], deployment["spec"]["template"]
    room = wanted + _SURGE - len(living.all)
    for number in range(max(0, min(wanted - len(living.new), room))):
        pod_name = f"{name}-{template_hash}-{pods.suffix(pods.uid(deployment), number, now.isoformat())}"
        yield pods.new_pod(deployment, template, pod_name, {HASH_LABEL: template_hash}, {})


def _too_old(living: _Pods, wanted: int) -> list[Object]:
    """Those that aren't ready first; a ready one only where enough others are."""
    unready_new = sum(not pods.is_ready(pod) for pod in living.new)
    spare = max(0, len(living.all) - wanted - unready_new)
    idle = [pod for pod in living.old if not pods.is_ready(pod)][:spare]
    ready = [pod for pod in living.old if pods.is_ready(pod)]
    return [*idle, *ready[: max(0, min(spare - len(idle), living.ready - wanted))]]


def _too_many(new: Sequence[Object], wanted: int) -> list[Object]:
    """Those that aren't ready first, then the youngest."""
    unready = [pod for pod in new if not pods.is_ready(pod)]
    ready = [pod for pod in new if pods.is_ready(pod)]
    return [*unready[::-1], *ready[::-1]][: max(0, len(new) - wanted)]


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
