"""Columns as kubectl aligns them: three spaces between, at least six characters each, nothing after the last."""

from collections.abc import Iterator, Sequence

_GAP, _NARROWEST = 3, 6


def lines(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The header and the rows."""
    widths = column_widths([header, *rows])
    for cells in (header, *rows):
        yield aligned(cells, widths)


def column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Of each column, with its gap."""
    return [max(_NARROWEST, *(len(cell) + _GAP for cell in column)) for column in zip(*rows, strict=True)]


def aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One row."""
    *padded, last = cells
    return "".join(cell.ljust(width) for cell, width in zip(padded, widths[:-1], strict=True)) + last
