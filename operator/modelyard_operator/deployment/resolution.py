"""Which version ``spec.model`` stands for, asked of the registry."""

from modelyard_api.conditions import Reason
from modelyard_api.labels import registered_model
from modelyard_api.model_deployment import ModelReference

from modelyard_operator.deployment.observed import Resolution
from modelyard_operator.registry.interface import RegistryError, RegistryReader


def resolve(model: ModelReference, namespace: str, registry: RegistryReader) -> Resolution:
    """The version, or why there is none. A registry that doesn't answer is an answer too."""
    name = registered_model(namespace, model.name)
    try:
        if model.version:
            return _pinned(name, model.version, registry)
        return _aliased(name, model.alias or "", registry)
    except RegistryError as error:
        return Resolution(problem=Reason.REGISTRY_UNAVAILABLE, message=_sentence(str(error)))


def _pinned(name: str, version: str, registry: RegistryReader) -> Resolution:
    if registry.version(name, version):
        return Resolution(version)
    if not registry.model_exists(name):
        return _no_model(name)
    return Resolution(
        problem=Reason.VERSION_NOT_FOUND,
        message=f"Registered model {name} has no version {version}: set spec.model.version to one that it has, or follow an alias.",
    )


def _aliased(name: str, alias: str, registry: RegistryReader) -> Resolution:
    if version := registry.alias_version(name, alias):
        return Resolution(version)
    if not registry.model_exists(name):
        return _no_model(name)
    return Resolution(
        problem=Reason.ALIAS_NOT_FOUND,
        message=f"Registered model {name} has no alias {alias}: it is set when a TrainingJob that promotes to it"
        " meets its criteria, or by hand in MLflow.",
    )


def _no_model(name: str) -> Resolution:
    return Resolution(
        problem=Reason.MODEL_NOT_FOUND,
        message=f"The registry has no model {name}: train it with a TrainingJob in this namespace, or correct spec.model.name.",
    )


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}."
