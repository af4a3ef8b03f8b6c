"""Predictions as a table, CSV or JSON."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelyard_cli.printing import table

Prediction = Mapping[str, Any]


def as_table(predictions: Sequence[Prediction]) -> Iterator[str]:
    """One line per row, counted from 0 as the server counts them in its messages."""
    columns = _columns(predictions)
    rows = [[str(number), *(_cell(each.get(column)) for column in columns)] for number, each in enumerate(predictions)]
    yield from table.lines(["ROW", *(column.upper() for column in columns)], rows)


def as_csv(predictions: Sequence[Prediction]) -> str:
    """With a header; numbers in full."""
    text = io.StringIO()
    columns = _columns(predictions)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([each.get(column) for column in columns] for each in predictions)
    return text.getvalue().rstrip("\n")


def _columns(predictions: Sequence[Prediction]) -> list[str]:
    return list(dict.fromkeys(column for each in predictions for column in each))


def _cell(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
