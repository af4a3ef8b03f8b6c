"""``preparation.json``: what was fitted on the training split, readable by a person. Its shape is versioned by ``format``."""

from typing import Annotated, Literal

from modelyard_api.data import MissingMethod
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from modelyard_model.cells.reading import NumberReading, TextReading, TimeReading
from modelyard_model.text_files import Separator


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FilledNumber(_Part):
    """What stands in for a missing number."""

    method: MissingMethod
    fill: FiniteFloat
    indicator: bool = False  # an extra 0/1 feature says that the value was missing


class FilledText(_Part):
    """What stands in for a missing category."""

    method: MissingMethod
    fill: str
    indicator: bool = False


class NumericalColumn(_Part):
    """A number: filled, then ``(value - center) / scale``."""

    kind: Literal["Numerical"] = "Numerical"
    name: str
    required: bool  # no value was missing in the training split
    missing: FilledNumber
    center: FiniteFloat
    scale: Annotated[FiniteFloat, Field(gt=0)]
    reading: NumberReading | None = None  # None: stored before models had rules


class CategoricalColumn(_Part):
    """A category: filled, then one feature per category; one that is not listed has zero in all of them."""

    kind: Literal["Categorical"] = "Categorical"
    name: str
    required: bool
    missing: FilledText
    categories: tuple[str, ...]
    reading: TextReading | None = None


class DatetimeColumn(_Part):
    """A timestamp as text: hour, day of week, day of year and month as sine and cosine; missing gives zeros."""

    kind: Literal["Datetime"] = "Datetime"
    name: str
    required: bool
    reading: TimeReading | None = None


PreparedColumn = Annotated[NumericalColumn | CategoricalColumn | DatetimeColumn, Field(discriminator="kind")]


class PreparationDocument(_Part):
    """All columns the model reads, in order, and notes for the reader on what was decided while fitting."""

    format: Literal[1, 2] = 2  # 2: with rules of reading
    columns: tuple[PreparedColumn, ...]
    separator: Separator = ","  # between the fields of the file it was fitted on: what a request in CSV has where it doesn't show another
    notes: tuple[str, ...] = ()
