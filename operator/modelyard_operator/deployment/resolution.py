"""Which version ``spec.model`` stands for, and whether it may be served: only evidence is, or what a person accepted.

A version has evidence when the operator signed it: what a TrainingJob of the namespace trained and its criteria let pass. Anything else waits until
somebody with the right to approve names the version and the sha256 of its files; then it is signed as well. What is served already goes on meanwhile.
"""

from collections.abc import Mapping
from dataclasses import replace

from modelyard_api import artifacts, labels
from modelyard_api.conditions import Reason
from modelyard_api.model_deployment import ModelReference
from modelyard_api.resource_status import ModelDeploymentStatus

from modelyard_operator.deployment.observed import Resolution
from modelyard_operator.kube.interface import Object
from modelyard_operator.plan import EnsureModel, SignVersion
from modelyard_operator.registry.interface import NameTaken, RegistryError, RegistryReader, RegistryRefused, Version

UNKNOWN = "unknown"  # who moved an alias: MLflow doesn't say
_PERSON = 128


def resolve(model: ModelReference, resource: Object, status: ModelDeploymentStatus, registry: RegistryReader) -> Resolution:
    """The version, or why there is none. A registry that doesn't answer is an answer too."""
    namespace = resource["metadata"]["namespace"]
    try:
        found = _named(model, namespace, registry)
        if isinstance(found, Resolution):
            return found
        accepted = _accepted(found, resource, status, registry)
        return accepted if accepted.problem else _readable(accepted, model, namespace, registry)
    except NameTaken as error:
        return Resolution(problem=Reason.NAME_TAKEN, message=_sentence(str(error)))
    except RegistryError as error:
        return Resolution(problem=Reason.REGISTRY_UNAVAILABLE, message=_sentence(str(error)))


def _named(model: ModelReference, namespace: str, registry: RegistryReader) -> Version | Resolution:
    name = labels.registered_model(namespace, model.name)
    number = model.version or registry.alias_version(name, model.alias or "")
    version = registry.version(name, number) if number else None
    if version:
        return version
    if not registry.model_exists(name):
        message = f"The registry has no model {name}: train it with a TrainingJob in this namespace, or correct spec.model.name."
        return Resolution(problem=Reason.MODEL_NOT_FOUND, message=message)
    if number:
        wish = "set spec.model.version to one that it has, or follow an alias" if model.version else f"move alias {model.alias}"
        message = f"Registered model {name} has no version {number}: {wish}."
        return Resolution(problem=Reason.VERSION_NOT_FOUND, message=message)
    message = (
        f"Registered model {name} has no alias {model.alias}: it is set when a TrainingJob that promotes to it"
        " meets its criteria, or by hand in MLflow."
    )
    return Resolution(problem=Reason.ALIAS_NOT_FOUND, message=message)


def _accepted(version: Version, resource: Object, status: ModelDeploymentStatus, registry: RegistryReader) -> Resolution:
    """By its evidence; else by a person; else because it was served before there was evidence."""
    by = _moved_by(version.tags, status)
    namespace, evidence = resource["metadata"]["namespace"], version.evidence
    if evidence and evidence.namespace == namespace:
        sign = SignVersion(version.name, version.version, namespace, evidence.uid, evidence.digest, evidence.accepted)
        return Resolution(version.version, evidence.digest, by, registry=() if version.signed_by_newest_key else (sign,))
    uid = version.tags.get(labels.TAG_UID, "")  # a TrainingJob finds its version by it
    said, person = _annotations(resource)
    number, _, digest = said.partition("@")
    if number == version.version and digest and person:
        sign = SignVersion(version.name, version.version, namespace, uid, digest, f"accepted by {person}")
        return Resolution(version.version, digest, by, registry=(sign,))
    claimed = _claimed_digest(version, registry)
    if any(one.version == version.version and one.digest is None for one in status.versions if one.role == "Stable"):
        accepted = "served before there was evidence"
        sign = SignVersion(version.name, version.version, namespace, uid, claimed, accepted)
        return Resolution(version.version, claimed, by, registry=(sign,))
    return Resolution(problem=Reason.VERSION_NOT_ACCEPTED, message=_how_to_accept(version, resource, claimed))


def _readable(resolution: Resolution, model: ModelReference, namespace: str, registry: RegistryReader) -> Resolution:
    """The namespace's pods may read the model. Where that can't be found out (they may log in as another user), they will tell."""
    try:
        if registry.is_prepared(namespace, model.name):
            return resolution
    except NameTaken:
        raise
    except RegistryError:
        return resolution
    return replace(resolution, registry=(*resolution.registry, EnsureModel(namespace, model.name)))


def _annotations(resource: Object) -> tuple[str, str]:
    """What was accepted, and by whom."""
    found = resource["metadata"].get("annotations") or {}
    return str(found.get(labels.ACCEPT_ANNOTATION, "")).strip(), str(found.get(labels.ACCEPTED_BY_ANNOTATION, "")).strip()[:_PERSON]


def _claimed_digest(version: Version, registry: RegistryReader) -> str:
    """As the version's run has it, if it tells of this very model; empty: not known."""
    try:
        document = registry.result(version.run_id, artifacts.RESULT) if version.run_id else None
    except RegistryRefused:  # there is no such run any more, or its result is of somebody else's making
        return ""
    result = (document or {}).get("result")
    if not isinstance(result, Mapping) or result.get("modelId") != version.model_id:
        return ""
    return str(result.get("digest", ""))


def _how_to_accept(version: Version, resource: Object, digest: str) -> str:
    metadata = resource["metadata"]
    what = f"{labels.ACCEPT_ANNOTATION}={version.version}@{digest or '<sha256 of its files>'}"
    return (
        f"Version {version.version} of {version.name} is not served: no TrainingJob of this namespace registered it, and nobody has accepted it."
        f" Somebody with the right to approve can: kubectl annotate modeldeployment {metadata['name']} -n {metadata['namespace']} --overwrite"
        f" {what} {labels.ACCEPTED_BY_ANNOTATION}=<your user name>."
    )


def _moved_by(tags: Mapping[str, str], status: ModelDeploymentStatus) -> str:
    """Who moved the alias here: a promotion or a rollback signs with its time, a hand in MLflow's pages doesn't."""
    last = (status.history[-1].at or "") if status.history else ""
    pairs = ((labels.TAG_PROMOTED_AT, labels.TAG_PROMOTED_BY), (labels.TAG_ROLLED_BACK_AT, labels.TAG_ROLLED_BACK_BY))
    when, who = max((tags.get(at, ""), tags.get(by, "")) for at, by in pairs)
    return who if who and when > last else UNKNOWN


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}."
