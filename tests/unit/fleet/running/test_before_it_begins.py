"""A box that is silent, or whose line breaks, before anything has begun there; and a start that was interrupted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fleet.running.local_fleet import LocalFleet
from harness.fake_ovtui import running, sessions_begun

from ovtui.fleet.box import BoxError
from ovtui.fleet.running import sure_steps
from ovtui.fleet.running.controller import FleetController
from ovtui.records.fleet import BoxState

Make = Callable[..., LocalFleet]


@pytest.fixture
def fleet_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    monkeypatch.setattr(sure_steps, "FIRST_PAUSE_S", 0.0)
    with contextlib.ExitStack() as made:
        yield lambda *names, length_s=0.0: made.enter_context(
            LocalFleet(tmp_path, names, monkeypatch, length_s=length_s)
        )


class Faults:
    """Raises a fault in so many scripts of a box that have this text."""

    def __init__(self, text: str, kind: str, times: int) -> None:
        self.text, self.kind, self.left = text, kind, times

    def __call__(self, script: str) -> None:
        if self.text in script and self.left:
            self.left -= 1
            raise BoxError(self.kind, "it has sent nothing for 8 s")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["silent", "lost"])
def test_a_box_that_is_slow_to_answer_is_told_and_tried_again(fleet_of: Make, kind: str) -> None:
    fleet = fleet_of("b1")
    fleet["b1"].on_script = Faults("hello", kind, 2)
    told: list[tuple[str, bool]] = []
    controller = fleet.new(lambda state: told.append((state.text, state.silent_s is not None)))
    state = fleet.run(controller)["b1"]
    assert (state.phase, state.reconnects, state.silent_s) == ("done", 2, None)
    assert ("it has sent nothing for 8 s; trying again", True) in told
    assert sessions_begun(fleet["b1"].home) == 1


def test_a_box_that_stays_silent_is_given_up_with_one_sentence(fleet_of: Make) -> None:
    fleet = fleet_of("b1")
    fleet["b1"].on_script = Faults("hello", "silent", 99)
    state = fleet.run(fleet.new())["b1"]
    assert (state.phase, state.text) == ("failed", "it has sent nothing for 8 s (3 tries)")
    assert state.silent_s is None


def test_a_login_that_hangs_is_tried_again_and_a_dead_port_is_not(fleet_of: Make) -> None:
    fleet = fleet_of("hangs", "dead")
    fleet["hangs"].down = BoxError("silent", "the login did not end within 8 s")
    fleet["dead"].down = BoxError("unreachable", "nothing listens")

    def changed(state: BoxState) -> None:
        if state.name == "hangs" and state.reconnects == 2:
            fleet["hangs"].down = None

    states = fleet.run(fleet.new(changed))
    assert (states["hangs"].phase, states["hangs"].reconnects) == ("done", 2)
    assert (states["dead"].phase, states["dead"].reconnects) == ("failed", 0)


def test_a_box_that_goes_away_while_it_is_looked_at_comes_back(fleet_of: Make) -> None:
    fleet = fleet_of("b1")
    fleet["b1"].on_script = Faults("hello", "lost", 1)

    def changed(state: BoxState) -> None:
        away = state.reconnects == 1
        fleet["b1"].down = BoxError("unreachable", "nothing listens") if away else None

    state = fleet.run(fleet.new(changed))["b1"]
    assert (state.phase, state.reconnects) == ("done", 2)


def test_a_start_that_was_interrupted_is_begun_anew_by_resume(fleet_of: Make) -> None:
    fleet = fleet_of("runs", "starts", length_s=None)
    hold = fleet["starts"].home / ".fake" / "hold"
    hold.parent.mkdir()
    hold.touch()
    controller: FleetController

    def changed(state: BoxState) -> None:
        if state.now is not None and sessions_begun(fleet["starts"].home) and not controller.interrupted:
            controller.stop()

    controller = fleet.new(changed)
    state = fleet.run(controller)["starts"]
    assert state.phase == "failed"
    assert "ovtui fleet resume r1 begins it" in state.text
    assert fleet.left_there("starts") == []
    hold.unlink()
    (fleet["starts"].home / ".fake" / "end").touch()
    state = fleet.run(fleet.resumed())["starts"]
    assert (state.phase, state.code, state.text) == ("done", 0, "")
    assert running(fleet["starts"].home) == []


def test_a_start_that_was_ended_there_is_begun_anew_by_resume(fleet_of: Make) -> None:
    """The controller was killed after it had told the box to end the start, and before it had taken its folder away."""
    fleet = fleet_of("b1", length_s=0.0)

    def changed(state: BoxState) -> None:
        if state.phase == "starting":
            folder = Path(state.remote_recording).parent / "begun"
            if not folder.exists():
                folder.mkdir(parents=True)
                (folder / "code").write_text("130\n")

    state = fleet.run(fleet.new(changed))["b1"]
    assert state.phase == "failed"
    assert state.text.startswith("interrupted while it started")
    state = fleet.run(fleet.resumed())["b1"]
    assert (state.phase, state.code, state.text) == ("done", 0, "")
    assert sessions_begun(fleet["b1"].home) == 1
