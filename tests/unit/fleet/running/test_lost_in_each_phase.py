"""What happens to a box in the middle of a run: its line breaks in each phase, and again and again; its clock is wrong;
its session is ended by somebody there; the disk here is full while its recording comes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fleet.running.local_fleet import LocalFleet
from harness.fake_ovtui import running, sessions_begun
from harness.local_line import LocalLine

from ovtui.fleet.box import BoxError, FaultKind
from ovtui.fleet.running import patience, sure_steps
from ovtui.records.fleet import BoxState

Make = Callable[..., LocalFleet]


@pytest.fixture
def fleet_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    for module in (patience, sure_steps):
        monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    with contextlib.ExitStack() as made:
        yield lambda *names, length_s=0.0: made.enter_context(
            LocalFleet(tmp_path, names, monkeypatch, length_s=length_s)
        )


def _measured_once(fleet: LocalFleet, state: BoxState) -> None:
    assert (state.phase, state.code, state.silent_s) == ("done", 0, None), state.text
    assert sessions_begun(fleet["b1"].home) == 1
    assert running(fleet["b1"].home) == []
    assert fleet.left_there("b1") == []
    assert Path(state.recording).stat().st_size == 1000


@pytest.mark.parametrize("kind", ["silent", "unreachable"])
@pytest.mark.parametrize("phase", ["looking", "starting", "running", "ending", "fetching"])
def test_a_box_that_is_away_for_a_while_in_any_phase_is_measured_once(
    fleet_of: Make, phase: str, kind: FaultKind
) -> None:
    fleet = fleet_of("b1", length_s=None if phase == "running" else 0.0)
    box, away = fleet["b1"], [0]

    def changed(state: BoxState) -> None:
        if state.phase == phase and not away[0]:
            away[0] = 1
            box.down = BoxError(kind, "it is away")
            box.cut()
        elif away[0] == 1 and state.reconnects >= 2:
            away[0] = 2
            box.down = None
            (box.home / ".fake").mkdir(exist_ok=True)
            (box.home / ".fake" / "end").touch()

    state = fleet.run(fleet.new(changed))["b1"]
    assert away == [2]
    _measured_once(fleet, state)


def test_a_line_that_breaks_20_times_is_one_run(fleet_of: Make) -> None:
    fleet = fleet_of("b1", length_s=None)
    box = fleet["b1"]
    cuts: list[int] = []

    def changed(state: BoxState) -> None:
        if state.now is None or state.text or len(cuts) > state.reconnects:  # nothing new of the session
            return
        if len(cuts) == 20:
            (box.home / ".fake" / "end").touch()
            return
        cuts.append(1)
        box.cut()

    state = fleet.run(fleet.new(changed))["b1"]
    assert state.reconnects == 20
    _measured_once(fleet, state)


def test_a_box_whose_clock_jumps_by_years_is_measured(fleet_of: Make) -> None:
    fleet = fleet_of("b1")
    date = fleet["b1"].bin / "date"
    date.write_text('#!/bin/sh\nexec /usr/bin/date -d "@$(($$ % 7 * 31536000))" "$@"\n')
    date.chmod(0o755)
    _measured_once(fleet, fleet.run(fleet.new())["b1"])


def test_a_session_that_somebody_ends_on_the_box_has_its_result(fleet_of: Make) -> None:
    fleet = fleet_of("b1", length_s=None)

    def changed(state: BoxState) -> None:
        if state.now is not None:
            for session in (fleet["b1"].home / ".fake").glob("s-*"):
                (session / "stopped").touch()

    _measured_once(fleet, fleet.run(fleet.new(changed))["b1"])


def test_a_disk_here_that_is_full_in_the_middle_of_a_recording_loses_nothing(
    fleet_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = fleet_of("b1")
    fetched = LocalLine.fetch

    async def fetch(line: LocalLine, remote: str, local: Path, **more: object) -> int:
        local.write_bytes(Path(remote).read_bytes()[:400])
        raise OSError(28, "No space left on device", str(local))

    monkeypatch.setattr(LocalLine, "fetch", fetch)
    state = fleet.run(fleet.new())["b1"]
    assert state.phase == "failed"
    assert "cannot be written here (No space left on device)" in state.text
    assert state.result is not None
    assert running(fleet["b1"].home) == []
    monkeypatch.setattr(LocalLine, "fetch", fetched)
    _measured_once(fleet, fleet.run(fleet.resumed())["b1"])
