"""Fits categories: which are kept, and which one stands in for a missing one."""

import polars as pl
from modelyard_api.blocks import BlockKind
from modelyard_api.data import MissingColumn, MissingMethod
from modelyard_model.cells.reading import TextReading
from modelyard_model.columns.categorical import CategoricalColumn, FilledText
from modelyard_model.columns.encodings import MOST_CODES, Codes

from modelyard_jobs.columns.fitter import Fitted, Present, Wanted

FEWEST_CATEGORIES, MOST_CATEGORIES = 200, 1000  # most of one column: in a large table, and in a small one
_CELLS = 10_000_000  # features of categories times rows, as far as columns may have more than in a large table
_LEAST_ROWS_PER_CATEGORY = 2  # what was seen once teaches nothing
_NUMBERS_ONLY = frozenset({MissingMethod.MEDIAN, MissingMethod.MEAN})


def most_categories(rows: int, columns: int) -> int:
    """Of each of ``columns`` columns in a training split of ``rows``. Codes of shops or products come in hundreds, and cost a feature each."""
    return min(MOST_CATEGORIES, max(FEWEST_CATEGORIES, _CELLS // max(1, rows * columns)))


class Categorical:
    """Categories."""

    def usual_missing(self, default: MissingMethod) -> MissingMethod:  # noqa: ARG002  the default is meant for numbers
        """The most frequent category."""
        return MissingMethod.MOST_FREQUENT

    def missing_problem(self, special: MissingColumn) -> str | None:
        """No median of categories."""
        if special.method in _NUMBERS_ONLY:
            return f"{special.method} is for numbers, the column is Categorical; use MostFrequent, Constant or DropRow"
        return None

    def fit(self, values: pl.Series, wanted: Wanted) -> Fitted:
        """Keeps what is frequent enough, as codes where the architecture takes them."""
        present, column = Present.among(values), wanted.column
        ranked = _ranked(present.values)
        fill = column.constant or "" if column.missing is MissingMethod.CONSTANT else next(iter(ranked), "")
        as_codes = BlockKind.CODES in wanted.takes
        stays = as_codes and column.missing is not MissingMethod.CONSTANT
        if present.missing and fill and not stays:
            ranked[fill] = ranked.get(fill, 0) + present.missing
        most = MOST_CODES - 1 if as_codes else most_categories(len(values), wanted.alike)
        kept = [category for category, count in ranked.items() if count >= _LEAST_ROWS_PER_CATEGORY][:most]
        fitted = CategoricalColumn(
            name=column.name,
            required=present.missing == 0,
            missing=FilledText(method=column.missing, fill=fill, indicator=present.wants_indicator and not as_codes),
            categories=tuple(sorted(kept)),
            reading=column.reading if isinstance(column.reading, TextReading) else None,
            encoding=Codes(other=len(kept) < len(ranked), keeps_missing=stays) if as_codes else None,
        )
        note = f"{column.name}: {len(kept)} of {len(ranked)} categories are frequent enough; the others count as unseen"
        return Fitted(fitted, (*present.notes(column.name), *((note,) if len(kept) < len(ranked) else ())))


def _ranked(known: pl.Series) -> dict[str, int]:
    """Categories with their number of rows, the most frequent first; equally frequent ones by name."""
    counts: dict[str, int] = dict(known.value_counts().iter_rows())
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
