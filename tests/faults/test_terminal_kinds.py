"""Terminals that can show little, or nothing: TERM, terminfo, colours, fonts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from harness.byte_program import ByteProgram
from harness.fault_table import Fault, id_of
from harness.fixture_types import StartProgram
from harness.program import ovtui
from rich.style import Style

from ovtui.dashboard.terminal.few_colours import in_eight_colours, without_colours
from ovtui.dashboard.terminal.repertoire import CONSOLE, within
from ovtui.records.session_file.shipped import shipped_recordings
from ovtui.terminal import terminal_kind
from ovtui.terminal.terminal_kind import Colours, Terminfo, why_no_screen

RECORDING = str(shipped_recordings()["batch-timeout-1000"])
HANDOVER = str(shipped_recordings()["auto-latency"])
DATABASE = {
    "vt100": -1, "vt220": -1, "xterm": 8, "linux": 8, "screen": 8, "rxvt-16color": 16, "xterm-256color": 256,
    "xterm-direct": 1 << 24,
}  # fmt: skip
CAPABLE = {"LANG": "C.UTF-8", "TERM": "xterm-256color"}


@dataclass(frozen=True)
class Kind(Fault):
    variables: Mapping[str, str] = field(default_factory=dict)


def row(case: str, outcome: str, code: int | None, **variables: str) -> Kind:
    return Kind(case, outcome, code, "terminal and start", variables)


AS_RUN = "what `ovtui run` does, after a sentence"
NO_SCREEN = [
    row("TERM=dumb", AS_RUN, 0, TERM="dumb"),
    row("TERM=unknown", AS_RUN, 0, TERM="unknown"),
    row("TERM is empty", AS_RUN, 0, TERM=""),
    row("TERM is not set", AS_RUN, 0),
]
UNNAMED = row("TERM has a name that terminfo lacks", "the dashboard, as on xterm", None, TERM="foo")
SCREENS = [
    row("TERM=linux", "only characters of a console's font, 8 colours", None, TERM="linux", LANG="C.UTF-8"),
    row("NO_COLOR=1", "no colour, the row under the cursor reversed", None, **CAPABLE, NO_COLOR="1"),
]
COLOURS: list[tuple[Colours, Kind]] = [
    ("none", row("TERM=vt100: a terminal without colours", "none; ASCII", None, TERM="vt100", COLORTERM="truecolor")),
    ("none", row("NO_COLOR=0", "none: whatever it holds", None, TERM="xterm-256color", NO_COLOR="0")),
    ("256", row("NO_COLOR is empty", "as if it were not set", None, TERM="xterm-256color", NO_COLOR="")),
    ("8", row("TERM=xterm, of 8 colours", "8, the bright ones bold", None, TERM="xterm")),
    ("16", row("TERM=rxvt-16color", "16", None, TERM="rxvt-16color")),
    ("256", row("TERM=xterm-256color", "256", None, TERM="xterm-256color")),
    ("truecolor", row("COLORTERM=truecolor", "24 bits", None, TERM="xterm-256color", COLORTERM="truecolor")),
    ("truecolor", row("TERM=xterm-direct", "24 bits", None, TERM="xterm-direct")),
    ("8", row("COLORTERM=truecolor within GNU screen", "8", None, TERM="screen", COLORTERM="truecolor", STY="1.a")),
    ("8", row("COLORTERM=truecolor on the console", "its own 8", None, TERM="linux", COLORTERM="truecolor")),
    ("256", row("TERM=foo-256color, which terminfo lacks", "256, by its name", None, TERM="foo-256color")),
    ("16", row("TERM=foo, which terminfo lacks", "16", None, TERM="foo")),
]  # fmt: skip
OTHERS = [
    row("TERM has no cursor to move, or moves it as no ANSI terminal does", AS_RUN, 0),
    row("attach with TERM=dumb", "one sentence", 2, TERM="dumb"),
    row("a machine without terminfo", "the dashboard, colours by TERM's name", None),
]
FAULTS: list[Fault] = [*NO_SCREEN, UNNAMED, *SCREENS, *(kind for _, kind in COLOURS), *OTHERS]


def look_up(term: str) -> Terminfo:
    return Terminfo(True, b"\x1b[%i%p1%d;%p2%dH", DATABASE[term]) if term in DATABASE else Terminfo(False)


@pytest.fixture
def bare_env(program_env: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in program_env.items() if name != "TERM"}


@pytest.mark.parametrize("fault", NO_SCREEN, ids=id_of)
def test_no_screen(fault: Kind, bare_env: dict[str, str], start: StartProgram) -> None:
    program = start("replay", RECORDING, env={**bare_env, **fault.variables})
    assert program.wait() == fault.code
    assert "no dashboard, because TERM is" in program.text
    assert "throughput" in program.text


def test_plain_ovtui_runs_on_a_dumb_terminal(bare_env: dict[str, str], start: StartProgram) -> None:
    program = start("-d", "CPU", "-n", "5", env={**bare_env, "TERM": "dumb"}, rows=60)
    assert program.wait() == 0
    assert "no dashboard, because TERM is dumb: this is what ovtui run does" in program.text
    assert "throughput" in program.text


def test_a_name_that_terminfo_lacks_is_no_reason(bare_env: dict[str, str], start: StartProgram) -> None:
    program = start("replay", RECORDING, env={**bare_env, **UNNAMED.variables})
    program.wait_for("1 overview")
    program.keys("q")
    assert program.wait() == 0


def test_terminals_that_move_the_cursor_otherwise() -> None:
    assert why_no_screen("lpr", lambda _: Terminfo(True)) == "TERM is lpr, whose cursor cannot be moved"
    vt52 = why_no_screen("vt52", lambda _: Terminfo(True, b"\x1bY%p1%' '%+%c"))
    assert vt52 == "TERM is vt52, which moves its cursor otherwise than ANSI terminals do"
    assert why_no_screen("xterm", look_up) == why_no_screen("foo", look_up) == ""


@pytest.mark.parametrize(("colours", "fault"), COLOURS, ids=lambda each: id_of(each) if isinstance(each, Kind) else "")
def test_as_many_colours_as_the_terminal_has(colours: Colours, fault: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_kind, "terminfo", look_up)
    assert terminal_kind.terminal_kind(fault.variables).colours == colours


def test_a_terminal_of_glass_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(terminal_kind, "terminfo", look_up)
    sets = {
        term: terminal_kind.terminal_kind({"TERM": term}).glyphs for term in ("vt100", "ansi", "linux", "xterm", "foo")
    }
    assert sets == {"vt100": "ascii", "ansi": "ascii", "linux": "console", "xterm": "braille", "foo": "braille"}


def test_eight_colours_are_never_black_on_black() -> None:
    for ink in range(256):
        for paper in ("#121212", "#303030", "#005f87", "#ffffff"):
            style = in_eight_colours(Style(color=f"color({ink})", bgcolor=paper))
            assert style.color is not None
            assert style.bgcolor is not None
            assert style.color.number != style.bgcolor.number
            assert style.color.number in range(8)
            assert style.bgcolor.number in range(8)


def test_without_colours_a_background_is_reverse() -> None:
    assert without_colours(Style.parse("red on blue")) == Style(reverse=True)
    assert without_colours(Style.parse("bold red on default")) == Style(bold=True)


@pytest.mark.parametrize("glyphs", ["ascii", "console"])
def test_each_character_keeps_its_width(glyphs: str) -> None:
    kept = CONSOLE if glyphs == "console" else frozenset[str]()
    for code in (*range(0x80, 0x2BFF), 0x4E2D, 0xFF21, 0x1F600, 0xDCE9):
        shown = within(glyphs, chr(code))  # type: ignore[arg-type]
        assert all(sign.isascii() or sign in kept for sign in shown)


def test_the_screen_of_a_console(bare_env: dict[str, str], no_leftovers: None) -> None:
    with ByteProgram(ovtui("replay", HANDOVER), {**bare_env, **SCREENS[0].variables}) as program:
        for key, shown in (
            ("", "p50"),
            ("3", "3 batches]"),
            ("4", "4 distribution]"),
            ("5", "5 devices]"),
            ("6", "6 hist"),
        ):
            program.keys(*key)
            program.wait_for(shown)
        drawn = program.written
        assert set(drawn) - set(map(chr, range(128))) - CONSOLE == set()
        assert not re.search("\x1b\\[[0-9;]*[34]8;[25];", drawn)
        assert not re.search("\x1b\\[(?:[0-9]+;)*(?:9|10)[0-7](?:;[0-9]+)*m", drawn)
        program.keys("q")
        assert program.wait() == 0, program.text


def test_the_screen_without_colours(bare_env: dict[str, str], no_leftovers: None) -> None:
    with ByteProgram(ovtui("replay", HANDOVER), {**bare_env, **SCREENS[1].variables}) as program:
        program.wait_for("p50")
        program.keys("2", "j", ":")
        program.wait_for("earch for")
        found = re.findall(r"\x1b\[([0-9;]*)m", program.written)
        codes = {code for part in found for code in part.split(";")}
        assert codes <= {"", "0", "1", "2", "3", "4", "7", "9"}
        assert "7" in codes
        program.keys("escape", "q")
        program.wait()


def test_attach_needs_a_terminal_that_can_show_it(
    bare_env: dict[str, str], start: StartProgram, no_leftovers: None
) -> None:
    first = start("-d", "CPU", "--rate", "20", env={**bare_env, "TERM": "xterm"})
    first.wait_for("p50")
    second = start("attach", env={**bare_env, "TERM": "dumb"})
    assert second.wait() == 2
    assert "no dashboard, because TERM is dumb" in second.text
    first.keys("q")
    assert first.wait() == 0
