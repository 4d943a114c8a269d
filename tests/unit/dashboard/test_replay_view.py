"""The dashboard over a recording, on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from samples import SECOND, device_changed, records, started
from stage import keys_handled

from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.keys.commands import Scope, in_scope
from ovtui.dashboard.replay_controls import ReplayControls
from ovtui.dashboard.requests.request_table import RequestTable
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.records.events import LoadEnded
from ovtui.records.record import Flag
from ovtui.records.session_file.replay import Replay
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter


class Stage:
    def __init__(self, app: Dashboard, clock: list[int]) -> None:
        self.app = app
        self._clock = clock

    async def advance(self, seconds: float) -> None:
        for _ in range(round(seconds * 4)):
            self._clock[0] += SECOND // 4
            self.app.poll()

    def text(self, panel: type[Panel]) -> str:
        return self.app.overview.query_one(panel).render().plain

    @property
    def completed(self) -> int:
        return self.app.digest.snapshot().completed


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Callable[[Stage, Callable[..., Awaitable[None]]], Awaitable[None]]], None]:
    """A recording of a request each 2 ms from 1 s to 31 s, with a handover at 20 s and a timed-out request at 25 s."""
    path = str(tmp_path / "s.ovtui")
    rows = records(1000 + np.arange(15_000) * 2, service_ms=3.0, device=0x20)
    rows["flags"][12_000] = Flag.TIMED_OUT
    writer = SessionWriter(path, {}, 1 << 30)
    ended = LoadEnded(t_ns=31 * SECOND, engine=1, reason="duration", submitted=15_000)
    writer.write(started(), [], RecordingProgress(0, 0, 0, 0))
    for first in range(0, 15_000, 500):
        part = rows[first : first + 500]
        handover = [device_changed(["(CPU)"], ["GPU.0"], 20.0)] if first == 9500 else []
        writer.write(
            handover, [np.ascontiguousarray(part).tobytes()], RecordingProgress(int(part["done_ns"][-1]), 0, first, 0)
        )
    writer.write([ended], [], RecordingProgress(31 * SECOND, 0, 15_000, 0))
    writer.close()
    clock = [0]

    def run(act: Callable[[Stage, Callable[..., Awaitable[None]]], Awaitable[None]]) -> None:
        app = Dashboard(Replay(path, now_ns=lambda: clock[0]), refresh_hz=0.001)

        async def live() -> None:
            async with app.run_test(size=(120, 40)) as pilot:

                async def press(*keys: str) -> None:
                    await pilot.press(*keys)
                    await keys_handled(app)
                    await pilot.pause()

                await act(Stage(app, clock), press)

        asyncio.run(live())

    return run


Play = Callable[[Callable[[Stage, Callable[..., Awaitable[None]]], Awaitable[None]]], None]


def test_a_replay_is_marked_in_the_header(play: Play) -> None:
    async def act(stage: Stage, press: Callable[..., Awaitable[None]]) -> None:
        await stage.advance(3)
        assert "REPLAY 1x" in stage.text(Header)
        assert stage.completed == 1001
        assert "pause" in stage.text(Footer)

    play(act)


def test_every_view_of_a_paused_replay_is_marked(play: Play) -> None:
    """A view that is opened then has to draw a frame by itself."""

    async def act(stage: Stage, press: Callable[..., Awaitable[None]]) -> None:
        await stage.advance(3)
        await press("P")
        await stage.advance(1)
        for digit in "234561":
            await press(digit)
            header = stage.app.screen.query_one(Header)
            assert "REPLAY paused 00:03/00:31" in header.render().plain, digit

    play(act)


def test_pause_speed_and_steps(play: Play) -> None:
    async def act(stage: Stage, press: Callable[..., Awaitable[None]]) -> None:
        await stage.advance(3)
        await press("P")
        await stage.advance(5)
        assert stage.completed == 1001
        assert "REPLAY paused" in stage.text(Header)
        await press("full_stop")
        assert stage.completed == 1051
        await press("comma", "comma")
        assert stage.completed == 951
        await press("P", "right_square_bracket")
        await stage.advance(1)
        assert stage.completed == 951 + 1000
        assert "REPLAY 2x" in stage.text(Header)

    play(act)


def test_seeking_and_jumping(play: Play) -> None:
    async def act(stage: Stage, press: Callable[..., Awaitable[None]]) -> None:
        await stage.advance(2)
        await press("P", "greater_than_sign")
        assert stage.completed == 5501
        await press("less_than_sign")
        assert stage.completed == 501
        await press("N")
        assert stage.app.digest.session_state.marks == []
        await press("P")
        await stage.advance(1)
        assert [mark.text for mark in stage.app.digest.session_state.marks] == ["GPU.0"]
        await press("T")
        await press("P")
        assert 11_700 < stage.completed < 12_000
        await press("E")
        assert "no error comes" in stage.text(EventLine)

    play(act)


def test_a_long_way_is_read_in_pieces_and_the_screen_tells_it(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ovtui.records.session_file.replay.CHUNK_ROWS", 1000)
    monkeypatch.setattr("ovtui.records.session_file.replay.MOST_ROWS", 1000)

    async def act(stage: Stage, press: Callable[..., Awaitable[None]]) -> None:
        pieces = 0
        monkeypatch.setattr(stage.app, "set_timer", lambda *_: None)  # pieces come when the test asks
        stage.app.replay_controls.perform("on")  # type: ignore[union-attr]
        while True:
            stage.app.poll()
            await asyncio.sleep(0)
            if stage.app.digest.snapshot().read_share is None:
                break
            pieces += 1
            header = stage.text(Header)
            assert f"00:0{2 * pieces}/00:31 reading {round(pieces * 100 / 4.5)} %" in header
            assert stage.completed == pieces * 1000
        assert pieces == 4
        assert "reading" not in stage.text(Header)
        assert "00:10/00:31" in stage.text(Header)

    play(act)


def test_between_frames_reading_goes_on(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ovtui.records.session_file.replay.CHUNK_ROWS", 1000)
    monkeypatch.setattr("ovtui.records.session_file.replay.MOST_ROWS", 1000)

    async def act(stage: Stage, press: Callable[..., Awaitable[None]]) -> None:
        stage.app.replay_controls.perform("on")  # type: ignore[union-attr]
        stage.app.poll()
        while stage.app.digest.snapshot().read_share is not None:
            await asyncio.sleep(0.001)
        assert stage.completed == 4501

    play(act)


def test_views_stay_complete_after_a_jump_back(play: Play) -> None:
    async def act(stage: Stage, press: Callable[..., Awaitable[None]]) -> None:
        await stage.advance(25)
        await press("space", "j", "j", "3", "1")
        await press("less_than_sign", "less_than_sign")
        await stage.advance(2)
        await press("space", "home")
        await stage.advance(1)
        assert stage.completed < 5000
        assert stage.app.overview.query_one(RequestTable).display
        await press("3")
        await stage.advance(2)

    play(act)


def test_after_the_end_pause_plays_again(play: Play) -> None:
    async def act(stage: Stage, press: Callable[..., Awaitable[None]]) -> None:
        await stage.advance(40)
        assert stage.app.digest.snapshot().finished
        assert stage.completed == 15_000
        await press("P")
        await stage.advance(2)
        assert stage.completed == 501

    play(act)


def test_every_replay_key_acts_and_hides_no_other_key() -> None:
    for command in in_scope(Scope.REPLAY):
        replay = Mock(speed=1.0, paused=False, position_ns=0, end_ns=1, reading=False)
        ReplayControls(replay).perform(command.action.removeprefix("replay('").removesuffix("')"))
        assert len(replay.method_calls) == 1, command.id
    keys = {key for command in in_scope(Scope.REPLAY) for key in command.keys}
    others = in_scope(Scope.ANYWHERE, Scope.VIEWS, Scope.OVERVIEW, Scope.BATCHES)
    assert not keys & {key for command in others for key in command.keys}
