"""A run on many boxes: results, faults, lines that break, ctrl+c, and a controller that was killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fleet.running.local_fleet import LocalFleet
from harness.fake_ovtui import running, sessions_begun, write_fake_ovtui
from harness.local_line import LocalLine

from ovtui.fleet.box import Box, BoxError, FleetError
from ovtui.fleet.running import sure_steps
from ovtui.fleet.running.controller import FleetController
from ovtui.fleet.running.journal import Entry, Journal
from ovtui.fleet.running.run_folder import RunFolder, find_run
from ovtui.records.fleet import BoxState

Make = Callable[..., LocalFleet]


@pytest.fixture
def fleet_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    with contextlib.ExitStack() as made:
        yield lambda *names, length_s=0.0: made.enter_context(
            LocalFleet(tmp_path, names, monkeypatch, length_s=length_s)
        )


def test_each_box_measures_and_nothing_of_the_run_stays_there(fleet_of: Make) -> None:
    fleet = fleet_of("b1", "b2", "b3")
    phases: dict[str, list[str]] = {}
    controller = fleet.new(lambda state: phases.setdefault(state.name, []).append(state.phase), jobs=2)
    states = fleet.run(controller)
    for name, state in states.items():
        assert (state.phase, state.code, state.text) == ("done", 0, "")
        assert state.result is not None
        assert state.result["throughput"] == 812.0
        assert Path(state.recording).stat().st_size == 1000
        assert sessions_begun(fleet[name].home) == 1
        assert running(fleet[name].home) == []
        assert fleet.left_there(name) == []
        order = list(dict.fromkeys(phases[name]))
        assert order[:3] == ["connecting", "looking", "starting"]
        assert order[-3:] == ["ending", "fetching", "done"]
    assert controller.finished
    assert not controller.interrupted


def test_a_box_that_fails_costs_the_others_nothing(fleet_of: Make) -> None:
    fleet = fleet_of("fine", "dead", "none", "old", "refuses", "full")
    fleet["dead"].down = BoxError("unreachable", "nothing listens at port 22")
    (fleet["none"].bin / "ovtui").unlink()
    write_fake_ovtui(fleet["old"].bin / "ovtui", version="0.0.9")
    (fleet["refuses"].home / ".fake").mkdir()
    (fleet["refuses"].home / ".fake" / "refuse").write_text("ovtui: GPU: there is no such device here\n")
    full = fleet["full"].bin / "ovtui"
    full.write_text(full.read_text().replace("run)", "run) echo 'ovtui: x: No space left on device' >&2; exit 1;;\nx)"))
    controller = fleet.new()
    states = fleet.run(controller)
    assert states["fine"].phase == "done"
    assert {name: controller.faults[name] for name in states if name != "fine"} == {
        "dead": "unreachable", "none": "no-ovtui", "old": "old-ovtui", "refuses": "refused", "full": "full-disk",
    }  # fmt: skip
    assert "nothing listens" in states["dead"].text
    assert "fleet push" in states["none"].text
    assert "0.0.9" in states["old"].text
    assert states["refuses"].text == "GPU: there is no such device here"
    assert "disk is full" in states["full"].text
    assert fleet.left_there("refuses") == []


def test_a_line_that_breaks_costs_nothing(fleet_of: Make) -> None:
    fleet = fleet_of("b1", length_s=None)
    cut: list[int] = []

    def changed(state: BoxState) -> None:
        now = state.now
        if now is not None and not cut:
            cut.append(1)
            fleet["b1"].cut()
        elif cut and state.reconnects and state.silent_s is None and now is not None:
            (fleet["b1"].home / ".fake" / "end").touch()

    states = fleet.run(fleet.new(changed))
    assert (states["b1"].phase, states["b1"].reconnects) == ("done", 1)
    assert sessions_begun(fleet["b1"].home) == 1


def test_a_box_that_stays_away_is_told_with_what_to_do_and_found_again(fleet_of: Make) -> None:
    fleet = fleet_of("b1", length_s=None)

    def changed(state: BoxState) -> None:
        if state.now is not None and fleet["b1"].down is None:
            fleet["b1"].down = BoxError("unreachable", "no route to it")
            fleet["b1"].cut()

    states = fleet.run(fleet.new(changed, patience_s=0.3))
    assert states["b1"].phase == "failed"
    assert "no route to it" in states["b1"].text
    assert "ovtui fleet resume r1" in states["b1"].text
    assert running(fleet["b1"].home) != []
    fleet["b1"].down = None
    (fleet["b1"].home / ".fake" / "end").touch()
    states = fleet.run(fleet.resumed())
    assert states["b1"].phase == "done"
    assert sessions_begun(fleet["b1"].home) == 1
    assert fleet.left_there("b1") == []


class _Killed(BaseException):
    """In the place of SIGKILL: nothing of the controller runs after it but the release of what it holds."""


def test_a_controller_that_was_killed_at_any_entry_loses_no_run_and_repeats_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each entry of the journal, and right after it: another controller goes on from what is on the disk."""
    written = Journal.write
    for point in range(10):
        folder = tmp_path / str(point)
        folder.mkdir()
        with monkeypatch.context() as patched, LocalFleet(folder, ["b1"], patched) as fleet:
            count = 0

            def write(journal: Journal, entry: Entry, point: int = point) -> None:
                nonlocal count
                count += 1
                if count > point // 2:
                    if point % 2 and count == point // 2 + 1:
                        written(journal, entry)
                    raise _Killed
                written(journal, entry)

            patched.setattr(Journal, "write", write)
            controller = fleet.new()
            asyncio.run(_until_killed(controller))
            fleet.close(controller)
            patched.setattr(Journal, "write", written)
            states = fleet.run(fleet.resumed())
            for name, state in states.items():
                assert state.phase == "done", (point, state.text)
                assert state.result is not None
                assert sessions_begun(fleet[name].home) == 1, point
                assert running(fleet[name].home) == []
                assert fleet.left_there(name) == []
                assert Path(state.recording).stat().st_size == 1000


