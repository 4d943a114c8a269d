"""Whatever bytes come from another machine, in whatever pieces: the terminal gets only what draws."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ovtui.terminal.screen_filter import ScreenFilter

_N = rb"[0-9]{0,4}"
_DRAWS = re.compile(
    rb"(?:[\x20-\x7e\r\n\b\t\x07]"
    rb"|[\xc2-\xf4][\x80-\xbf]+"
    rb"|\x1b\(B"
    rb"|\x1b\[(?:" + _N + rb"[;:]?){0,48}m"
    rb"|\x1b\[(?:" + _N + rb";?){0,32}[ABCDEFGHdfLMPSTX@r]"
    rb"|\x1b\[[012]?[JK]"
    rb"|\x1b\[4l|\x1b\[\?6l"
    rb"|\x1b\[\?(?:7|25|1000|1002|1003|1004|1006|1015|1049|2004|2026)[hl]"
    rb")*"
)
_FORBIDDEN = {chr(c) for c in (*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200F, 0x2028)}

_PARAMETERS = st.text("0123456789;:?<>=", max_size=12)
_SEQUENCES = st.one_of(
    st.builds(lambda p, f: f"\x1b[{p}{f}", _PARAMETERS, st.characters(min_codepoint=0x20, max_codepoint=0x7E)),
    st.builds(lambda k, t, e: f"\x1b{k}{t}{e}", st.sampled_from("]PX^_"), st.text(max_size=8),
              st.sampled_from(["\x07", "\x1b\\", "\x18", "\x9c", ""])),
    st.sampled_from([
        "\x1b[?1049h", "\x1b[?25l", "\x1b[?7l", "\x1b[2J", "\x1b[3J", "\x1b[1;1H", "\x1b[31m", "\x1b[5n", "\x1b[6n",
        "\x1b[c", "\x1b[?2026$p", "\x1b[>1u", "\x1b[?1000;1006h", "\x1bc", "\x1b(0", "\x1b(B", "\x0e", "\x1b[21t",
        "\x1b[?5h", "\x1b[1;5r",
    ]),
    st.builds(lambda f: f"\x1b{f}", st.characters(min_codepoint=0, max_codepoint=0x7E)),
    st.text(max_size=6),
)  # fmt: skip
_STREAMS = st.one_of(
    st.lists(
        st.one_of(_SEQUENCES.map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary(max_size=6)),
        max_size=12,
    ).map(b"".join),
    st.binary(max_size=200),
)  # fmt: skip


def filtered(data: bytes, cuts: list[int] | None = None) -> tuple[bytes, ScreenFilter]:
    screen = ScreenFilter()
    borders = sorted({min(cut, len(data)) for cut in cuts or []} | {0, len(data)})
    pieces = [data[low:high] for low, high in pairwise(borders)]
    return b"".join(screen.feed(piece) for piece in pieces), screen


@given(_STREAMS)
@example(b"\x1b[" + b"1;" * 3000 + b"m")
@example(b"\x1b]52;c;QQ==\x07\x1b]0;title\x1b\\ok\x1bP1$r\x1b\\")
@example("\u202eevil\x9b31m".encode())
@example(b"\xc3\x1b[31m\xa9")
def test_only_what_draws_passes(data: bytes) -> None:
    out, _ = filtered(data)
    assert _DRAWS.fullmatch(out), out
    assert not _FORBIDDEN & set(out.decode())  # and it is UTF-8


@given(_STREAMS, st.lists(st.integers(0, 200), max_size=12))
@example(b"\x1b[" + b"1" * 300 + b"m!", [1, 2, 3, 100, 250])
@example("é↑🂡".encode(), [1, 3, 4, 6, 7, 8])
@example(b"\x1b((B!", [1, 2, 3])
def test_the_pieces_make_no_difference(data: bytes, cuts: list[int]) -> None:
    whole, _ = filtered(data)
    assert filtered(data, cuts)[0] == whole
    assert filtered(data, list(range(len(data))))[0] == whole


@given(_STREAMS)
def test_what_passed_passes_again(data: bytes) -> None:
    once, _ = filtered(data)
    assert filtered(once)[0] == once


@given(_STREAMS)
def test_at_the_end_nothing_is_left_switched_on(data: bytes) -> None:
    out, screen = filtered(data)
    state: dict[bytes, bytes] = {}
    for mode, switch in re.findall(rb"\x1b\[\?([0-9]+)([hl])", out + screen.restoring()):
        state[mode] = switch
    assert {mode for mode, switch in state.items() if switch == (b"l" if mode in (b"7", b"25") else b"h")} == set()
    for margins in re.findall(rb"\x1b\[([0-9;]*)r", out + screen.restoring())[-1:]:
        assert margins == b""
    assert filtered(out + screen.restoring())[1].restoring() == b""


@given(_STREAMS)
def test_after_a_pause_the_same_is_on_as_before(data: bytes) -> None:
    _, screen = filtered(data)
    again = ScreenFilter()
    again.feed(screen.resuming())
    assert sorted(again.restoring()) == sorted(_without_style(screen.restoring()))


def _without_style(restoring: bytes) -> bytes:
    """Colours and margins are drawn anew with the first frame."""
    return restoring.removeprefix(b"\x1b[m").removeprefix(b"\x1b7\x1b[r\x1b8")


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"\x1b[5n", b"\x1b[0n"), (b"\x1b[?2026$p", b"\x1b[?2026;2$y"), (b"\x1b[6n", b""), (b"\x1b[c", b""),
        (b"\x1b[>c", b""), (b"\x1b[?2048$p", b""), (b"\x1b[>q", b""), (b"\x1b]11;?\x07", b""), (b"\x1b[21t", b""),
        (b"\x1bP+q544e\x1b\\", b""),
    ],
)  # fmt: skip
def test_questions_are_answered_here_or_not_at_all(data: bytes, answer: bytes) -> None:
    screen = ScreenFilter()
    assert screen.feed(data) == b""
    assert screen.answers == answer


def test_a_string_without_end_takes_no_memory() -> None:
    screen = ScreenFilter()
    assert screen.feed(b"\x1b]52;c;") == b""
    for _ in range(50):
        assert screen.feed(b"QUJD" * 4096) == b""
    assert len(screen._rest) < 4
    assert screen.feed(b"\x07ok") == b"ok"


def test_a_csi_without_end_takes_no_memory() -> None:
    screen = ScreenFilter()
    assert screen.feed(b"\x1b[") == b""
    for _ in range(50):
        assert screen.feed(b"1;" * 4096) == b""
    assert len(screen._rest) < 400
    assert screen.feed(b"mok") == b"ok"


def test_a_terminal_of_ascii_gets_ascii() -> None:
    assert ScreenFilter(ascii_only=True).feed("a─é⣿b".encode()) == b"a???b"
