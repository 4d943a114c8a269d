"""What a terminal, or a bad line, may send: keys come of it, or nothing."""

from __future__ import annotations

from codecs import getincrementaldecoder

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from ovtui.dashboard.keys.escape_parser import EscapeParser
from ovtui.dashboard.terminal.line_gauge import ANSWER, LineAnswer


def keys_of(parser: EscapeParser, text: str) -> list[str]:
    return [message.key for message in parser.feed(text) if isinstance(message, events.Key)]


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b[55296u",  # half a character
        "\x1b[1114112u",  # beyond the last one
        "\x1b[99999999999999999999u",
        "\x1b[97;99999999999999999999u",
        "\x1b[97;1;55296u",
        "\x1b[<99999999999999999999;1;1M",
        "\x1b[48;24;80;0;0t\x1b[<0;1;1M",  # no pixels: the mouse's place divided by nothing
        "\x1b[48;0;0;9;9t\x1b[<0;1;1M",
    ],
)
def test_a_sequence_that_cannot_be_a_key_is_dropped_and_the_next_key_counts(sequence: str) -> None:
    parser = EscapeParser(False)
    list(parser.feed(sequence))
    assert keys_of(parser, "aé") == ["a", "é"]


def test_ctrl_c_alone_ends_a_paste_whose_end_was_lost() -> None:
    parser = EscapeParser(False)
    assert keys_of(parser, "\x1b[200~lost") == []
    assert keys_of(parser, "q") == [], "a part of the paste"
    assert keys_of(parser, "\x03q") == [], "a part of it, too"
    assert keys_of(parser, "\x03") == ["ctrl+c"]
    assert keys_of(parser, "q") == ["q"]


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_whatever_comes_an_end_of_it_all_makes_keys_count_again(reads: list[bytes]) -> None:
    parser, decode = EscapeParser(False), getincrementaldecoder("utf-8")("ignore").decode
    for data in reads:
        if text := decode(data):
            for message in parser.feed(text):
                character = getattr(message, "character", None) or getattr(message, "text", "")
                character.encode()  # half a character would end the program where it is shown or stored
    list(parser.feed(decode(b"\x1b[201~") + "\x18\x1b[0m"))
    assert keys_of(parser, "a")[-1] == "a"


@given(st.text(st.sampled_from("\x1b[]<?>;:0123456789uMmtHFABCDR~O\x00\x7f\x80é"), max_size=80))
def test_whatever_looks_like_a_sequence_makes_keys_count_again(typed: str) -> None:
    parser = EscapeParser(False)
    list(parser.feed(typed))
    list(parser.feed("\x1b[201~\x18\x1b[0m"))
    assert keys_of(parser, "a")[-1] == "a"


@given(st.text("ab\x1b[0n;1R", max_size=6), st.integers(0, 3))
def test_a_terminals_answer_is_no_key_wherever_it_comes(typed: str, cut: int) -> None:
    parser = EscapeParser(False)
    keys_of(parser, typed + "\x1b\x1b[A")  # whatever was begun has ended
    messages = [message for part in (ANSWER[:cut], ANSWER[cut:]) if part for message in parser.feed(part)]
    assert [type(message) for message in messages] == [LineAnswer]
    assert keys_of(parser, "q") == ["q"]


@given(st.text("ab[0n", max_size=6), st.text("cd", max_size=3))
def test_a_terminals_answer_in_the_middle_of_a_paste_counts_and_is_not_pasted(before: str, after: str) -> None:
    parser = EscapeParser(False)
    messages = list(parser.feed(f"\x1b[200~{before}\x1b[0n{after}\x1b[201~"))
    assert any(isinstance(message, LineAnswer) for message in messages)
    (paste,) = (message for message in messages if isinstance(message, events.Paste))
    assert paste.text == before + after
    assert keys_of(parser, "q") == ["q"]