async def _until_killed(controller: FleetController) -> None:
    running = asyncio.ensure_future(controller.run())
    try:
        await asyncio.shield(running)
    except _Killed:
        pass
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def test_a_recording_that_is_half_here_is_fetched_on(fleet_of: Make) -> None:
    fleet = fleet_of("b1")
    controller = fleet.new()
    part = controller._folder.recording("b1").with_name("b1.ovtui.part")
    part.write_bytes(bytes(400))
    assert Path(fleet.run(controller)["b1"].recording).read_bytes() == bytes(1000)
    assert not part.exists()


def test_a_recording_whose_beginning_here_is_another_is_fetched_anew(fleet_of: Make) -> None:
    fleet = fleet_of("b1")
    controller = fleet.new()
    controller._folder.recording("b1").with_name("b1.ovtui.part").write_bytes(b"x" * 400)
    assert Path(fleet.run(controller)["b1"].recording).read_bytes() == bytes(1000)


def test_a_recording_that_is_too_large_or_not_wanted_stays_there(fleet_of: Make) -> None:
    fleet = fleet_of("b1")
    states = fleet.run(fleet.new(most_fetch_bytes=999))
    assert (states["b1"].phase, states["b1"].recording) == ("done", "")
    assert Path(states["b1"].remote_recording).stat().st_size == 1000
    assert running(fleet["b1"].home) == []
    states = fleet.run(fleet.new(name="r2", recordings="leave"))
    assert (states["b1"].phase, states["b1"].recording) == ("done", "")
    assert Path(states["b1"].remote_recording).exists()


def test_ctrl_c_ends_what_runs_and_keeps_what_was_measured(fleet_of: Make) -> None:
    fleet = fleet_of("runs", "starts", "waits", length_s=None)
    (fleet["starts"].home / ".fake").mkdir()
    (fleet["starts"].home / ".fake" / "hold").touch()
    controller: FleetController

    def changed(state: BoxState) -> None:
        runs = controller.states[0].now is not None
        if runs and sessions_begun(fleet["starts"].home) and not controller.interrupted:
            controller.stop()

    controller = fleet.new(changed, jobs=2)
    states = fleet.run(controller)
    assert controller.interrupted
    assert states["runs"].phase == "done"
    assert states["runs"].result is not None
    assert Path(states["runs"].recording).exists()
    assert (states["starts"].phase, states["waits"].phase) == ("failed", "failed")
    assert "interrupted" in states["starts"].text
    assert "before its turn" in states["waits"].text
    assert sessions_begun(fleet["waits"].home) == 0
    for name in states:
        assert running(fleet[name].home) == []
        assert fleet.left_there(name) == []


