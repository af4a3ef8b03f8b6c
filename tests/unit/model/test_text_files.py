"""How a text is written, found in the text itself: encoding, separator, quotes, what stands before the header, names that are missing."""

import pytest
from modelyard_model.text_files import Header, NotATable, TextForm, encoding_of, form_of, records, require_width

TEXT = "größe,wert\n1,2\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"a,b\n1,2\n", "utf-8"),
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-32"), "utf-32"),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.encode("latin-1") + b"\x81,1\n", "latin-1"),
        (b"", "utf-8"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_encodings(data: bytes, encoding: str) -> None:
    assert encoding_of(data) == encoding
    data.decode(encoding)


@pytest.mark.parametrize(
    ("text", "form", "rows"),
    [
        ("a,b\n1,2\n", TextForm(), [["a", "b"], ["1", "2"]]),
        ("a;b\n1,5;2,5\n3,5;4,5\n", TextForm(";"), [["a", "b"], ["1,5", "2,5"], ["3,5", "4,5"]]),
        ("a\tb\n1,5\t2\n", TextForm("\t"), [["a", "b"], ["1,5", "2"]]),
        ("a|b\n1|2\n", TextForm("|"), [["a", "b"], ["1", "2"]]),
        ('a,b\n"x;y;z",1\n"u;v;w",2\n', TextForm(), [["a", "b"], ["x;y;z", "1"], ["u;v;w", "2"]]),
        ("name,notes\nbob,likes a;b;c\nann,likes d;e;f\n", TextForm(), [["name", "notes"], ["bob", "likes a;b;c"], ["ann", "likes d;e;f"]]),
        ("'a','b'\n'x, y','z'\n'x','u'\n", TextForm(quote="'"), [["a", "b"], ["x, y", "z"], ["x", "u"]]),
        ("id;name\n1;O'Brien, Tim\n2;D'Arcy, Bob\n", TextForm(";"), [["id", "name"], ["1", "O'Brien, Tim"], ["2", "D'Arcy, Bob"]]),
        ('a,b\n"x \\" y",2\n', TextForm(escape="\\"), [["a", "b"], ['x " y', "2"]]),
        ('a,b\n"C:\\dir\\",x\n"b",y\n', TextForm(), [["a", "b"], ["C:\\dir\\", "x"], ["b", "y"]]),
        ('a, b\n1, "x, ""y"""\n2, "z"\n', TextForm(spaced=True), [["a", "b"], ["1", 'x, "y"'], ["2", "z"]]),
        ('a,b\n"say ""hi, "" you",2\n', TextForm(), [["a", "b"], ['say "hi, " you', "2"]]),
        ('n\tm\n5"\t3\n6"\t4\n', TextForm("\t"), [["n", "m"], ['5"', "3"], ['6"', "4"]]),
        ("x\n1\n2\n", TextForm(), [["x"], ["1"], ["2"]]),
        ("a,b\n", TextForm(), [["a", "b"]]),
        ("", TextForm(), []),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, str) else "",
)
def test_separator_and_quotes(text: str, form: TextForm, rows: list[list[str]]) -> None:
    assert form_of(text) == form
    assert [fields for _, fields in records(text, form)] == rows


@pytest.mark.parametrize(
    ("text", "preamble", "header"),
    [
        ("# made by a tool\na,b\n1,2\n", 1, ["a", "b"]),
        ("# x, y\na,b\nc,d\ne,f\n", 1, ["a", "b"]),
        ("#id,b\n1,2\n3,4\n", 0, ["#id", "b"]),
        ("sep=;\na;b\n1,5;2\n3;4\n", 1, ["a", "b"]),
        ("\n\na,b\n1,2\n", 2, ["a", "b"]),
        ("Report, 2024\nby me\n\na,b,c\n1,2,3\n4,5,6\n7,8,9\n", 2, ["a", "b", "c"]),
        ("Report, me\na,b,c\nx,y,z\nu,v,w\n", 1, ["a", "b", "c"]),
        ("a,b\nfoo, bar,1\nx,2\nq, r,3\nz, r,3\n", 0, ["a", "b"]),
        ("city,n\nParis, FR,1\nBonn, DE,2\nRome, IT,3\n", 0, ["city", "n"]),
    ],
    ids=lambda value: repr(value)[:30] if isinstance(value, str) else "",
)
def test_what_stands_before_the_header_is_left_out_and_no_header_is_taken_for_a_title(text: str, preamble: int, header: list[str]) -> None:
    form = form_of(text)
    assert form.preamble == preamble
    assert next(records(text, form))[1] == header


@pytest.mark.parametrize(
    ("text", "unnamed", "names"),
    [
        ('"x","y"\n"1",1,"a"\n"2",2,"b"\n', "First", ("column_1", "x", "y")),
        ("a,b\n1,2,\n3,4,\n", "Last", ("a", "b", "column_3")),
        ("a,b,\n1,2,\n", "", ("a", "b", "column_3")),
        (",a,a\n0,1,2\n1,3,4\n", "", ("column_1", "a", "a_duplicated_0")),
        ("a,a,a\n1,2,3\n", "", ("a", "a_duplicated_0", "a_duplicated_1")),
        ("a,b\n1,2,3\n", "", ("a", "b")),
    ],
    ids=lambda value: repr(value)[:30] if isinstance(value, str) else "",
)
def test_columns_without_a_name_of_their_own_get_one(text: str, unnamed: str, names: tuple[str, ...]) -> None:
    form = form_of(text)
    assert form.unnamed == unnamed
    assert Header.of(next(records(text, form))[1]).names == names


def test_known_names_decide_where_the_header_is() -> None:
    assert form_of("b;a;z\n1;2;3\n", known=["a", "b"]) == TextForm(";")
    assert form_of("title\nb;a\n1,5;2\n", known=["a", "b"]) == TextForm(";", preamble=1)
    assert form_of("a\n1,5\n", TextForm(";"), known=["a", "b"]) == TextForm(";")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('a,b\n"x\ny",1\n"q,2\n3,4\n', 4, "never closed"),
        ('a,b\n1,2\n"x"y,2\n', 3, "text follows a closing quote"),
        ("a,b\n1,2\n\n1,2,3\n", 4, "3 fields, the header has 2; put a field that holds ',' in quotes"),
        ("a,b\n1\n", 2, "1 field, the header has 2; give every column a field"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(NotATable, match=words) as caught:
        checked(text)
    assert caught.value.line == line


def checked(text: str) -> None:
    for line, fields in records(text, TextForm()):
        require_width(fields, ["a", "b"], line, TextForm())
