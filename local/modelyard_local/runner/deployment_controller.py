"""What a Deployment needs: pods of its newest template, brought in one by one while the old ones answer.

Follows the Deployment controller of Kubernetes for ``maxUnavailable: 0, maxSurge: 1``
(https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment), without ReplicaSets in between:
a pod's label says of which template it is.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard_operator.kube.interface import Object

from modelyard_local.runner import pods
from modelyard_local.runner.decision import Decision
from modelyard_local.runner.deployment_status import Counts, deployment_status

HASH_LABEL = "pod-template-hash"
_SURGE = 1


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
