"""Sentences about criteria, verdicts and what reading changed, for people: every part that shows one calls this, and nobody parses what it makes."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from modelyard_api.objective import Bound, Criterion
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_api.verdicts import ComparedWith, CriterionState, Measurement, Verdict, VerdictReason

_OPPONENTS = {
    ComparedWith.BASELINE: "the trivial baseline",
    ComparedWith.CHAMPION: "the champion",
    ComparedWith.ANCHOR: "the anchor",
}


def sentence(text: str) -> str:
    """``text`` with a capital and a full stop. What begins with a name in quotes or a path stays as it is."""
    text = text.strip()
    first = text.split(" ", 1)[0]
    start = text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text
    return start if start.endswith((".", "!", "?", ":")) or not start else f"{start}."


def describe_criterion(criterion: Criterion) -> str:
    """``roc_auc at least 0.6``; ``roc_auc not worse than the champion by more than 0.01``."""
    opponent = ComparedWith(criterion.opponent) if criterion.opponent else None
    limit = {Bound.AT_LEAST: criterion.at_least, Bound.AT_MOST: criterion.at_most}.get(criterion.bound, criterion.by)
    return _criterion(criterion.metric, criterion.bound, _named(opponent, None), limit)


def describe_measurement(measurement: Measurement) -> str:
    """``f1_macro against the champion (version 3): improvement +0.012, 95 % interval -0.004 to +0.028, on 400 test rows``."""
    subject = str(measurement.metric or "a metric of another release")
    if measurement.opponent is not None:
        subject += f" against {_named(measurement.opponent, measurement.version)}"
    facts = [*_measured(measurement), *_rows(measurement)] if _has_interval(measurement) else _unmeasured(measurement)
    return f"{subject}: {', '.join([*facts, *_rest(measurement)])}"


def describe_verdict(verdict: Verdict) -> str:
    """``Missed: roc_auc at least 0.6, measured 0.52, 95 % interval 0.49 to 0.55, on 900 test rows, even the better end falls short by 0.05``.

    One that 0.1.0 wrote has texts in place of numbers: they are shown as they are.
    """
    if verdict.wanted is not None or verdict.bound is None:
        return _of_first_release(verdict)
    wanted = _criterion(verdict.metric, verdict.bound, _named(verdict.opponent, verdict.version), verdict.limit)
    if not _has_interval(verdict):
        facts = [*_unmeasured(verdict)]
    else:
        is_open = verdict.state is CriterionState.INCONCLUSIVE
        facts = [*_measured(verdict), *_rows(verdict), *(_undecided(verdict) if is_open else _distance(verdict))]
    return ", ".join([f"{verdict.state}: {wanted}", *facts, *_rest(verdict)])


def describe_verdicts(verdicts: Sequence[Verdict]) -> str:
    """All of them in one line."""
    return "; ".join(map(describe_verdict, verdicts))


def _criterion(metric: str | None, bound: Bound, opponent: str, limit: float | None) -> str:
    if bound in (Bound.AT_LEAST, Bound.AT_MOST):
        return f"{metric} {'at least' if bound is Bound.AT_LEAST else 'at most'} {_number(limit)}"
    by = f" by more than {_number(limit)}" if limit else ""
    return f"{metric} {'better' if bound is Bound.BETTER_THAN else 'not worse'} than {opponent}{by}"


def _named(opponent: ComparedWith | None, version: str | None) -> str:
    """``the champion (version 3)``."""
    return _OPPONENTS.get(opponent, "its opponent") + (f" (version {version})" if version else "") if opponent else ""


def _version(measurement: Measurement) -> str:
    """The opponent, as shortly as can be."""
    return f"version {measurement.version}" if measurement.version else _named(measurement.opponent, None) or "the opponent"


def _has_interval(measurement: Measurement) -> bool:
    return measurement.value is not None and measurement.low is not None and measurement.high is not None


def _measured(measurement: Measurement) -> Iterator[str]:
    sign = "+" if measurement.opponent else ""
    word = "improvement" if measurement.opponent else "measured"
    yield f"{word} {_number(measurement.value, sign)}"
    yield f"95 % interval {_number(measurement.low, sign)} to {_number(measurement.high, sign)}"


def _rows(measurement: Measurement) -> Iterator[str]:
    """The test rows that were used; where the opponent had seen some of them, out of how many."""
    rows, all_rows = measurement.rows, measurement.rows_in_test
    if rows is None:
        return
    if all_rows is not None and all_rows != rows:
        yield f"on {rows:,} of {all_rows:,} test rows, those new to {_version(measurement)}"
    else:
        yield f"on {_counted(rows, 'test row')}"


def _undecided(verdict: Verdict) -> Iterator[str]:
    yield "the limit lies inside the interval" if verdict.limit is not None else "no margin is known for it"
    if verdict.rows_needed is not None:
        are_some_seen = verdict.rows_in_test is not None and verdict.rows_in_test != verdict.rows
        yield f"about {verdict.rows_needed:,} {'such' if are_some_seen else 'test'} rows would decide it"


def _distance(verdict: Verdict) -> Iterator[str]:
    """How far the end of the interval that decides lies from the limit."""
    assert verdict.low is not None
    assert verdict.high is not None
    if verdict.limit is None:
        return
    limit = -verdict.limit if verdict.bound is Bound.NOT_WORSE_THAN else verdict.limit
    worse, better = (verdict.high, verdict.low) if verdict.bound is Bound.AT_MOST else (verdict.low, verdict.high)
    if verdict.state is CriterionState.HELD:
        yield f"even the worse end passes by {abs(worse - limit):.3g}"
    else:
        yield f"even the better end falls short by {abs(better - limit):.3g}"


_REASONS: Mapping[VerdictReason, Callable[[Measurement], str]] = {
    VerdictReason.NO_CHAMPION: lambda _: "no champion yet",
    VerdictReason.TOO_FEW_ROWS: lambda one: f"only {_counted(one.rows or 0, 'test row')}",
    VerdictReason.TOO_FEW_GROUPS: lambda one: f"only {one.groups or 0:.3g} independent groups among the test rows",
    VerdictReason.TOO_FEW_OF_CLASS: lambda _: "too few test rows of one class",
    VerdictReason.UNDEFINED: lambda _: "the metric has no value on these rows",
    VerdictReason.OPPONENT_SAW_ROWS: lambda one: f"too few test rows are new to {_version(one)}{_new_ones(one)}",
    VerdictReason.OPPONENT_ROWS_UNKNOWN: lambda one: f"{_version(one)} keeps no list of the rows it was made from",
    VerdictReason.OPPONENT_COLUMNS_GONE: lambda one: f"columns by which the rows of {_version(one)} are recognised are gone from the data",
    VerdictReason.OPPONENT_FAILED: lambda one: f"{_version(one)} can't answer these rows",
    VerdictReason.OPPONENT_DIFFERS: lambda one: f"{_version(one)} is for another task",
}


def _unmeasured(measurement: Measurement) -> Iterator[str]:
    yield "not measured"
    why = _REASONS.get(measurement.reason) if measurement.reason else None
    if why:
        yield why(measurement)


def _new_ones(measurement: Measurement) -> str:
    if measurement.rows is None or measurement.rows_in_test is None:
        return ""
    return f" ({measurement.rows:,} of {measurement.rows_in_test:,})"


def _rest(measurement: Measurement) -> Iterator[str]:
    """What would help, and what else there is to know."""
    if measurement.of_class is not None or measurement.more_rows is not None:
        rows = "more rows" if measurement.more_rows is None else f"about {_counted(measurement.more_rows, 'more row')}"
        yield f"needs {rows}" + (f" of class {measurement.of_class}" if measurement.of_class is not None else "")
    if measurement.detail:
        yield measurement.detail


def _of_first_release(verdict: Verdict) -> str:
    measured = f"got {verdict.got} ({verdict.interval})" if verdict.got else "not measured"
    wanted = " ".join(filter(None, (verdict.metric, verdict.wanted)))
    return ", ".join(filter(None, (f"{verdict.state}: {wanted}", measured, verdict.why)))


def _number(value: float | None, sign: str = "") -> str:
    return "an unknown limit" if value is None else f"{value:{sign}.4g}"


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one if number == 1 else f'{one}s'}"


def describe_reading(notes: Sequence[ReadingNote]) -> list[str]:
    """What reading changed, one sentence per rule: ``read as missing because they aren't numbers: 14 cells of age``."""
    groups: dict[tuple[ReadingRule, str], list[ReadingNote]] = {}
    for note in notes:
        groups.setdefault((note.rule, note.detail), []).append(note)
    return [_reading(rule, detail, found) for (rule, detail), found in sorted(groups.items(), key=lambda item: _ORDER.index(item[0][0]))]


