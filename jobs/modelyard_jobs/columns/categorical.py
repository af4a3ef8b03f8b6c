"""Categories: which columns hold some, how their cells are read, which are kept, which one stands in for a missing one, and how they become features.

One feature per category is the rule. Architectures that take codes get codes. Of more than ``MOST_FEATURES`` categories each has too few rows for a weight of its
own, and a forest can hardly split off any: then it is the mean of the target by category. Where the limit lies was measured (``bench/encodings.py``).
"""

from dataclasses import replace

import numpy as np
import polars as pl
from modelyard_api.catalogue.column_types import BlockKind, ColumnType
from modelyard_api.data import MissingColumn, MissingMethod
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_model.cells.known_words import MISSING
from modelyard_model.cells.numbers import PLAIN
from modelyard_model.cells.reading import TextReading
from modelyard_model.columns.categorical import MOST_CODES, CategoricalColumn, Codes, Encoding, FilledText, Target
from modelyard_model.columns.column import Block, FittedColumn, vector
from numpy.typing import NDArray

from modelyard_jobs.columns.column_training import ColumnTraining, Fitted, Present, Wanted
from modelyard_jobs.columns.target_means import FOLDS, KnownTarget, shrunken_means
from modelyard_jobs.data import number_rules, parquet_table, text_rules
from modelyard_jobs.data.one_column import OneColumn, ReadColumn
from modelyard_jobs.data.text_column import TextColumn
from modelyard_jobs.data.text_rules import holds_truth

MOST_FEATURES = 200  # categories of one column, a feature each; without a target to take means of the most frequent ones
MOST_MEANS = 20_000  # categories of one column times outputs, a mean each
_LOOKS_LIKE_NOTHING_ELSE = 0.5  # confidence in a column of texts
_IDENTIFIER_DISTINCT = 50  # a text column with more distinct values than this, most of them seen once, names rows
_IDENTIFIER_SHARE = 0.5
_LEAST_ROWS_PER_CATEGORY = 2  # what was seen once teaches nothing
_NUMBERS_ONLY = frozenset({MissingMethod.MEDIAN, MissingMethod.MEAN})


