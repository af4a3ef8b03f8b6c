"""``preparation.json``: what was fitted on the training split, readable by a person. Its shape is versioned by ``format``."""

from typing import Literal

from modelyard_model.columns.column import Part
from modelyard_model.columns.registry import AnyColumn
from modelyard_model.text_files import Separator


class PreparationDocument(Part):
    """All columns the model reads, in order, and notes for the reader on what was decided while fitting."""

    format: Literal[1, 2] = 2  # 2: with rules of reading
    columns: tuple[AnyColumn, ...]
    separator: Separator = ","  # between the fields of the file it was fitted on: what a request in CSV has where it doesn't show another
    notes: tuple[str, ...] = ()
