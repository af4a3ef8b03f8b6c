"""The reconciler of ModelDeployments: gather, decide, render, tell."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from modelyard_api import labels

from modelyard_operator.deployment import gather
from modelyard_operator.deployment.observed import Observed
from modelyard_operator.deployment.render import Wanted, render
from modelyard_operator.deployment.rollout import Rollout, decide_rollout, next_history
from modelyard_operator.deployment.status import events_between, next_status
from modelyard_operator.kube.interface import DEPLOYMENT, MODEL_DEPLOYMENT, SERVICE, Kind, Object
from modelyard_operator.plan import Deletion, Plan
from modelyard_operator.pod_template import Images
from modelyard_operator.reconciler import Key, Problem, View, status_unreadable
from modelyard_operator.registry.interface import RegistryReader

_ASK_AGAIN_SECONDS = 30.0  # a registry that was away, a model that doesn't exist: nobody tells us when that changes
_PENDING_SECONDS = 10.0  # Events are not watched


def url_in_cluster(namespace: str, name: str) -> str:
    """Address of a Service for other pods."""
    return f"http://{name}.{namespace}.svc"


@dataclass(frozen=True)
class ModelDeploymentReconciler:
    """A Reconciler of ModelDeployments. ``service_url`` says the URL of the Service of a namespace and name."""

    images: Images
    service_url: Callable[[str, str], str] = url_in_cluster

    @property
    def kind(self) -> Kind:
        """MODEL_DEPLOYMENT."""
        return MODEL_DEPLOYMENT

    def gather(self, key: Key, view: View, registry: RegistryReader, problem: Problem | None) -> Observed | None:
        """See ``Reconciler.gather``."""
        return gather.gather(key, view, registry, problem)

    def reconcile(self, observed: Observed, now: datetime) -> Plan:
        """See ``Reconciler.reconcile``."""
        if observed.status_problem:
            return Plan(events=(status_unreadable(observed.status_problem),))
        rollout = decide_rollout(observed, now)
        history = next_history(observed, rollout, now)
        status = next_status(observed, rollout, history, self.service_url(observed.namespace, observed.name), now)
        said = Plan(status=status.to_wire(), events=events_between(observed, status))
        if observed.spec is None or observed.spec_problem:  # children as a newer operator made them stay as they are
            return said
        digests = {version: observed.digest_of(version) for version in rollout.running}
        children = render(Wanted(observed.resource, observed.spec, rollout, self.images, bool(history), digests))
        return Plan(
            apply=children,
            delete=_deletions(observed, rollout, children),
            status=said.status,
            events=said.events,
            registry=observed.resolution.registry,
            requeue_after=_look_again(observed, rollout),
        )

    def followed_model(self, resource: Object) -> str | None:
        """The registered model of ``spec.model``, if an alias of it is followed."""
        model = (resource.get("spec") or {}).get("model") or {}
        if not isinstance(model, dict) or not model.get("alias") or not model.get("name"):
            return None
        return labels.registered_model(resource["metadata"]["namespace"], str(model["name"]))


def _deletions(observed: Observed, rollout: Rollout, children: tuple[Object, ...]) -> tuple[Deletion, ...]:
    """Versions that are drained, Services of a version that runs alone, and what the spec doesn't ask for any more."""
    gone: list[tuple[Kind, Object]] = []
    for version, workload in observed.workloads.items():
        is_over = version in rollout.finished
        found = ((DEPLOYMENT, workload.deployment, is_over), (SERVICE, workload.service, is_over or not rollout.has_two))
        gone += [(kind, o) for kind, o, is_unwanted in found if o and is_unwanted]
    wanted = {(child["kind"], child["metadata"]["name"]) for child in children}
    gone += [(kind, extra) for kind, extra in observed.extras if (kind.name, extra["metadata"]["name"]) not in wanted]
    return tuple(Deletion(kind, observed.namespace, o["metadata"]["name"], o["metadata"]["uid"]) for kind, o in gone)


def _look_again(observed: Observed, rollout: Rollout) -> float | None:
    waits = [rollout.drained_in] if rollout.drained_in is not None else []
    if observed.resolution.problem:
        waits.append(_ASK_AGAIN_SECONDS)
    if any(workload.is_waiting for workload in observed.workloads.values()):
        waits.append(_PENDING_SECONDS)
    return min(waits, default=None)
