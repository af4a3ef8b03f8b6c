"""What may be stored: the same defaults, checks and words as the API server's, from the same CustomResourceDefinitions."""

from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, TRAINING_JOB, Kind, Object

from modelyard_local.store.admission import object_metadata, plain_data
from modelyard_local.store.admission.problems import refuse, refuse_unknown

_CUSTOM = (TRAINING_JOB, MODEL_DEPLOYMENT)


def with_valid_metadata(kind: Kind, body: Object) -> Object:
    """The object with a namespace. Raises Refused if what its metadata says can't be."""
    body = object_metadata.with_namespace(body)
    refuse_unknown(kind, object_metadata.unknown_fields(body["metadata"]))
    refuse(kind, body, object_metadata.problems(kind, body["metadata"]))
    return body


def admit(kind: Kind, body: Object, before: Object | None) -> Object:
    """The object as it may be stored, without its status where that is written apart. Raises Refused."""
    if kind in _CUSTOM:
        from modelyard_local.store.admission import custom_resources  # noqa: PLC0415  # takes 0.3 s, and reading needs none of it

        return custom_resources.admit(kind, body, before)
    if plain_data.is_plain_data(kind.name):
        return plain_data.admit(kind, body)
    from modelyard_local.runner.executable_fields import refuse_others  # noqa: PLC0415  imports the pod template, and reading needs none of it

    refuse_others(body)
    return body


def admit_status(kind: Kind, body: Object) -> Object:
    """The object with the status that may be stored. Raises Refused."""
    if kind not in _CUSTOM:
        return body
    from modelyard_local.store.admission import custom_resources  # noqa: PLC0415  as above

    return custom_resources.admit_status(kind, body)
