"""Reads everything that a decision needs, once. What is read from the registry depends on the phase."""

from collections.abc import Sequence
from dataclasses import replace

from modelyard_api import labels
from modelyard_api.conditions import Reason, TrainingCondition
from modelyard_api.resource_status import TrainingJobStatus
from modelyard_api.training_job import TrainingJobSpec

from modelyard_operator.kube.interface import JOB, POD, TRAINING_JOB, Object
from modelyard_operator.pods import facts
from modelyard_operator.pods.facts import Child
from modelyard_operator.reconciler import Key, Problem, View, read_spec, read_status
from modelyard_operator.registry.interface import NameTaken, RegistryError, RegistryReader
from modelyard_operator.training import finished, render
from modelyard_operator.training.observed import Observed, Phase, RegistryFacts, phase_of
from modelyard_operator.training.phases import PHASES
from modelyard_operator.training.promotion import is_open


def gather(key: Key, view: View, registry: RegistryReader, problem: Problem | None) -> Observed | None:
    """None if the TrainingJob is gone or being deleted."""
    resource = view.get(TRAINING_JOB, key.namespace, key.name)
    if resource is None or "deletionTimestamp" in resource["metadata"]:
        return None
    observed = replace(_read(resource), problem=problem)
    if observed.status_problem:
        return observed
    observed = _with_children(observed, view)
    if observed.spec is None:
        return observed
    if phase_of(observed) is Phase.PROMOTING:
        observed = replace(observed, rivals=_rivals(observed, view))
    return replace(observed, registry=_facts(observed, registry))


def _read(resource: Object) -> Observed:
    spec, spec_problem = read_spec(TrainingJobSpec, resource)
    status, status_problem = read_status(TrainingJobStatus, resource)
    return Observed(resource, spec, status or TrainingJobStatus(), spec_problem, status_problem)


def _with_children(observed: Observed, view: View) -> Observed:
    attempts: dict[int, Child] = {}
    comparisons: dict[str, Child] = {}
    for job in _jobs(observed, view):
        own_labels, child = job["metadata"].get("labels") or {}, _child(job, observed, view)
        if own_labels.get(labels.COMPONENT_LABEL) == "training":
            attempts[int(own_labels[labels.ATTEMPT_LABEL])] = child
        elif own_labels.get(labels.COMPONENT_LABEL) == "comparison":
            comparisons[own_labels[labels.VERSION_LABEL]] = child
    return replace(observed, attempts=attempts, comparisons=comparisons)


def _jobs(observed: Observed, view: View) -> list[Object]:
    """The children; one that is on record and not in the mirror is read from the API server before it counts as lost."""
    jobs = list(view.children(JOB, observed.uid))
    known = {job["metadata"]["uid"] for job in jobs}
    for attempt in observed.status.attempts:
        if attempt.outcome == "Running" and attempt.job_uid not in known:
            job = view.fresh(JOB, observed.namespace, render.attempt_name(observed.name, attempt.number))
            if job is not None and job["metadata"]["uid"] == attempt.job_uid:
                jobs.append(job)
    return jobs


def _child(job: Object, observed: Observed, view: View) -> Child:
    child = Child(job, tuple(view.children(POD, job["metadata"]["uid"])))
    if observed.finished or facts.ended(child):
        return child
    if not facts.is_active(job):
        return replace(child, pods=tuple(_newest(pod, view) for pod in child.pods))
    if facts.running_since(child):
        return child
    return replace(child, events=tuple(_events(child, observed.namespace, view)))


def _newest(pod: Object, view: View) -> Object:
    """Its Job has ended, so the pod has: the mirror of pods just hasn't heard of it yet."""
    metadata = pod["metadata"]
    found = view.fresh(POD, metadata["namespace"], metadata["name"])
    return found if found and found["metadata"]["uid"] == metadata["uid"] else pod


def _events(child: Child, namespace: str, view: View) -> Sequence[Object]:
    """About the pod that doesn't start; about the Job, if the namespace doesn't even take a pod."""
    pod = facts.telling_pod(child)
    return view.pod_events(namespace, pod["metadata"]["uid"] if pod else child.uid)


def _rivals(observed: Observed, view: View) -> tuple[str, ...]:
    """TrainingJobs with an open intent on the same model. With an intent of our own only the older ones go first."""
    jobs = view.labelled(JOB, observed.namespace, labels.MODEL_LABEL, observed.model)
    owners = {job["metadata"]["labels"].get(labels.TRAINING_JOB_LABEL, "") for job in jobs}
    others = [view.get(TRAINING_JOB, observed.namespace, name) for name in sorted(owners - {observed.name, ""})]
    open_ones = [other for other in others if other is not None and _has_intent(other)]
    if is_open(observed.status.promotion):
        open_ones = [other for other in open_ones if _age(other) < _age(observed.resource)]
    return tuple(other["metadata"]["name"] for other in open_ones)


def _has_intent(resource: Object) -> bool:
    status = resource.get("status") or {}
    intent = status.get("promotion") or {}
    return bool(intent.get("to")) and "at" not in intent


def _age(resource: Object) -> tuple[str, str]:
    return resource["metadata"]["creationTimestamp"], resource["metadata"]["name"]


def _facts(observed: Observed, registry: RegistryReader) -> RegistryFacts:
    try:
        return PHASES[phase_of(observed)].read(observed, registry)
    except NameTaken as error:
        return RegistryFacts(problem=str(error), problem_reason=Reason.NAME_TAKEN)
    except RegistryError as error:
        return RegistryFacts(problem=str(error))


def followed_model(resource: Object) -> str | None:
    """The model whose alias matters: from the result on, until this model was promoted."""
    observed = _read(resource)
    is_failed = any(one.type == TrainingCondition.FAILED and one.status == "True" for one in observed.status.conditions)
    if observed.spec is None or observed.status_problem or is_failed or not finished.awaits_hand(observed):
        return None
    return observed.registered_name
