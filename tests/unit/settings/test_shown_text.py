"""What is shown of a text from outside."""

from __future__ import annotations

import ast
import unicodedata
from pathlib import Path

import pytest
from harness import hostile
from hypothesis import given
from hypothesis import strategies as st

import ovtui
from ovtui.settings.paths import shell_line, shell_word
from ovtui.settings.shown_text import encodable, in_quotes, padded, shown, width_of, with_bytes

ANY = st.text(st.characters(exclude_categories=()), max_size=40)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("日本 é ñ → ●", "日本 é ñ → ●"),
        ("a\x1b]0;x\x07", r"a\x1b]0;x\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("\udc9b\udcff", r"\x9b\xff"),
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("gnp\u202eexe", r"gnp\u202eexe"),
        ("a\u2066b\u200bc\u2028", r"a\u2066b\u200bc\u2028"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        ("\u2764\ufe0f", "\u2764\\ufe0f"),
        ("\u3164", r"\u3164"),
        ("e\u0301", "e\u0301"),
        ("e" + "\u0301" * 6, "e" + "\u0301" * 4 + r"\u0301" * 2),
        ("", ""),
    ],
)
def test_each_sign_can_be_seen(text: str, expected: str) -> None:
    assert shown(text) == expected
    assert shown(expected) == expected


@given(ANY)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    assert not hostile.bad_signs(shown(text), "")
    assert shown(text).isprintable()
    shown(text).encode()


@given(st.text(st.characters(categories=("L", "N", "P", "S")), max_size=40))
def test_printable_text_stays(text: str) -> None:
    if not any(unicodedata.name(sign, "").endswith("FILLER") for sign in text):
        assert shown(text) == text


def test_a_name_in_a_sentence() -> None:
    assert in_quotes("a\x1b") == r"'a\x1b'"
    assert in_quotes("a\udcff") == r"'a\xff'"
    assert in_quotes("it's") == '"it\'s"'
    assert in_quotes("'\"") == "''\"'"


def test_a_sentence_that_others_have_made() -> None:
    for name in ("plain", "a\udcffb", "\udc80\udc9b", "a\\udcff", "\\\udcff", "\ud800"):
        assert with_bytes(f"{name!r} is none").replace("\\\\", "\\") == f"{in_quotes(name)} is none"


def test_no_sentence_is_made_by_repr() -> None:
    """It writes a byte that is no UTF-8 as half a character, and shows accents upon accents as they are."""
    package = Path(ovtui.__file__).parent
    found = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func if isinstance(node, ast.Call) else None
            by_name = isinstance(called, ast.Name) and called.id in ("repr", "ascii")
            if by_name or (isinstance(node, ast.FormattedValue) and node.conversion in (ord("r"), ord("a"))):
                found.add(str(path.relative_to(package)))
    # A number as it is written; a text in Python's own code.
    assert found == {"settings/schema/slo.py", "engine/model/file_kinds.py"}


@given(ANY)
def test_what_has_no_form_in_utf_8_alone_is_escaped(text: str) -> None:
    encodable(text).encode()
    assert encodable(encodable(text)) == encodable(text)


def test_columns_stay_aligned() -> None:
    assert [width_of(text) for text in ("abc", "日本", "e\u0301", "")] == [3, 4, 1, 0]
    assert padded("日本", 6) == "日本  "
    assert padded("toolong", 3) == "toolong"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("plain", "plain"),
        ("two words", "'two words'"),
        ("\udcff'\\", r"$'\xff\'\\'"),
        ("a\x1b", r"$'a\x1b'"),
        ("\u202e", r"$'\xe2\x80\xae'"),
        ("-d", "-d"),
    ],
)
def test_a_word_of_a_command_that_is_printed(word: str, expected: str) -> None:
    assert shell_word(word) == expected
    assert shell_line(["ovtui", word]) == f"ovtui {expected}"
