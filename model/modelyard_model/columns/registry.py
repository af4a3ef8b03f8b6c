"""The types of columns that a stored preparation may have. A new one is a file and a line here."""

from typing import Annotated, Any

from pydantic import PlainValidator, SerializeAsAny, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from modelyard_model.columns.categorical import CategoricalColumn
from modelyard_model.columns.column import FittedColumn
from modelyard_model.columns.datetime import DatetimeColumn
from modelyard_model.columns.numerical import NumericalColumn

_types: dict[str, type[FittedColumn]] = {}


def register(kind: type[FittedColumn]) -> type[FittedColumn]:
    """Makes a type known, under the default of its ``kind``. Features come in the order of registration, type by type."""
    _types[kind.model_fields["kind"].default] = kind
    return kind


def types() -> tuple[type[FittedColumn], ...]:
    """All known types, in the order of their features."""
    return tuple(_types.values())


def _parse(value: Any) -> FittedColumn:
    """From a part of the document. What is wrong is found at the type's name and below."""
    if isinstance(value, FittedColumn):
        return value
    name = value.get("kind") if isinstance(value, dict) else None
    kind = _types.get(name) if isinstance(name, str) else None
    if kind is None:
        raise PydanticCustomError("column_kind", "kind has to be one of {kinds}", {"kinds": ", ".join(_types)})
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        lines = [_below(kind.__name__.removesuffix("Column"), line) for line in error.errors(include_url=False)]
        raise ValidationError.from_exception_data(kind.__name__, lines) from None


def _below(name: str, line: Any) -> InitErrorDetails:
    kind = PydanticCustomError("column", "{problem}", {"problem": line["msg"]})
    return InitErrorDetails(type=kind, loc=(name, *line["loc"]), input=line["input"])


AnyColumn = Annotated[SerializeAsAny[FittedColumn], PlainValidator(_parse)]

for _kind in (NumericalColumn, CategoricalColumn, DatetimeColumn):  # the order in which stored models have their features
    register(_kind)
