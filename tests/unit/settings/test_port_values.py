"""The grammar of values by input: what is written is read, whatever the names hold, and an error says where it is."""

from __future__ import annotations

import contextlib
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.settings.errors import SettingsError
from ovtui.settings.port_values import PortValue, parse_port_values, quoted, shape_option, value_option

ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
NASTY = st.text(" :[],=\"'\\ax0\t/é", min_size=1, max_size=8)
NAMES = st.one_of(ANYTHING, NASTY, st.sampled_from(["serving_default_x:0", "input.1", "/model/Add[0]", "x", "x[1]"]))
SHAPES = st.lists(st.integers(0, 999), max_size=4)


@given(st.dictionaries(NAMES, st.lists(SHAPES, min_size=1, max_size=3), min_size=1, max_size=4), st.sets(NAMES))
def test_shapes_are_read_as_they_were_written(shapes: dict[str, list[list[int]]], others: set[str]) -> None:
    known = {*shapes, *others}
    text = shape_option(((name, each) for name, of in shapes.items() for each in of), known)
    expected = [
        PortValue(name, tuple(",".join(map(str, each)) for each in of), in_brackets=True) for name, of in shapes.items()
    ]
    assert parse_port_values(text, known, lists_only=True) == expected
    assert parse_port_values(text, known) == expected
    assert parse_port_values(shlex.split(f"--shape {shlex.quote(text)}")[1], known, lists_only=True) == expected


@given(st.dictionaries(NAMES, NAMES, min_size=1, max_size=4), st.sets(NAMES))
def test_values_are_read_as_they_were_written(values: dict[str, str], others: set[str]) -> None:
    known = {*values, *others}
    text = value_option(values.items(), known)
    expected = [PortValue(name, (value,), in_brackets=False) for name, value in values.items()]
    assert parse_port_values(text, known) == expected
    assert parse_port_values(text, known, exists=lambda _: False) == expected
    # In brackets too.
    text = ",".join(f"{quoted(name, known)}[{quoted(value)}]" for name, value in values.items())
    assert [part.values for part in parse_port_values(text, known)] == [(value,) for value in values.values()]


@given(NAMES)
def test_a_path_in_quotes_is_that_path(path: str) -> None:
    assert parse_port_values(quoted(path), ["x", "a"]) == [PortValue(None, (path,), in_brackets=False)]


@given(NASTY, st.sets(NASTY, max_size=3), st.booleans())
def test_any_text_is_read_or_refused_in_a_sentence(text: str, known: set[str], lists_only: bool) -> None:
    with contextlib.suppress(SettingsError):
        assert all(part.name != "" for part in parse_port_values(text, known, lists_only=lists_only))


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("x:0[1,3]", ["x:0", "x"], [("x:0", "1,3")]),
        ("x:0:cat.npy", ["x", "x:0"], [("x:0", "cat.npy")]),
        ("x:cat.npy", ["x", "x:0"], [("x", "cat.npy")]),
        ("/model/Add[0][1,3],input.1[2]", ["/model/Add[0]", "input.1"], [("/model/Add[0]", "1,3"), ("input.1", "2")]),
        ("a,b[1],c d[2]", ["a,b", "c d"], [("a,b", "1"), ("c d", "2")]),
        (" a [ 1, 3 ] , b[] ,", ["a", "b"], [("a", "1, 3"), ("b", "")]),
        ("'it''s'[1]", [], SettingsError),
        (r"'it\'s'[1]", [], [("it's", "1")]),
        ("\"say 'a'\"[1]", [], [("say 'a'", "1")]),
        (r'"C:\dir\new":u8', [], [(r"C:\dir\new", "u8")]),
        ("image:1,2,3,mask:4,5", ["image", "mask"], [("image", "1,2,3"), ("mask", "4,5")]),
        ("image:[1,2,3],mask[4]", ["image", "mask"], [("image", "1,2,3"), ("mask", "4")]),
        ("image:a.npy,nose:x.npy", ["image"], [("image", "a.npy"), ("nose", "x.npy")]),
        ("N,C,H,W", ["image"], [(None, "N,C,H,W")]),
        ("[N,C,H,W]", ["image"], [(None, "N,C,H,W")]),
    ],
)
def test_what_is_unambiguous_needs_no_quotes(text: str, known: list[str], expected: object) -> None:
    if expected is SettingsError:
        with pytest.raises(SettingsError):
            parse_port_values(text, known)
    else:
        assert [(part.name, part.values[0]) for part in parse_port_values(text, known)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C:x", [(None, "C:x")]),
        ("a:b.png", [(None, "a:b.png")]),
        ("a, b[1].png", [(None, "a, b[1].png")]),
        ("image[1].png", [(None, "image[1].png")]),
        ("image:a:b.png", [("image", "a:b.png")]),
        ("image:a, b[1].png,mask:C:x", [("image", "a, b[1].png"), ("mask", "C:x")]),
        ("image:cat.png", [("image", "cat.png")]),
        ('"image:cat.png"', [(None, "image:cat.png")]),
        ("image:gone.png,C:gone", [("image", "gone.png"), ("C", "gone")]),
    ],
)
def test_a_path_that_exists_is_one_where_no_input_is_named(text: str, expected: list[tuple[str | None, str]]) -> None:
    files = {"C:x", "a:b.png", "a, b[1].png", "image[1].png", "image:cat.png"}
    parts = parse_port_values(text, ["image", "mask"], exists=files.__contains__)
    assert [(part.name, part.values[0]) for part in parts] == expected


@pytest.mark.parametrize(
    ("text", "lists_only", "where"),
    [
        ('"a[1]', True, "the quote \" that opens '\"a[1]' is not closed"),
        ("a[1,3", True, "']' is missing behind '[1,3'"),
        ("a[1,3,b[2]", True, "']' is missing behind '[1,3,b'"),
        ("a[1]b[2]", True, "a comma is missing before 'b[2]'"),
        ("wrong", True, "brackets are missing at 'wrong'"),
        ("[1],b", True, "brackets are missing at 'b'"),
        ('"a"', True, "brackets are missing"),
        ('""[1]', True, "the name before '[1]' is empty"),
        (":x.npy", False, "the name before ':x.npy' is empty"),
        ("a:", False, "a value is missing before the end"),
        ('a:"b"c', False, "a comma is missing before 'c'"),
        ('a["b"c]', False, "']' is missing before 'c]'"),
        ("a" * 99, True, "'" + "a" * 37 + "...'"),
    ],
)
def test_an_error_says_where(text: str, lists_only: bool, where: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_port_values(text, ["a", "b"], lists_only=lists_only)
    assert where in str(caught.value)


def test_what_is_written_is_short() -> None:
    assert shape_option([("a:0", [1, 3]), ("b", [1]), ("rate", [])]) == '"a:0"[1,3],b[1],rate[]'
    assert shape_option([("b", [1]), ("b", ["?", 2])]) == "b[1][?,2]"
    assert shape_option([("x", [1])], ["x", "x[1]"]) == '"x"[1]'
    assert value_option([("image", "cat.png"), ('a"b', "c, d")]) == r'image:cat.png,"a\"b":"c, d"'
