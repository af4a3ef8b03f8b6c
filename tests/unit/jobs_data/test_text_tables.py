"""Text as a table of texts: fast where Polars is sure to be right, record by record elsewhere, and never different."""

import random

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_jobs.data import text_table
from modelyard_jobs.data.text_table import read_text
from modelyard_jobs.termination import InvalidRequest
from modelyard_model.text_files import NotATable, TextForm, encoding_of, form_of, records, require_width


def rows(data: str | bytes) -> list[tuple[str, ...]]:
    return read_text(data.encode() if isinstance(data, str) else data, "rows.csv").cells.rows()


def expected(text: str, form: TextForm) -> list[tuple[str, ...]] | str:
    """Record by record, or what is wrong."""
    found: list[list[str]] = []
    try:
        for line, fields in records(text, form):
            found.append(fields)
            require_width(fields, found[0], line, form)
    except NotATable as error:
        return str(error)
    header, below = found[0], found[1:]
    named = {at for at, name in enumerate(header) if name.strip(" \t")}
    kept = [at for at in range(len(header)) if not named or at in named or any(fields[at].strip() for fields in below)]
    return [tuple(fields[at] for at in kept) for fields in below]


def read(text: str) -> list[tuple[str, ...]] | str:
    try:
        return rows(text)
    except InvalidRequest as error:
        return str(error).removeprefix("rows.csv: ")


LETTERS = st.sampled_from(['a,\n"', 'a,\n"\r', 'ab,;\n" ', "a,\n\r", "a,\n'", 'a1,\n"\\', 'a,\n\0"', 'aé,\n"'])
CELLS = st.sampled_from(["", "a", "1", " ", "x y", "a,b", 'q"q', "n\nm", "n\r\nm", "é", '"', ",", "\n", "0", '" "', "'", "\t"])


@settings(max_examples=150, deadline=None)
@given(header=st.sampled_from(["a", "a,b", "a,b,c"]), body=LETTERS.flatmap(lambda letters: st.text(alphabet=letters, max_size=30)))
def test_any_text_is_read_as_record_by_record(header: str, body: str) -> None:
    text = f"{header}\n{body}"
    assume(encoding_of(text.encode()) == "utf-8")  # a short one with many NULs passes for UTF-16
    assert read(text) == expected(text, form_of(text))


@st.composite
def written(draw: st.DrawFn) -> str:
    width, end = draw(st.integers(1, 4)), draw(st.sampled_from(["\n", "\r\n"]))

    def field() -> str:
        cell = draw(CELLS)
        quoted = '"' + cell.replace('"', '""') + '"'
        return quoted if draw(st.booleans()) or any(sign in cell for sign in ',"\n\r') else cell

    lines = [",".join("abcd"[:width])] + [",".join(field() for _ in range(width)) for _ in range(draw(st.integers(1, 8)))]
    if draw(st.booleans()):
        lines.insert(draw(st.integers(1, len(lines))), draw(st.sampled_from(["", " ", "a,b,c,d", "a", '"x', 'x"'])))
    return end.join(lines) + draw(st.sampled_from(["", end, end * 3]))


@settings(max_examples=150, deadline=None)
@given(written())
def test_what_programs_write_is_read_as_record_by_record(text: str) -> None:
    assert read(text) == expected(text, form_of(text))


def test_large_texts_are_read_as_record_by_record() -> None:
    chance = random.Random(0)

    def field() -> str:
        cell = "".join(chance.choices('ab ,\n"é1', (9, 9, 9, 1, 1, 1, 1, 9), k=chance.randrange(12)))
        return '"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in ',"\n') else cell

    text = "a,b,c\n" + "".join(f"{field()},{field()},{field()}\n" for _ in range(20_000))
    assert rows(text) == expected(text, TextForm())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a,b\r\n1,2\r\n3,\r\n", [("1", "2"), ("3", "")]),
        ("a,b\r1,2\r3,4\r", [("1", "2"), ("3", "4")]),
        ("# old\ra,b\r1,2\r3,4", [("1", "2"), ("3", "4")]),
        ('a,b\n1,"x\ry"\n', [("1", "x\ry")]),
        ("a,b\n1,2\n\n3,4\n\n\n", [("1", "2"), ("3", "4")]),
        ("a\n1\n\n3", [("1",), ("3",)]),
        ("a,b\n1,\n", [("1", "")]),
        ("a,b\n1,2", [("1", "2")]),
        ("a,b\n\0,x\0y\n", [("\0", "x\0y")]),
        ('a,b\n"1\n2",3\n', [("1\n2", "3")]),
        ("a,b\n 1, x \n", [(" 1", " x ")]),
        ('a,b\n5",6\n', [('5"', "6")]),
        ('a;b\n"x\\";y";1\n', [('x";y', "1")]),
        ("a,b\r\n1,2\r\n\x1a", [("1", "2")]),
        ("<date>,<open>\n1,2\n", [("1", "2")]),
        ("a,b\n1,# no comment\n", [("1", "# no comment")]),
    ],
    ids=lambda value: repr(value) if isinstance(value, str) else "",
)
def test_odd_but_whole(text: str, wanted: list[tuple[str, ...]]) -> None:
    assert rows(text) == wanted


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"])
def test_encodings(encoding: str) -> None:
    found = read_text("größe,ort\n1,Köln\n2,Bonn\n".encode(encoding), "rows.csv")
    assert found.cells.to_dict(as_series=False) == {"größe": ["1", "2"], "ort": ["Köln", "Bonn"]}
    said = {"utf-8-sig": (), "latin-1": ("Windows-1252",), "cp1252": ("Windows-1252",)}.get(encoding, (encoding.upper(),))
    assert found.notes == tuple(ReadingNote(rule=ReadingRule.ENCODING, detail=name) for name in said)


