"""The Reconciler of TrainingJobs: gather, decide, and put the Plan together."""

from collections.abc import Iterable
from datetime import datetime

from modelyard_operator.kube.interface import TRAINING_JOB, Kind, Object
from modelyard_operator.plan import Deletion, Plan, Suspension
from modelyard_operator.pod_template import Images
from modelyard_operator.pods import facts
from modelyard_operator.reconciler import Key, Problem, View, status_unreadable
from modelyard_operator.registry.interface import RegistryReader
from modelyard_operator.training import gather, status
from modelyard_operator.training.decision import Decision, RunUrl
from modelyard_operator.training.observed import Observed, phase_of
from modelyard_operator.training.phases import PHASES, decide


class TrainingJobReconciler:
    """What TrainingJobs do; it holds settings and nothing else."""

    kind: Kind = TRAINING_JOB

    def __init__(self, images: Images, run_url: RunUrl) -> None:
        """``run_url`` makes the address of a run's page, for a browser, from experiment and run."""
        self._images = images
        self._run_url = run_url

    def gather(self, key: Key, view: View, registry: RegistryReader, problem: Problem | None) -> Observed | None:
        """See Reconciler."""
        return gather.gather(key, view, registry, problem)

    def reconcile(self, observed: Observed, now: datetime) -> Plan:
        """See Reconciler."""
        if observed.status_problem:
            return Plan(events=(status_unreadable(observed.status_problem),))
        attempts = PHASES[phase_of(observed)].attempts(observed, now)
        decision = decide(observed, attempts, self._images, now)
        new = status.compute(observed, attempts, decision, self._run_url, now)
        return Plan(
            create=decision.create,
            suspend=tuple(_suspensions(observed)),
            delete=_deletion(observed, decision),
            status=new.to_wire(),
            events=status.events_between(observed.status, new),
            registry=decision.registry,
            requeue_after=decision.requeue_after,
        )

    def followed_model(self, resource: Object) -> str | None:
        """See Reconciler."""
        return gather.followed_model(resource)


def _suspensions(observed: Observed) -> Iterable[Suspension]:
    """Jobs follow ``spec.policy.suspend``; what still runs of a TrainingJob that is over is stopped, and kept to be looked at."""
    wanted = observed.finished or (observed.spec is not None and observed.spec.policy.suspend)
    for child in observed.children:
        if facts.is_active(child.job) and bool(child.job["spec"].get("suspend")) != wanted:
            yield Suspension(observed.namespace, child.name, wanted)


def _deletion(observed: Observed, decision: Decision) -> tuple[Deletion, ...]:
    if not decision.delete:
        return ()
    return (Deletion(TRAINING_JOB, observed.namespace, observed.name, observed.uid),)
