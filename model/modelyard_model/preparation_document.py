"""``preparation.json``: what was fitted on the training split, readable by a person. Its shape is versioned by ``format``."""

from collections.abc import Sequence
from typing import Literal

from modelyard_model.columns.column import FittedColumn, Part
from modelyard_model.columns.registry import AnyColumn
from modelyard_model.text_files import Separator


class PreparationDocument(Part):
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
