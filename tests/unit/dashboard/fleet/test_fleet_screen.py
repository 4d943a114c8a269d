"""The fleet's screen and its keys, over a fleet without boxes."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest
from harness.fake_fleet import FakeFleet
from harness.fleet_stage import FleetStage, attach_of, on_fleet_stage
from textual.screen import ModalScreen

from ovtui.dashboard.fleet.box_detail import BoxDetail, BoxScreen
from ovtui.dashboard.fleet.box_list import BoxList
from ovtui.dashboard.fleet.fleet_head import FleetHead
from ovtui.dashboard.fleet.fleet_view import FleetFooter
from ovtui.dashboard.fleet.prompts import Question
from ovtui.dashboard.leaving import DETACHED
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.views.help import HelpScreen
from ovtui.dashboard.views.too_small import TooSmallScreen
from ovtui.terminal.terminal_kind import TerminalKind

ARC_BOXES = ["edge-03", "edge-06", "edge-09", "edge-12"]


def test_every_box_has_its_row_and_what_is_wrong_is_marked() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(60)
        table = stage.text(BoxList)
        rows = {line[3:10]: line for line in table.splitlines() if line[3:].startswith("edge-")}
        assert len(rows) == 12
        assert rows["edge-04"].startswith(" ! edge-04  running")
        assert "-26 % rate" in rows["edge-04"]
        assert rows["edge-08"].startswith(" x edge-08  failed ")
        assert "the disk is full" in rows["edge-08"]
        assert rows["edge-10"].startswith(" ? edge-10  silent 38 s")
        assert rows["edge-01"].startswith("   edge-01  running ")
        head = stage.text(FleetHead)
        assert "20261130-2041-kp" in head
        assert "demo-cnn.xml" in head
        assert "01:00" in head
        assert "12 boxes   11 running  1 failed  1 silent  1 differs" in head
        assert stage.answer.startswith("SILENT  edge-10: its line broke")

    on_fleet_stage(act)


def test_boxes_stand_under_their_kinds_or_in_one_list_with_a_column() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(30)
        assert "Ultra 7 155H 22 cores, Arc  4" in stage.text(BoxList)
        assert stage.names()[:4] == ARC_BOXES
        await stage.press("m")
        assert "Arc  4" not in stage.text(BoxList)
        assert " kind " in stage.text(BoxList)

    on_fleet_stage(act, size=(150, 40))


def test_a_letter_sorts_the_same_again_reverses_and_escape_ends_it() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(60)
        await stage.press("m", "o", "5")
        slowest = stage.names()[0]
        assert slowest == "edge-04"
        await stage.press("o", "5")
        assert stage.names()[0] in ARC_BOXES
        assert stage.names()[-1] == "edge-08"  # not known: last either way
        await stage.press("o", "escape")
        assert stage.names()[:4] == ARC_BOXES
        await stage.press("o", "b")
        assert stage.names()[0] == "edge-01"
        await stage.press("escape")
        assert stage.names()[0] == "edge-03"

    on_fleet_stage(act)


def test_the_filter_shows_while_it_is_written_and_is_kept_or_taken_back() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(30)
        await stage.press("slash", "u", "l", "t", "r", "a")
        assert stage.names() == ARC_BOXES
        await stage.press("enter")
        assert stage.names() == ARC_BOXES
        assert "filter: ultra" in stage.text(BoxList)
        await stage.press("slash", "x", "escape")
        assert stage.names() == ARC_BOXES
        await stage.press("escape")
        assert len(stage.names()) == 12

    on_fleet_stage(act)


def test_only_boxes_in_trouble() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(60)
        await stage.press("f")
        assert stage.names() == ["edge-04", "edge-08", "edge-10"]
        await stage.press("f")
        assert len(stage.names()) == 12

    on_fleet_stage(act)


def test_the_cursor_stays_on_its_box_and_what_is_known_of_it_stands_beside() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(60)
        await stage.press("m", "o", "5", "home")
        text = stage.text(BoxDetail)
        assert text.startswith(" edge-04  !  running")
        assert "GPU.0 driver 24.1 (others 25.3)" in text
        assert "its kind" in text
        await stage.press("o", "escape")
        assert stage.text(BoxDetail).startswith(" edge-04")
        await stage.press("i")
        assert isinstance(stage.app.screen, BoxScreen)
        await stage.press("q")
        assert not isinstance(stage.app.screen, ModalScreen)

    on_fleet_stage(act)


def test_help_lists_the_keys_that_there_are_and_no_others() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.press("question_mark")
        assert isinstance(stage.app.screen, HelpScreen)
        text = " ".join(str(stage.app.screen.query_one("Static").render()).split())
        for expected in ("through the tunnel", "Filter the requests", "differs", "ctrl+c"):
            assert expected in text
        for unknown in ("Settings pane", "Advice", "idle watts"):
            assert unknown not in text

    on_fleet_stage(act)


def test_footer_has_the_most_important_keys_at_80_columns() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(20)
        text = stage.text(FleetFooter)
        for expected in ("enter open", "/ filter", "? help", "q quit"):
            assert expected in text
        assert "requests" not in text

    on_fleet_stage(act, size=(80, 24))


def test_a_small_terminal_is_told_so_and_the_boxes_come_back() -> None:
    async def act(stage: FleetStage) -> None:
        assert stage.pilot is not None
        await stage.pilot.resize_terminal(60, 20)
        await stage.settle()
        assert isinstance(stage.app.screen, TooSmallScreen)
        await stage.pilot.resize_terminal(80, 24)
        await stage.advance(20)
        assert stage.app.screen is stage.app.view

    on_fleet_stage(act)


def test_hostile_names_do_not_reach_the_terminal() -> None:
    fleet = FakeFleet(3)
    fleet.states[0].name = "a\x1b]0;owned\x07\nb\u202e"

    async def act(stage: FleetStage) -> None:
        await stage.advance(20)
        fleet.states[0].text = "\x1b[2Jgone"
        fleet.version += 1
        await stage.advance(2)
        shown = stage.text(BoxList) + stage.answer
        assert not [c for c in shown if c != "\n" and not c.isprintable()]
        await stage.press("home")
        assert "\x1b" not in stage.text(BoxDetail)

    on_fleet_stage(act, fleet)


def test_leaving_asks_and_staying_changes_nothing() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(20)
        await stage.press("q")
        assert isinstance(stage.app.screen, Question)
        await stage.press("q")
        assert stage.app.screen is stage.app.view
        assert stage.fleet.stopped == []

    assert on_fleet_stage(act).app.return_value is None


def test_a_question_that_stands_says_how_it_is_now_and_goes_when_all_is_over() -> None:
    def asked(stage: FleetStage) -> str:
        return str(stage.app.screen.query_one("Static").render())

    async def act(stage: FleetStage) -> None:
        await stage.advance(20)
        await stage.press("q")
        assert "11 boxes are not done yet" in asked(stage)
        stage.fleet.states[0].phase = "done"
        stage.fleet.version += 1
        stage.app.poll()
        await stage.settle()
        assert "10 boxes are not done yet" in asked(stage)
        stage.fleet.finish()
        stage.app.poll()
        await stage.settle()
        assert stage.app.screen is stage.app.view
        assert "all boxes are done or failed meanwhile" in stage.answer

    on_fleet_stage(act)


def test_leaving_with_the_runs_ended_waits_for_them() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(20)
        await stage.press("q", "e")
        assert stage.fleet.stopped == [()]
        await stage.advance(1)
        assert stage.app.is_running
        assert stage.answer.startswith("ENDING")
        stage.fleet.finish()
        stage.app.poll()

    assert on_fleet_stage(act).app.return_value == 0


@pytest.mark.parametrize("keys", [("q", "l"), ("D",)])
def test_the_runs_can_be_left_running(keys: tuple[str, ...]) -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(20)
        await stage.press(*keys)

    stage = on_fleet_stage(act)
    assert stage.app.return_value == DETACHED
    assert stage.fleet.stopped == []
    assert stage.fleet.left


def test_once_all_is_over_quit_leaves() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(20)
        stage.fleet.finish()
        stage.app.poll()
        await stage.settle()
        assert stage.answer.startswith("ENDED  12 boxes, 1 failed; q leaves and prints the table")
        await stage.press("q")

    assert on_fleet_stage(act).app.return_value == 0


def test_ctrl_c_drains_and_the_second_one_ends_at_once() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(20)
        await stage.press("ctrl+c")
        assert stage.fleet.stopped == [()]
        assert not stage.fleet.stopped_at_once
        await stage.press("ctrl+c")
        assert stage.fleet.stopped_at_once

    assert on_fleet_stage(act).app.return_value == signal.SIGINT


def test_one_box_is_stopped_after_a_question() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(20)
        await stage.press("H")
        assert stage.answer.startswith("no box is chosen")
        await stage.press("home", "H", "n", "H", "e", "E", "e")
        assert stage.fleet.stopped == [("edge-03",), ()]

    on_fleet_stage(act)


def test_the_controllers_error_ends_the_screen() -> None:
    fleet = FakeFleet(2)

    def fail() -> None:
        raise RuntimeError("the folder is gone")

    fleet.runs = fail

    async def act(stage: FleetStage) -> None:
        await stage.settle()

    assert str(on_fleet_stage(act, fleet).app.failure) == "the folder is gone"


async def visited(stage: FleetStage) -> None:
    assert stage.app.visit is not None
    await asyncio.wait({stage.app.visit})
    await stage.settle()


def test_a_boxs_dashboard_is_opened_and_the_others_are_followed_meanwhile(tmp_path: Path) -> None:
    told, goes_on = tmp_path / "told", tmp_path / "goes_on"
    text = (
        "import os, pathlib, sys, time\n"
        f"pathlib.Path({str(told)!r}).write_text(' '.join(sys.argv[1:]))\n"
        f"while not os.path.exists({str(goes_on)!r}): time.sleep(0.01)\n"
    )

    async def act(stage: FleetStage) -> None:
        await stage.advance(20)
        await stage.press("home", "enter")
        while not told.exists() or not told.read_text():
            await asyncio.sleep(0.01)
        before = stage.fleet.version
        await stage.advance(4)
        assert stage.app.terminal_lent.is_lent
        assert stage.fleet.version > before
        goes_on.touch()
        await visited(stage)
        assert not stage.app.terminal_lent.is_lent
        assert "00:24" in stage.text(FleetHead)

    on_fleet_stage(act, attach=attach_of(text))
    assert told.read_text() == "attach edge-03 3a7fb6"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("import sys; sys.exit('Error: edge-03: the line broke')", "edge-03: the line broke"),
        ("import os; os.kill(os.getpid(), 9)", "edge-03: it was ended by SIGKILL"),
        ("raise SystemExit(4)", "edge-03: it ended with exit code 4"),
    ],
)
def test_why_a_box_cannot_be_shown_is_told(text: str, answer: str) -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(20)
        await stage.press("home", "enter")
        await visited(stage)
        assert stage.answer == answer

    on_fleet_stage(act, attach=attach_of(text))


def test_commands_are_allowed_only_with_their_own_key() -> None:
    asked: list[str] = []

    async def act(stage: FleetStage) -> None:
        await stage.advance(20)
        await stage.press("home", "c")
        await visited(stage)
        asked.append(stage.answer)

    on_fleet_stage(act, attach=attach_of("import sys; sys.exit(' '.join(sys.argv[1:]))"))
    assert asked == ["edge-03: attach --write edge-03 3a7fb6"]


def test_a_box_without_a_session_is_not_opened() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(0.5)
        await stage.press("home", "enter")
        assert "has no session yet" in stage.answer
        assert stage.app.visit is None

    on_fleet_stage(act)


def test_rows_are_copied_with_all_fields() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(60)
        await stage.press("y")
        assert stage.answer.startswith("no box is chosen")
        await stage.press("o", "x", "home", "y")
        assert stage.answer.startswith("copied by OSC 52: 1 box,")
        await stage.press("Y")
        assert stage.answer.startswith("copied by OSC 52: 12 boxes")
        assert stage.app.clipboard.splitlines()[0].startswith("box\tphase\tkind\tdevice\tthroughput")

    on_fleet_stage(act)


def test_ascii_is_ascii() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(60)
        await stage.press("home")
        for panel in (FleetHead, BoxList, BoxDetail, FleetFooter):
            assert stage.text(panel).isascii(), panel

    on_fleet_stage(act, preferences=Preferences(terminal=TerminalKind(glyphs="ascii")))


def test_nothing_is_drawn_anew_where_nothing_has_changed() -> None:
    async def act(stage: FleetStage) -> None:
        await stage.advance(30)
        rows = stage.app.view.query_one(BoxList)
        cells = rows.cells
        stage.app.poll()
        assert rows.cells is cells
        await stage.advance(2)
        assert rows.cells is not cells

    on_fleet_stage(act)
