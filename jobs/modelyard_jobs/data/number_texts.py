"""Many texts as numbers at once, exactly as ``NumberForm.parse`` reads each."""

import re

import numpy as np
import polars as pl
from modelyard_model.cells.numbers import PLAIN, TYPESET, NumberForm
from numpy.typing import NDArray

from modelyard_jobs.data.text_column import TextColumn


def parsed(column: TextColumn, form: NumberForm) -> NDArray[np.float64]:
    """(rows,): the numbers, infinite ones too; NaN for every other text."""
    keeps_plain = form.decimal == PLAIN.decimal and form.thousands != PLAIN.decimal
    if keeps_plain and not len(column.odd):
        return column.numbers.to_numpy()
    found = column.numbers.to_numpy().copy() if keeps_plain else np.full(len(column.texts), np.nan)
    (rows,) = np.nonzero(np.isnan(found) & (column.texts != "").to_numpy())
    found[rows] = _parsed(column.texts[rows], form)
    return found


def _parsed(texts: pl.Series, form: NumberForm) -> NDArray[np.float64]:
    """By regular expression, and one after the other what it doesn't know: words, parentheses, a minus before the sign."""
    found = (_by_pattern(texts, form) if form != PLAIN else pl.Series([None] * len(texts), dtype=pl.Float64)).to_numpy().copy()
    (rows,) = np.nonzero(np.isnan(found))
    rest = texts[rows]
    known = {text: form.parse(text) for text in rest.unique().to_list()}
    found[rows] = rest.replace_strict(known, return_dtype=pl.Float64).fill_null(float("nan")).to_numpy() if known else []
    return found


def _by_pattern(texts: pl.Series, form: NumberForm) -> pl.Series:
    """Numbers of ``NumberForm``'s own pattern, with at most the sign before or behind them."""
    texts = texts.str.replace_many(list(TYPESET), list(TYPESET.values()))
    number = f"({form.digits.pattern})"
    digits = texts.str.extract(f"^{number}$")
    if form.sign:
        sign = re.escape(form.sign)
        digits = digits.zip_with(digits.is_not_null(), texts.str.extract(f"^{sign} *{number}$"))
        digits = digits.zip_with(digits.is_not_null(), texts.str.extract(f"^{number} *{sign}$"))
    if form.thousands:
        digits = digits.str.replace_all(form.thousands, "", literal=True)
    return digits.str.replace_all(form.decimal, ".", literal=True).cast(pl.Float64)
