"""A file that trains is answered: every row, by `predict -f` and as ``text/csv``, and equal cells in JSON get the same answer.

``MODELYARD_EXAMPLES`` sets how many files are tried; the usual number takes about five seconds.
"""

import csv
import gzip
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from modelyard_api.training_job import TrainingJobSpec

from tests.unit.jobs_data.training_in_process import spec
from tests.unit.one_reader.trained import TrainedFile, trained

_ROWS = 160
_EXAMPLES = int(os.environ.get("MODELYARD_EXAMPLES", "25"))
Cells = list[str]


def _signal(rng: np.random.Generator) -> np.ndarray[Any, Any]:
    return rng.normal(size=_ROWS)


def _plain(rng: np.random.Generator, decimal: str) -> Cells:
    return [f"{value:.4f}".replace(".", decimal) for value in _signal(rng)]


def _money(rng: np.random.Generator, decimal: str) -> Cells:
    mark = "," if decimal == "." else "."
    amounts = np.abs(_signal(rng)) * 5000 + 1
    return ["$" + f"{value:,.2f}".replace(",", "_").replace(".", decimal).replace("_", mark) for value in amounts]


def _percent(rng: np.random.Generator, decimal: str) -> Cells:
    return [f"{value:.1f} %".replace(".", decimal) for value in _signal(rng) * 20]


def _with_words(rng: np.random.Generator, decimal: str) -> Cells:
    words = ["?", "NA", "n/a", "", "unknown", "NaN", "-"]
    return [str(rng.choice(words)) if rng.random() < 0.3 else cell for cell in _plain(rng, decimal)]


def _with_foreign_texts(rng: np.random.Generator, decimal: str) -> Cells:
    cells = _plain(rng, decimal)
    cells[3], cells[70] = "see note 7", "broken"
    return cells


def _with_infinities(rng: np.random.Generator, decimal: str) -> Cells:
    return [str(rng.choice(["inf", "-Infinity", "1e999"])) if rng.random() < 0.1 else cell for cell in _plain(rng, decimal)]


def _large_integers(rng: np.random.Generator, _decimal: str) -> Cells:
    return [str(2**53 + int(value)) for value in rng.integers(0, 10**6, _ROWS)]


def _truth(rng: np.random.Generator, _decimal: str) -> Cells:
    return [str(rng.choice(["TRUE", "true", "False", "FALSE", ""])) for _ in range(_ROWS)]


def _yes_or_no(rng: np.random.Generator, _decimal: str) -> Cells:
    return [str(rng.choice(["Yes", "yes", " no", "No", "N"])) for _ in range(_ROWS)]


def _postcodes(rng: np.random.Generator, _decimal: str) -> Cells:
    return [f"{value:05}" for value in rng.choice([1234, 2345, 34567, 987], _ROWS)]


def _categories(rng: np.random.Generator, _decimal: str) -> Cells:
    return [str(rng.choice(["north", " south", "south ", "Köln, Süd", 'the "old" town', "None", ""])) for _ in range(_ROWS)]


def _countries(rng: np.random.Generator, _decimal: str) -> Cells:
    return [str(rng.choice(["NA", "EU", "US", "AS"])) for _ in range(_ROWS)]


def _codes(rng: np.random.Generator, _decimal: str) -> Cells:
    return [str(rng.choice(["1", "2", "3"])) for _ in range(_ROWS)]


def _days(rng: np.random.Generator, _decimal: str) -> Cells:
    days = np.datetime64("2023-01-01") + rng.integers(0, 700, _ROWS)
    return [f"{day.item():%d.%m.%Y}" for day in days]


def _american_times(rng: np.random.Generator, _decimal: str) -> Cells:
    times = np.datetime64("2023-01-01T00:00") + rng.integers(0, 10**6, _ROWS)
    return [f"{time.item():%m/%d/%Y %I:%M %p}" if rng.random() > 0.05 else "" for time in times]


_FORMS: dict[str, Callable[[np.random.Generator, str], Cells]] = {
    form.__name__.lstrip("_"): form
    for form in (
        *(_plain, _money, _percent, _with_words, _with_foreign_texts, _with_infinities, _large_integers, _truth, _yes_or_no),
        *(_postcodes, _categories, _countries, _codes, _days, _american_times),
    )
}
_TIMES = frozenset({"days", "american_times"})
_TARGETS = (("0", "1"), ("no", "yes"), ("False", "True"), (" a", "b "), ("EU", "NA"))