def _reading(rule: ReadingRule, detail: str, notes: Sequence[ReadingNote]) -> str:
    shown = _SHOWN_AS.get(detail) or "".join(_DATE_PARTS.get(sign, sign) if rule in _OF_DATES else sign for sign in detail)
    what, hint = (text.format(shown, count=sum(note.count for note in notes)) for text in _READ[rule])
    return f"{what}{_of_columns(notes, _LONGEST_SENTENCE - len(what) - len(hint))}{hint}"


def _of_columns(notes: Sequence[ReadingNote], room: int) -> str:
    """``: 14 cells of age, 3 of income and 2 more columns``, in at most ``room`` characters."""
    if not any(note.column for note in notes):
        return ""
    parts = [f"{note.column} ({note.count:,})" if note.count else note.column for note in notes]
    for shown in range(len(parts), 0, -1):  # as many as fit
        more = f" and {len(parts) - shown} more columns" if shown < len(parts) else ""
        text = f": {', '.join(parts[:shown])}{more}"
        if len(text) <= room:
            return text
    return f": {len(parts)} columns"


_LONGEST_SENTENCE = 256
_SHOWN_AS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", ".": "points", " ": "spaces", "'": "apostrophes"}
_DATE_PARTS = {"D": "day", "M": "month", "Y": "year", "y": "year", "N": "month's name"}
_OF_DATES = frozenset({ReadingRule.DATE_FORM, ReadingRule.AMBIGUOUS_DATE})
# What was done (with the note's detail), and what to do where that was wrong
_READ: dict[ReadingRule, tuple[str, str]] = {
    ReadingRule.AMBIGUOUS_DATE: (
        "dates read as {}, though another order of day and month fits too",
        "; write them as 2026-01-31 to be sure",
    ),
    ReadingRule.AMBIGUOUS_NUMBER: (
        "{} taken for marks of thousands, though they may be decimal marks",
        "; write numbers plainly to be sure",
    ),
    ReadingRule.MISSING_WORD: ("cells {!r} read as missing", "; data.columns[].missingWords: [] keeps them"),
    ReadingRule.KEPT_WORD: ("cells {!r} kept as a category", "; data.columns[].missingWords: [{0}] makes them missing"),
    ReadingRule.NOT_A_NUMBER: ("cells that aren't numbers read as missing", "; type: Categorical reads them as text"),
    ReadingRule.NOT_A_TIME: ("cells that aren't timestamps read as missing", ""),
    ReadingRule.INFINITE: ("infinite numbers read as missing", ""),
    ReadingRule.UNSUPPORTED: ("left out, because no built-in model reads {}", ""),
    ReadingRule.INDEX: ("left out, because it numbers the rows", "; role: Feature keeps it"),
    ReadingRule.UNNAMED: ("named, because the header has no name for it", ""),
    ReadingRule.REPEATED: ("named anew, because the header has its name twice", ""),
    ReadingRule.LEADING_ZEROS: ("kept as text, because numbers with leading zeros are names", "; type: Numerical reads them as numbers"),
    ReadingRule.DATE_FORM: ("dates read as {}", ""),
    ReadingRule.ROUNDED: ("integers above 2^53 rounded", "; type: Categorical keeps every digit"),
    ReadingRule.DECIMAL_COMMA: ("read with a decimal comma", ""),
    ReadingRule.THOUSANDS: ("read with {} between thousands", ""),
    ReadingRule.CURRENCY: ("read as numbers in {}", ""),
    ReadingRule.PERCENT: ("read as numbers in percent (12 % is 12)", ""),
    ReadingRule.SPACES: ("read without outer spaces", ""),
    ReadingRule.TRUTH: ("several spellings of true and false read as one", ""),
    ReadingRule.ENCODING: ("the file isn't UTF-8 and was read as {}", "; save it as UTF-8 if letters look wrong"),
    ReadingRule.SEPARATOR: ("the file was read with {} between fields", ""),
    ReadingRule.PREAMBLE: ("lines before the header that were skipped: {count}", ""),
    ReadingRule.COMPRESSION: ("the file is packed with {}, which its name doesn't say", ""),
}
_ORDER = tuple(_READ)