@pytest.mark.parametrize(
    ("text", "columns", "notes"),
    [
        (
            ",x,x\n0,1,2\n",
            ["column_1", "x", "x_duplicated_0"],
            [(ReadingRule.UNNAMED, "column_1"), (ReadingRule.REPEATED, "x_duplicated_0")],
        ),
        ('"x","y"\n"1",7,"a"\n"2",8,"b"\n', ["column_1", "x", "y"], [(ReadingRule.UNNAMED, "column_1")]),
        ("a,b,\n1,2,\n3,4,\n", ["a", "b"], []),
        ("a,b\n1,2,\n3,4,\n", ["a", "b"], []),
        ("a,b,\n1,2,\n3,4,5\n", ["a", "b", "column_3"], [(ReadingRule.UNNAMED, "column_3")]),
        ("sep=;\na;b\n1;2\n", ["a", "b"], [(ReadingRule.SEPARATOR, ""), (ReadingRule.PREAMBLE, "")]),
        ("# made today\n# by hand\n\na\tb\n1\t2\n", ["a", "b"], [(ReadingRule.SEPARATOR, ""), (ReadingRule.PREAMBLE, "")]),
        ("\n\na,b\n1,2\n", ["a", "b"], []),
    ],
    ids=lambda value: repr(value)[:30] if isinstance(value, str) else "",
)
def test_headers(text: str, columns: list[str], notes: list[tuple[ReadingRule, str]]) -> None:
    found = read_text(text.encode(), "rows.csv")
    assert found.cells.columns == columns
    assert [(note.rule, note.column) for note in found.notes] == notes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n1,2,3\n", r"rows.csv: line 3: 3 fields, the header has 2; put a field that holds ',' in quotes"),
        ("a,b\n1,2\n\n3\n", "rows.csv: line 4: 1 field, the header has 2; give every column a field"),
        ('a,b\n1,2\n3,"4\n5,6\n', r'rows.csv: line 3: a quote \("\) that begins here is never closed'),
        ('a,b\n1,"2"3\n', "rows.csv: line 2: text follows a closing quote"),
        ('"a,b\n1,2\n', "rows.csv: line 1: a quote"),
        ("a,b\n" + "1,2\n" * 5000 + "1,2,\n", "rows.csv: line 5002: 3 fields"),
    ],
    ids=["long", "short", "open quote", "after a quote", "open quote in the header", "long at the end"],
)
def test_what_is_wrong_is_said_with_line_cause_and_fix(text: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        rows(text)


def test_wide_and_long() -> None:
    names = [f"column{at}" for at in range(5000)]
    text = ";".join(names) + "\n" + (";".join(["1,5"] * 5000) + "\n") * 3
    found = read_text(text.encode(), "rows.csv")
    assert (found.cells.columns, found.cells.height, found.separator) == (names, 3, ";")
    long = "x" * 3_000_000
    assert rows(f'a,b\n1,{long}\n2,"{long},"\n') == [("1", long), ("2", long + ",")]
    assert rows(f"{long},b\n1,2\n") == [("1", "2")]
    assert rows(f"{','.join(f'{name}{long[:2000]}' for name in names[:2000])}\n{','.join('1' * 2000)}\n") == [("1",) * 2000]


def test_ordinary_files_take_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> pl.DataFrame:
        raise AssertionError

    monkeypatch.setattr(text_table, "_split_by_record", slow)
    for text in ("a,b\n1,2\n3,\n", 'a,b\n"1,5","x ""y"""\n,\n', "a;b\r\n1;\r\n\r\n", "a\n1\n\n2\n", "a,b\n1,2\n,"):
        assert rows(text)