@dataclass(frozen=True, repr=False)
class MadeFile:
    """Columns of texts and how they are written."""

    columns: dict[str, Cells]
    separator: str
    encoding: str
    ends: str
    preamble: Sequence[str]
    index: bool
    blank_lines: bool
    packed: bool

    def __repr__(self) -> str:
        """Without the cells, which are made of the names."""
        return f"{[*self.columns]} {self.separator!r} {self.encoding} {self.ends!r} {self.preamble} {self.index} {self.blank_lines} {self.packed}"

    def text(self) -> str:
        """Also with lines before the header and blank ones at the end."""
        names = [*([""] if self.index else []), *self.columns]
        rows = [[*([str(row)] if self.index else []), *cells] for row, cells in enumerate(zip(*self.columns.values(), strict=True))]
        written = io.StringIO()
        csv.writer(written, delimiter=self.separator, lineterminator=self.ends).writerows([names, *rows])
        before = "".join(f"{line}{self.ends}" for line in self.preamble)
        return before + written.getvalue() + (2 * self.ends if self.blank_lines else "")

    def write(self, folder: Path) -> Path:
        """To a file whose name says nothing of how it is packed."""
        data = self.text().encode(self.encoding)
        path = folder / "rows.csv"
        path.write_bytes(gzip.compress(data) if self.packed else data)
        return path

    def spec(self) -> TrainingJobSpec:
        """Timestamps are features, so that they are read at prediction as well."""
        times = [name for name in self.columns if name in _TIMES]
        return spec(data={"prepare": {"features": {"timestamps": times}}} if times else {})


@st.composite
def made_files(draw: st.DrawFn) -> MadeFile:
    """Any mixture of forms of columns and of files."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    names = draw(st.lists(st.sampled_from(sorted(_FORMS)), min_size=2, max_size=6, unique=True))
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    decimal = draw(st.sampled_from([".", ","])) if separator != "," else "."
    columns = {name: _FORMS[name](rng, decimal) for name in names}
    usable = _TARGETS[:-1] if "with_words" in names else _TARGETS  # where a file writes NA for a missing number, it is no class
    classes = draw(st.sampled_from(usable))
    columns["y"] = [classes[int(value)] for value in rng.integers(0, 2, _ROWS)]
    return MadeFile(
        columns,
        separator,
        encoding=draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"])),
        ends=draw(st.sampled_from(["\n", "\r\n"])),
        preamble=draw(st.sampled_from([(), ("# exported by a tool",), ("Report of 2024", "")])),
        index=draw(st.booleans()),
        blank_lines=draw(st.booleans()),
        packed=draw(st.booleans()),
    )


@settings(max_examples=_EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=_EXAMPLES <= 25)
@given(file=made_files())
def test_a_file_that_trains_is_answered_row_by_row(file: MadeFile) -> None:
    with TemporaryDirectory() as folder, trained(file.write(Path(folder)), file.spec()) as model:
        answers = model.asked_for_file()
        assert len(answers) == _ROWS
        assert model.asked_in_csv() == answers
        columns: dict[str, list[Any]] = {name: list(cells) for name, cells in file.columns.items()}
        assert model.asked_in_json(columns) == answers
        assert model.asked_in_json({name: [_typed(name, cell) for cell in cells] for name, cells in file.columns.items()}) == answers
        _require_as_trained(model, answers)


def _typed(name: str, cell: str) -> object:
    """The JSON value that a client would send for the cell."""
    if not cell.strip():
        return None
    if name == "truth":
        return cell.lower() == "true"
    return int(cell) if name in {"codes", "large_integers"} else float(cell) if name == "plain" and "," not in cell else cell


def _require_as_trained(model: TrainedFile, answers: list[dict[str, Any]]) -> None:
    """What training saw of the rows gets the answers that the rows get."""
    frame = model.data.dataset.features.frame
    seen = model.model.predict({name: frame[name].to_list() for name in frame.columns}).as_columns()
    positive = next(name for name in seen if name != "prediction")
    asked = [answers[row][positive] for row in model.data.dataset.positions.tolist()]
    assert asked == pytest.approx(seen[positive], abs=1e-12)
