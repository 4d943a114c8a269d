"""Locales whose encoding lacks characters, C, and locales that a machine does not have; what the engine runs under."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from harness import leftovers
from harness.byte_program import ByteProgram
from harness.fault_table import Fault, id_of
from harness.fixture_types import Headless, StartProgram
from harness.program import Program, ovtui
from harness.reading import completed

from ovtui.dashboard.terminal.look import glyphs_of
from ovtui.dashboard.terminal.repertoire import within
from ovtui.host.child_environment import child_environment
from ovtui.records.session_file.shipped import shipped_recordings
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.stand_ins import STAND_INS
from ovtui.terminal.terminal_kind import terminal_kind

RECORDING = str(shipped_recordings()["batch-timeout-1000"])


@dataclass(frozen=True)
class Locale(Fault):
    variables: Mapping[str, str] = field(default_factory=dict)
    charset: str = "ascii"
    """What the output is in."""


def row(case: str, outcome: str, charset: str = "ascii", **variables: str) -> Locale:
    return Locale(case, outcome, 0, "terminal and start", variables, charset)


WHOLE = "whole, with stand-ins for what the encoding lacks"
OUTPUTS = [
    row("LC_ALL=C", WHOLE, LC_ALL="C"),
    row("LANG=C", WHOLE, LANG="C"),
    row("no locale", WHOLE),
    row("LC_ALL=C and Python's UTF-8 mode off", WHOLE, LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0"),
    row("LANG=de_DE.ISO-8859-1", WHOLE, "latin-1", LANG="de_DE.ISO-8859-1"),
    row("LANG=ru_RU.KOI8-R", WHOLE, "koi8-r", LANG="ru_RU.KOI8-R"),
    row("LANG=ja_JP.eucJP", WHOLE, "euc-jp", LANG="ja_JP.eucJP"),
    row("LANG=xx.nonsense", WHOLE, LANG="xx.nonsense"),
    row("PYTHONIOENCODING=ascii", WHOLE, LANG="C.UTF-8", PYTHONIOENCODING="ascii:strict"),
    row("LANG=fr_FR.UTF-8 on a machine that lacks it", "UTF-8, as the terminal has it", "utf-8", LANG="fr_FR.UTF-8"),
]
SCREENS = [
    Locale("the dashboard in LC_ALL=C", "every byte of every page is ASCII", 0, "terminal and start", {"LC_ALL": "C"}),
    Locale("the dashboard in an 8-bit locale", "every byte of every page is ASCII", 0, "terminal and start",
           {"LANG": "de_DE.ISO-8859-1"}),
]  # fmt: skip
OTHERS = [
    Fault("LC_ALL=tr_TR.UTF-8", "host and engine run under C.UTF-8", None, "terminal and start"),
    Fault("JSON, CSV and exports in LC_ALL=C", "UTF-8, as in every locale", 0, "terminal and start"),
    Fault("--glyphs braille in LC_ALL=C", "what a person chooses is drawn", None, "terminal and start"),
]  # fmt: skip
FAULTS: list[Fault] = [*OUTPUTS, *SCREENS, *OTHERS]


@pytest.fixture
def without_locale(program_env: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in program_env.items() if name != "LANG"}


@pytest.mark.parametrize("fault", OUTPUTS, ids=id_of)
def test_the_summary_is_whole(fault: Locale, without_locale: dict[str, str], headless: Headless) -> None:
    done = subprocess.run(
        ovtui("replay", RECORDING), env={**without_locale, **fault.variables}, capture_output=True, check=False
    )
    expected = headless("replay", RECORDING).stdout
    assert any(sign in expected for sign in "–µ…≤")
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    text = done.stdout.decode(fault.charset)
    assert len(text.splitlines()) == len(expected.splitlines())
    if fault.charset == "utf-8":
        assert text == expected
    else:
        assert "-" in text
        # A sign that the encoding has stays, of the others each has its stand-in.
        assert text == "".join(sign if _has(sign, fault.charset) else STAND_INS[sign] for sign in expected)


def _has(sign: str, charset: str) -> bool:
    try:
        return bool(sign.encode(charset))
    except UnicodeEncodeError:
        return False


def test_every_command_speaks_in_c(without_locale: dict[str, str], tmp_path: Path) -> None:
    env = {**without_locale, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    for words in (
        ["--help"], ["run", "--help"], ["config", "docs"], ["config", "show"], ["presets"], ["demo", "--list"],
        ["sessions"], ["run", "µ–…"], ["replay", "–"], ["export", "µ", "--to", "csv"],
    ):  # fmt: skip
        done = subprocess.run(ovtui(*words), env=env, capture_output=True, check=False)
        assert done.returncode in (0, 1, 2), words
        assert (done.stdout + done.stderr).isascii(), words
        assert b"Traceback" not in done.stderr, words
        assert done.stdout or done.stderr


def test_exports_are_utf_8_everywhere(without_locale: dict[str, str], headless: Headless) -> None:
    env = {**without_locale, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    for words in (["export", RECORDING, "--to", "csv"], ["report", RECORDING, "-o", "-"]):
        assert headless(*words, env=env).stdout == headless(*words).stdout


@pytest.mark.parametrize("fault", SCREENS, ids=id_of)
def test_the_screen_is_ascii(fault: Locale, without_locale: dict[str, str], no_leftovers: None) -> None:
    with ByteProgram(ovtui("replay", RECORDING), {**without_locale, **fault.variables}) as program:
        program.wait_for("p50")
        tour(program)
        program.keys("q")
        assert program.wait() == 0
        assert program.bytes.isascii()
        program.assert_terminal_restored()


def test_a_person_may_know_the_terminal_better(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    terminal = terminal_kind({"TERM": "xterm-256color"})
    assert glyphs_of(DisplaySettings(), terminal) == "ascii"
    assert glyphs_of(DisplaySettings(glyphs="braille"), terminal) == "braille"
    assert within("braille", "⡇ └ µ") == "⡇ └ µ"


def test_host_and_engine_run_under_c_utf_8(without_locale: dict[str, str], start: StartProgram) -> None:
    program = start("-d", "CPU", env={**without_locale, "LC_ALL": "tr_TR.UTF-8", "PYTHONWARNINGS": "error"})
    program.wait_for(lambda text: completed(text) > 0)  # the screen is there before the engine
    children = {leftovers.module_of(each): each for each in leftovers.marked(without_locale[leftovers.MARK])}
    for module in ("ovtui.host", "ovtui.engine"):
        environment = children[module].environ()
        assert environment["LC_ALL"] == "C.UTF-8"
        assert environment["PYTHONUTF8"] == "1"
        assert "PYTHONWARNINGS" not in environment
    program.keys("q")
    assert program.wait() == 0


def test_a_childs_environment_keeps_what_is_the_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    monkeypatch.setenv("OV_FRONTEND_PATH", "/x")
    monkeypatch.setenv("PYTHONPATH", "/modules")
    found = child_environment()
    assert found["LC_ALL"] == "C.UTF-8"
    assert found["OV_FRONTEND_PATH"] == "/x"
    assert found["PYTHONPATH"].endswith("/modules")


TOUR = [
    ("2", "2 requests"), ("3", "3 batches"), ("4", "4 distribution"), ("5", "5 devices"), ("6", "6 history"),
    ("1", "1 overview"), ("s", "SETTINGS"), ("s", "z/Z zoom"), ("?", "esc closes"), ("escape", "z/Z zoom"),
    (":", "search for"),
]  # fmt: skip


def tour(program: Program) -> None:
    """Every view, the settings pane, the help and the palette."""
    for key, shown in TOUR:
        program.keys(key)
        program.wait_for(lambda text, shown=shown: shown.lower() in text.lower())
    program.keys("escape")
    program.wait_for("z/Z zoom")
