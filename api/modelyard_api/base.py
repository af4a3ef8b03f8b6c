"""What every model of the contract has in common: camelCase on the wire, immutable, nothing unknown accepted."""

from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict

GROUP = "modelyard.io"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

# 40 characters leave room for what children append ("-compare-123", "-monitor-29384756", "-v123").
NAME_PATTERN = r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$"


class ApiModel(BaseModel):
    """Base of every object that is read from or written to the API server, a pod or a bucket."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    def to_wire(self) -> dict[str, object]:
        """The JSON object with camelCase keys; unset optional fields are left out, never null."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def rules(*pairs: tuple[str, str]) -> JsonDict:
    """CEL validations for ``json_schema_extra``: pairs of (rule, message shown by kubectl)."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in pairs]}


def when_made(make: Callable[[], JsonDict]) -> Callable[[JsonDict], None]:
    """For ``json_schema_extra``: what ``make`` gives when the schema is made, so that names that were registered until then are in it."""
    return lambda schema: schema.update(make())


def described(make: Callable[[], str]) -> Callable[[JsonDict], None]:
    """For ``json_schema_extra``: a description that ``make`` writes when the schema is made."""
    return when_made(lambda: {"description": make()})


def matching(pattern: str, message: str) -> JsonDict:
    """A pattern with a message for people; OpenAPI's own ``pattern`` would only show the expression."""
    return rules((f"self.matches(r'{pattern}')", message))


def list_map(*keys: str) -> JsonDict:
    """A list that the API server merges by ``keys`` and in which they are unique."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}


ATOMIC: JsonDict = {"x-kubernetes-list-type": "atomic"}

ColumnName = Annotated[str, Field(min_length=1, max_length=128)]
ObjectName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=253,
        json_schema_extra=matching(
            "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", "has to be an object's name: lowercase letters, digits, '-' and '.'"
        ),
    ),
]
ModelName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        json_schema_extra=matching(NAME_PATTERN, "at most 40 lowercase letters, digits and '-', starting with a letter"),
    ),
]
AliasName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=63,
        json_schema_extra=matching(
            "^[a-z]([-a-z0-9]*[a-z0-9])?$", "an alias has lowercase letters, digits and '-', starting with a letter"
        ),
    ),
]
ShortText = Annotated[str, Field(max_length=256)]
LongText = Annotated[str, Field(max_length=4096)]
Timestamp = Annotated[str, Field(max_length=40, json_schema_extra={"format": "date-time"})]


class SecretReference(ApiModel):
    """A Secret in the resource's own namespace, by name."""

    name: ObjectName = Field(description="Name of the Secret, in the same namespace.")


class SecretSource(ApiModel):
    """A Secret that a pod reads."""

    secret_ref: SecretReference = Field(description="The Secret that holds it.")
