"""Text files of rows: encoding, separator, quotes, header and records, as found in the text itself."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modelyard_model.text_files import SEPARATORS, Header, NotATable, Separator, TextForm, encoding_of, form_of, records, require_width


@pytest.mark.parametrize(
    ("codec", "expected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings(codec: str, expected: str) -> None:
    text = "name;größe\nMüller;1,5\n" * 3
    found = encoding_of(text.encode(codec))
    assert found == expected
    assert text.encode(codec).decode(found) == text


def test_bytes_that_windows_has_no_character_for_are_latin() -> None:
    assert encoding_of(b"a,b\n\xe4,\x81\n") == "latin-1"


def _rows(text: str, form: TextForm | None = None) -> list[list[str]]:
    return [fields for _, fields in records(text, form or form_of(text))]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a;b\n1,5;2,5\n", [["a", "b"], ["1,5", "2,5"]]),
        ("a\tb\n1,5\t2;5\n", [["a", "b"], ["1,5", "2;5"]]),
        ("a|b\n1|2\n", [["a", "b"], ["1", "2"]]),
        ("a\r\n1\r\n\r\n2\r\n", [["a"], ["1"], ["2"]]),
        ('a,b\n"x, ""y""\nz",2\n', [["a", "b"], ['x, "y"\nz', "2"]]),
        ('a, b\n"x", "y, z"\n', [["a", "b"], ["x", "y, z"]]),
        ('a,b\n"x \\" y",2\n', [["a", "b"], ['x " y', "2"]]),
        ("'a','b'\n'x, y','z'\n'x','u'\n", [["a", "b"], ["x, y", "z"], ["x", "u"]]),
        ("sep=;\na;b\n1;2\n", [["a", "b"], ["1", "2"]]),
        ('a,b\n"C:\\",2\n', [["a", "b"], ["C:\\", "2"]]),
        ("# exported today\na,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("# by me, today\na,b\nx,y\n", [["a", "b"], ["x", "y"]]),
        ("#id,b\n1,2\n", [["#id", "b"], ["1", "2"]]),
        (
            "Sales of 2024\n\nNorth, all shops\n\na,b,c\n1,2,3\n4,5,6\n7,8,9\n",
            [["a", "b", "c"], ["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]],
        ),
    ],
)
def test_forms_are_found(text: str, rows: list[list[str]]) -> None:
    assert _rows(text) == rows


def test_lines_before_the_header_are_counted() -> None:
    assert form_of("Sales\n\na,b\n1,2\n3,4\n").preamble == 2


def test_names_that_are_known_decide() -> None:
    assert form_of("x;price\n", known=["price"]).separator == ";"
    assert form_of("price,note\n1,2;3;4;5\n", known=["price", "note"]).separator == ","
    assert form_of("A title; with; marks\nprice,note\n1,2\n", known=["price", "note"]) == TextForm(",", preamble=1)
    assert form_of("price\n1,5\n", TextForm(";"), known=["price"]).separator == ";"


def test_columns_without_a_name_and_names_that_repeat() -> None:
    header = Header.of(["", "a", "a", " ", "column_1", "a"])
    assert header.names == ("column_1_", "a", "a_duplicated_0", "column_4", "column_1", "a_duplicated_1")
    assert header.unnamed == ("column_1_", "column_4")
    assert header.repeated == ("a_duplicated_0", "a_duplicated_1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n3\n", "line 3: 1 field, the header has 2; give every column a field"),
        ("a,b\n1,2,3\n", "line 2: 3 fields, the header has 2; put a field that holds ',' in quotes"),
        ('a,b\n1,2\n"x,3\n4,5\n', 'line 3: a quote (") that begins here is never closed'),
        ('a,b\n"x"y,2\n', "line 2: text follows a closing quote"),
    ],
)
def test_what_is_no_table_is_said_with_its_line(text: str, words: str) -> None:
    with pytest.raises(NotATable) as found:
        _require_table(text)
    assert words in str(found.value)


def _require_table(text: str) -> None:
    header: list[str] = []
    for line, fields in records(text, TextForm()):
        header = header or fields
        require_width(fields, header, line, TextForm())


_FIELDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)


@settings(max_examples=400, deadline=None)
@given(
    rows=st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(_FIELDS, min_size=width, max_size=width), min_size=3, max_size=8)),
    separator=st.sampled_from(SEPARATORS),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_csv_writer_wrote_is_read_back(rows: list[list[str]], separator: Separator, codec: str) -> None:
    """All fields quoted, any text in them, known names in the header."""
    header = [f"name{place}" for place in range(len(rows[0]))]
    written = io.StringIO()
    csv.writer(written, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    data = written.getvalue().encode(codec)
    text = data.decode(encoding_of(data))
    assert _rows(text, form_of(text, known=header)) == [header, *rows]