class Categorical(ColumnTraining):
    """Categories."""

    def confidence(self, column: OneColumn) -> float:
        """Whatever is text and nothing better; and a column without any value."""
        return _LOOKS_LIKE_NOTHING_ELSE if column.texts or column.dtype == pl.Null else 0.0

    def read(self, column: OneColumn) -> ReadColumn:
        """Every distinct value is a category, whatever it is."""
        column.require_scalars("as Categorical")
        return _typed(column) if column.texts is None else _written(column.name, column.texts, column)

    def read_undeclared(self, column: OneColumn) -> ReadColumn:
        """Texts that name rows are left out. What nearly is a column of numbers is said."""
        texts = column.texts
        if texts is None:
            return self.read(column)
        found = column.numbers if column.is_written else None
        nearly = (
            f"; {found.foreign} of its texts are no numbers, the others are: missingWords can name them"
            if found and found.is_foreign
            else ""
        )
        if warning := _names_rows(texts):
            return ReadColumn(column.name, None, TextReading(), lambda: texts.texts.replace([""], [None]), (), warning + nearly)
        read = self.read(column)
        if nearly:
            return replace(read, warning=f"column {column.name!r} is read as text{nearly}")
        note = ReadingNote(rule=ReadingRule.LEADING_ZEROS, column=column.name, count=found.leading_zeros if found else 0)
        return replace(read, notes=(*read.notes, note)) if note.count else read

    def usual_missing(self, default: MissingMethod) -> MissingMethod:  # noqa: ARG002  the default is meant for numbers
        """The most frequent category."""
        return MissingMethod.MOST_FREQUENT

    def missing_problem(self, special: MissingColumn) -> str | None:
        """No median of categories."""
        if special.method in _NUMBERS_ONLY:
            return f"{special.method} is for numbers, the column is Categorical; use MostFrequent, Constant or DropRow"
        return None

    def fit(self, values: pl.Series, wanted: Wanted, target: KnownTarget | None = None) -> Fitted:
        """Keeps what is frequent enough."""
        present, column = Present.among(values), wanted.column
        as_codes = BlockKind.CODES in wanted.takes
        stays = as_codes and column.missing is not MissingMethod.CONSTANT
        counts = _ranked(present.values)
        fill = column.constant or "" if column.missing is MissingMethod.CONSTANT else next(iter(counts), "")
        if present.missing and fill and not stays:
            counts[fill] = counts.get(fill, 0) + present.missing
        frequent = [category for category, count in counts.items() if count >= _LEAST_ROWS_PER_CATEGORY]
        means_of = target if not as_codes and len(frequent) > MOST_FEATURES else None
        if means_of is not None:
            kept = list(counts)[: MOST_MEANS // means_of.values.shape[1]]  # a mean that rests on one row is shrunken, not left out
        else:
            kept = frequent[: MOST_CODES - 1 if as_codes else MOST_FEATURES]  # one code is that of all others
        fitted = CategoricalColumn(
            name=column.name,
            required=present.missing == 0,
            missing=FilledText(method=column.missing, fill=fill, indicator=present.wants_indicator and not as_codes),
            categories=tuple(sorted(kept)),
            reading=column.reading if isinstance(column.reading, TextReading) else None,
            encoding=Codes(other=len(kept) < len(counts), keeps_missing=stays) if as_codes else None,
        )
        if means_of is not None:
            fitted = fitted.model_copy(update={"encoding": _means(fitted, values, means_of)})
        note = f"{column.name}: {len(kept)} of {len(counts)} categories are frequent enough; the others count as unseen"
        return Fitted(fitted, (*present.notes(column.name), *((note,) if len(kept) < len(counts) else ())))

    def encode_training(self, column: FittedColumn, values: pl.Series, target: KnownTarget) -> Block | None:
        """Of means of the target: those of the other folds' rows."""
        assert isinstance(column, CategoricalColumn)
        if not isinstance(column.encoding, Target):
            return None
        codes, scale = _codes(column, values), np.array(column.encoding.scale)
        out = np.zeros(target.values.shape)
        for fold in range(FOLDS):
            inside = target.folds == fold
            deviations, _ = shrunken_means(codes[~inside], target.values[~inside], len(column.categories))
            out[inside] = _spread(deviations, codes[inside]) / scale
        flag = values.is_null().to_numpy().astype(np.float64)[:, None]
        return vector(np.hstack([flag, out]) if column.missing.indicator else out)


def classes_of(column: OneColumn) -> ReadColumn:
    """As classes. What is no number among numbers is missing, as in a column of numbers."""
    column.require_scalars("as classes")
    found = column.numbers if column.texts and column.is_written else None
    if found is None or not found.are_numbers or found.form != PLAIN or holds_truth(found.column):
        return Categorical().read(column)
    notes = number_rules.fitted(found)[2]
    return ReadColumn(column.name, ColumnType.CATEGORICAL, TextReading(numbers=True), lambda: number_rules.as_texts(found), notes)


def _written(name: str, texts: TextColumn, column: OneColumn) -> ReadColumn:
    reading, notes = text_rules.fit_texts(texts, column.words)
    return ReadColumn(name, ColumnType.CATEGORICAL, reading, lambda: text_rules.categories(texts, reading), notes)


def _typed(column: OneColumn) -> ReadColumn:
    cells, dtype = column.cells, column.dtype
    missing = tuple(sorted(MISSING)) if column.missing is None else tuple(column.missing)
    truth = ("false", "true") if dtype == pl.Boolean else None
    reading = TextReading(missing=text_rules.as_categories(missing), numbers=dtype.is_numeric(), truth=truth)
    return ReadColumn(column.name, ColumnType.CATEGORICAL, reading, lambda: parquet_table.as_categories(cells, reading))


def _names_rows(column: TextColumn) -> str:
    distinct, values = column.texts.n_unique() - bool(column.empty), column.present
    if distinct <= _IDENTIFIER_DISTINCT or distinct <= _IDENTIFIER_SHARE * values:
        return ""
    return f"column {column.name!r} names rows ({distinct} distinct texts in {values} rows) and is left out; type: Categorical keeps it"


def _ranked(known: pl.Series) -> dict[str, int]:
    """Categories with their number of rows, the most frequent first; equally frequent ones by name."""
    counts: dict[str, int] = dict(known.value_counts().iter_rows())
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _means(column: CategoricalColumn, values: pl.Series, target: KnownTarget) -> Encoding:
    """Over all rows: what new rows get."""
    codes = _codes(column, values)
    deviations, prior = shrunken_means(codes, target.values, len(column.categories))
    spread = _spread(deviations, codes).std(axis=0)
    return Target(
        outputs=target.names,
        means=tuple(map(tuple, (deviations + prior).tolist())),
        prior=tuple(prior.tolist()),
        scale=tuple(np.where(spread > 1e-12 * np.abs(prior), spread, 1.0).tolist()),
    )


def _codes(column: CategoricalColumn, values: pl.Series) -> NDArray[np.intp]:
    """(rows,): the position of each row's category, -1 where it isn't listed; missing is filled."""
    filled = values.fill_null(column.missing.fill) if column.missing.fill else values
    codes = filled.replace_strict(list(column.categories), range(len(column.categories)), default=-1, return_dtype=pl.Int64)
    return codes.fill_null(-1).to_numpy().astype(np.intp)


def _spread(deviations: NDArray[np.float64], codes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Every row's (rows, outputs); 0 of what has none."""
    return np.vstack([deviations, np.zeros(deviations.shape[1])])[codes]
