"""Applies a fitted preparation: raw columns in, a matrix of features out. NumPy alone, fast for a single row."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from modelyard_api.catalogue.column_types import COLUMN_TYPES
from modelyard_api.catalogue.names import implementation
from pydantic import PlainValidator, SerializeAsAny, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from modelyard_model.columns.column import Block, ColumnGroup, Columns, Document, FittedColumn, Matrix
from modelyard_model.errors import InvalidInput, ModelFilesInvalid
from modelyard_model.text_files import Separator

FILE = "preparation.json"
_CELLS_AT_ONCE = 8_000_000


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


class PreparationDocument(Document):
    """All columns the model reads, in order, and notes for the reader on what was decided while fitting."""

    format: Literal[1, 2, 3] = (
        2  # 2: with rules of reading; 3: with encodings of categories, numbers that stay missing, other types of columns
    )
    columns: tuple[AnyColumn, ...]
    separator: Separator = ","  # between the fields of the file it was fitted on: what a request in CSV has where it doesn't show another
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, columns: Sequence[FittedColumn], separator: Separator, notes: Sequence[str]) -> "PreparationDocument":
        """In the earliest format that can hold the columns and is still written."""
        least = max(2, *(column.least_format for column in columns)) if columns else 2
        return cls.model_validate({"format": least, "columns": tuple(columns), "separator": separator, "notes": tuple(notes)})


class Preparation:
    """A fitted preparation. Features come type by type, in the order in which the types are registered."""

    def __init__(self, document: PreparationDocument) -> None:
        self.document = document
        self._groups = _groups(document.columns)
        self._features = tuple(feature for group in self._groups for feature in group.features)
        self.inputs = tuple(column.input for column in document.columns)
        self.feature_names = tuple(feature.name for feature in self._features)
        self.categorical = tuple(feature.is_code for feature in self._features)  # which features are codes of categories

    def transform(self, columns: Columns) -> Matrix:
        """(rows, features), float64. Columns that the model doesn't know are ignored; raises InvalidInput naming the column."""
        return self._dense(columns, self._rows(columns))

    def batches(self, columns: Columns) -> Iterator[Matrix]:
        """What ``transform`` gives, in parts of at most 64 MB for wide preparations and many rows."""
        rows, most = self._rows(columns), max(1, _CELLS_AT_ONCE // max(1, len(self._features)))
        if rows <= most:
            yield self._dense(columns, rows)
            return
        known = {item.name: columns[item.name] for item in self.inputs if item.name in columns}
        for start in range(0, rows, most):
            try:
                yield self.transform({name: cells[start : start + most] for name, cells in known.items()})
            except InvalidInput as error:  # of a row of the part
                raise InvalidInput(error.column, error.message, error.row if error.row is None else start + error.row) from None

    def _dense(self, columns: Columns, rows: int) -> Matrix:
        out = np.zeros((rows, len(self._features)))
        at = 0
        for block in self._blocks(columns, rows):
            block.write(out[:, at : at + block.width])
            at += block.width
        return out

    def blocks(self, columns: Columns) -> list[Block]:
        """What ``transform`` writes side by side, for who doesn't want it dense."""
        return self._blocks(columns, self._rows(columns))

    def features_of(self, column: str) -> list[int]:
        """Where the features of one input are, in the order in which the column encodes them."""
        return [index for index, feature in enumerate(self._features) if feature.column == column]

    def _blocks(self, columns: Columns, rows: int) -> list[Block]:
        cells = {item.name: columns.get(item.name, (None,) * rows) for item in self.inputs}
        return [block for group in self._groups for block in group.encode(cells)]

    def _rows(self, columns: Columns) -> int:
        rows: int | None = None
        for item in self.inputs:
            values = columns.get(item.name)
            if values is None:
                if item.required:
                    raise InvalidInput(item.name, "is required and is not in the request")
                continue
            if rows is not None and len(values) != rows:
                raise InvalidInput(item.name, f"has {len(values)} values, the columns before it have {rows}")
            rows = len(values)
        if rows is None:
            raise InvalidInput("", "none of the model's input columns is in the request")
        return rows

    def save(self, folder: Path) -> None:
        """Writes ``preparation.json``."""
        (folder / FILE).write_text(self.document.model_dump_json(indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Preparation":
        """Reads ``preparation.json``; raises ModelFilesInvalid."""
        try:
            return cls(PreparationDocument.model_validate_json((folder / FILE).read_bytes()))
        except FileNotFoundError:
            raise ModelFilesInvalid(f"{FILE} is not among the model's files") from None
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise ModelFilesInvalid(f"{FILE} can't be read: {where}: {first['msg']}") from None


def _groups(columns: Sequence[FittedColumn]) -> list[ColumnGroup]:
    by_type = ((kind, [column for column in columns if type(column) is kind]) for kind in types())
    return [kind.together(found) for kind, found in by_type if found]