def test_a_second_ctrl_c_ends_at_once_and_its_recording_can_be_fetched(fleet_of: Make) -> None:
    fleet = fleet_of("b1", "away", length_s=None)
    controller: FleetController

    def changed(state: BoxState) -> None:
        if all(each.now is not None for each in controller.states) and not controller.interrupted:
            fleet["away"].down = BoxError("unreachable", "no route to it")
            fleet["away"].cut()
            controller.stop_at_once()

    controller = fleet.new(changed)
    states = fleet.run(controller)
    assert running(fleet["b1"].home) == []
    assert "ovtui fleet resume r1" in states["b1"].text
    assert running(fleet["away"].home) != []
    assert "could not be stopped: no route to it" in states["away"].text
    assert "session fake" in states["away"].text
    fleet["away"].down = None
    (fleet["away"].home / ".fake" / "end").touch()
    states = fleet.run(fleet.resumed())
    assert [state.phase for state in states.values()] == ["done", "done"]


def test_what_had_not_begun_is_begun_by_resume(fleet_of: Make) -> None:
    fleet = fleet_of("b1", "b2")
    fleet["b2"].down = BoxError("unreachable", "no route to it")
    assert fleet.run(fleet.new())["b2"].phase == "failed"
    fleet["b2"].down = None
    states = fleet.run(fleet.resumed())
    assert [state.phase for state in states.values()] == ["done", "done"]
    assert [sessions_begun(fleet[name].home) for name in states] == [1, 1]


def test_only_one_controller_works_on_a_run(fleet_of: Make) -> None:
    fleet = fleet_of("b1")
    first = fleet.new()
    with pytest.raises(FleetError, match="another ovtui works on the run r1"):
        RunFolder.take(find_run("r1"))
    first._folder.close()
    RunFolder.take(find_run("r1")).close()


def test_a_folder_that_takes_no_more_is_one_sentence_and_loses_nothing(
    fleet_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = fleet_of("b1", "b2", length_s=None)
    written, count = Journal.write, 0

    def write(journal: Journal, entry: Entry) -> None:
        nonlocal count
        count += 1
        if count > 3:
            raise OSError(28, os.strerror(28))
        written(journal, entry)

    monkeypatch.setattr(Journal, "write", write)
    controller = fleet.new()
    fleet.run(controller)
    assert "No space left on device" in controller.problem
    assert "ovtui fleet resume r1" in controller.problem
    monkeypatch.setattr(Journal, "write", written)
    for name in ("b1", "b2"):
        (fleet[name].home / ".fake").mkdir(exist_ok=True)
        (fleet[name].home / ".fake" / "end").touch()
    states = fleet.run(fleet.resumed())
    assert [state.phase for state in states.values()] == ["done", "done"]
    assert [sessions_begun(fleet[name].home) for name in states] == [1, 1]


def test_a_recording_for_which_there_is_no_room_stays_there_until_there_is(fleet_of: Make) -> None:
    fleet = fleet_of("b1")
    controller = fleet.new()
    folder = controller._folder.recording("b1").parent
    folder.rmdir()
    folder.write_text("in its place")
    states = fleet.run(controller)
    assert states["b1"].phase == "failed"
    assert "cannot be written here" in states["b1"].text
    assert states["b1"].result is not None
    folder.unlink()
    folder.mkdir()
    states = fleet.run(fleet.resumed())
    assert states["b1"].phase == "done"
    assert Path(states["b1"].recording).stat().st_size == 1000


def test_a_box_that_is_silent_at_first_is_asked_again(fleet_of: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sure_steps, "FIRST_PAUSE_S", 0.0)
    fleet = fleet_of("busy", "hangs")
    opened: list[str] = []
    told: list[str] = []

    async def open_one(box: Box) -> LocalLine:
        opened.append(box.name)
        if box.name == "hangs" or opened.count("busy") == 1:
            raise BoxError("silent", "it has sent nothing for 8 s")
        return await fleet.open(box)

    changed: Callable[[BoxState], None] = lambda state: told.append(f"{state.name}: {state.text}")  # noqa: E731
    controller = FleetController(RunFolder.make(fleet.brief()), open_one, changed=changed)
    states = fleet.run(controller)
    assert {name: state.phase for name, state in states.items()} == {"busy": "done", "hangs": "failed"}
    assert opened.count("hangs") == sure_steps.TRIES
    assert "busy: it has sent nothing for 8 s; trying again" in told
    assert states["hangs"].text.startswith("it has sent nothing for 8 s (")
