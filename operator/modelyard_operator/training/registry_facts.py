"""What is read from the registry about a TrainingJob: one function per phase. What isn't read stays empty."""

from modelyard_api import artifacts, labels
from modelyard_api.pod_contract import TrainResult
from pydantic import ValidationError

from modelyard_operator.kube.interface import Object
from modelyard_operator.pods import facts
from modelyard_operator.registry.interface import RegistryReader
from modelyard_operator.training import approval, criteria
from modelyard_operator.training.finished import awaits_hand
from modelyard_operator.training.observed import Observed, RegistryFacts


def for_training(observed: Observed, registry: RegistryReader) -> RegistryFacts:
    """The run of the newest attempt and what it has logged; before an attempt, whether one can be started."""
    number = max(observed.attempts, default=0)
    child = observed.attempts.get(number)
    has_ended = any(one.number >= number and one.outcome != "Running" for one in observed.status.attempts)
    if child is None or has_ended or facts.is_failed(child.job):
        return _for_start(observed, registry)
    if facts.is_complete(child.job) and facts.result_of(child):
        return RegistryFacts()
    run = registry.find_run(observed.namespace, observed.model, observed.uid, number)
    if run is None:
        return RegistryFacts()
    if facts.is_complete(child.job):
        return RegistryFacts(run=run, result=_result(registry.result(run.run_id)))
    return RegistryFacts(run=run, progress=registry.progress(run.run_id))


def for_promotion(observed: Observed, registry: RegistryReader) -> RegistryFacts:
    """Champion, anchor, and the version that the model was registered as."""
    result = observed.status.result
    if result is None or (criteria.shortfall(result.verdict) and not approval.is_in_doubt(observed.resource, result)):
        return RegistryFacts()
    name = observed.registered_name
    champion = registry.alias_version(name, observed.valid_spec.promotion.alias)
    version = registry.version_of(name, observed.uid)
    return RegistryFacts(
        champion=champion,
        champion_anchor="" if result.anchor_version else _anchor_of(observed, champion, registry),
        version=version,
        digest="" if result.digest else _digest(observed, registry),
        prepared=version is not None or registry.is_prepared(observed.namespace, observed.model),
        comparison=_comparison(observed, champion, registry),
    )


def after_the_end(observed: Observed, registry: RegistryReader) -> RegistryFacts:
    """Only a model that wasn't promoted is watched, and only a version that wasn't there before is looked at.

    A version that was registered before there was evidence is looked at once, to be signed.
    """
    result = observed.status.result
    if result is None or observed.spec is None:
        return RegistryFacts()
    if result.model_version and not result.digest:
        return RegistryFacts(version=registry.version_of(observed.registered_name, observed.uid), digest=_digest(observed, registry))
    if not awaits_hand(observed):
        return RegistryFacts()
    champion = registry.alias_version(observed.registered_name, observed.valid_spec.promotion.alias)
    if champion in {"", result.champion_version, result.model_version}:
        return RegistryFacts(champion=champion)
    return RegistryFacts(champion=champion, champion_run=_run_of(observed, champion, registry))


def _for_start(observed: Observed, registry: RegistryReader) -> RegistryFacts:
    """Preparedness is remembered, so the alias is read as well: it shows that the registry can be reached now."""
    if observed.valid_spec.policy.suspend:
        return RegistryFacts()
    champion = registry.alias_version(observed.registered_name, observed.valid_spec.promotion.alias)
    prepared = registry.is_prepared(observed.namespace, observed.model)
    return RegistryFacts(prepared=prepared, champion=champion, champion_run=_run_of(observed, champion, registry))


def _run_of(observed: Observed, version: str, registry: RegistryReader) -> str:
    found = registry.version(observed.registered_name, version) if version else None
    return found.run_id if found else ""


def _result(document: Object | None) -> TrainResult | None:
    """The artifact has what the termination message had under ``result``."""
    try:
        return TrainResult.model_validate(document["result"], extra="ignore") if document and "result" in document else None
    except ValidationError:
        return None


def _digest(observed: Observed, registry: RegistryReader) -> str:
    """As the run has it."""
    run = observed.status.mlflow
    found = _result(registry.result(run.run_id)) if run and run.run_id else None
    return found.digest if found else ""


def _anchor_of(observed: Observed, version: str, registry: RegistryReader) -> str:
    """What the promotion of that version named; for criteria that don't compare with the champion, whose pods look for no anchor."""
    found = registry.version(observed.registered_name, version) if version else None
    return found.tags.get(labels.TAG_ANCHOR, "") if found else ""


def _comparison(observed: Observed, champion: str, registry: RegistryReader) -> TrainResult | None:
    """What didn't fit into the termination message of the comparison with the champion."""
    child, run = observed.comparisons.get(champion), observed.status.mlflow
    if child is None or run is None or not facts.is_complete(child.job) or facts.result_of(child):
        return None
    return _result(registry.result(run.run_id, artifacts.comparison(champion)))
