"""Raw cells of a column into arrays. Only honest types pass: text is never read as a number, nor a number as text."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelyard_model.errors import InvalidInput

_NUMBERS = frozenset({int, float, bool, type(None)})
_TEXTS = frozenset({str, type(None)})


def read_numbers(column: str, values: Sequence[object] | NDArray[Any]) -> NDArray[np.float64]:
    """float64 array; None and NaN are missing (NaN). Raises InvalidInput for anything but finite numbers and truth values."""
    numbers = _to_float(column, values)
    if np.isinf(numbers).any():
        raise InvalidInput(column, "infinite numbers can't be used")
    return numbers


def _to_float(column: str, values: Sequence[object] | NDArray[Any]) -> NDArray[np.float64]:
    if isinstance(values, np.ndarray) and values.dtype.kind in "iufb":
        return values.astype(np.float64)
    cells = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if not _NUMBERS.issuperset(map(type, cells)):
        cells = [_number(column, cell) for cell in cells]
    try:
        return np.array(cells, dtype=np.float64)
    except OverflowError:
        raise InvalidInput(column, "a number is too large") from None


def _number(column: str, cell: object) -> float | int | bool | None:
    if cell is None or isinstance(cell, int | float):
        return cell
    if isinstance(cell, np.integer | np.floating | np.bool_):
        return float(cell)
    raise InvalidInput(column, f"expected a number, got {_kind(cell)}")


def read_texts(column: str, values: Sequence[object] | NDArray[Any]) -> list[str | None]:
    """Texts; None, NaN and the empty text are missing (None). Raises InvalidInput for anything else."""
    cells = values.tolist() if isinstance(values, np.ndarray) else values
    if _TEXTS.issuperset(map(type, cells)):
        return [cell or None for cell in cells]  # type: ignore[misc]  # all are str or None, as just seen
    return [_text(column, cell) for cell in cells]


def _text(column: str, cell: object) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell or None
    if isinstance(cell, float) and math.isnan(cell):  # what pandas puts where a text is missing
        return None
    raise InvalidInput(column, f"expected text, got {_kind(cell)}")


def _kind(cell: object) -> str:
    kinds = ((bool, "a truth value"), (int | float | np.number, "a number"), (str, "text"), (list | tuple, "a list"), (dict, "an object"))
    return next((words for kind, words in kinds if isinstance(cell, kind)), type(cell).__name__)
