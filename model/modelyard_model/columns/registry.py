"""The columns that a stored preparation may have: those of the types in the catalogue."""

from typing import Annotated, Any

from modelyard_api.catalogue.column_types import COLUMN_TYPES
from modelyard_api.catalogue.names import implementation
from pydantic import PlainValidator, SerializeAsAny, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from modelyard_model.columns.column import FittedColumn


def fitted_type(name: str) -> type[FittedColumn]:
    """Of a column type, by its name. Raises KeyError."""
    found: type[FittedColumn] = implementation(COLUMN_TYPES[name].fitted)
    return found


def types() -> tuple[type[FittedColumn], ...]:
    """Of all column types, in the order of their features."""
    return tuple(map(fitted_type, COLUMN_TYPES))


def _parse(value: Any) -> FittedColumn:
    """From a part of the document. What is wrong is found at the type's name and below."""
    if isinstance(value, FittedColumn):
        return value
    name = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in COLUMN_TYPES:
        raise PydanticCustomError("column_kind", "kind has to be one of {kinds}", {"kinds": ", ".join(COLUMN_TYPES)})
    kind = fitted_type(name)
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        lines = [_below(name, line) for line in error.errors(include_url=False)]
        raise ValidationError.from_exception_data(kind.__name__, lines) from None


def _below(name: str, line: Any) -> InitErrorDetails:
    kind = PydanticCustomError("column", "{problem}", {"problem": line["msg"]})
    return InitErrorDetails(type=kind, loc=(name, *line["loc"]), input=line["input"])


AnyColumn = Annotated[SerializeAsAny[FittedColumn], PlainValidator(_parse)]
