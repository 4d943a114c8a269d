"""A recording as a Source, on a clock that the test moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from samples import SECOND, device_changed, records, started

from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result, to_json
from ovtui.records.events import AcceleratorChanged, EngineExited, Event, LoadEnded
from ovtui.records.record import Flag, Records, join_records
from ovtui.records.session_file.replay import JUMP_LEAD_NS, POLL_BUDGET_S, SPEEDS, STEP_NS, Replay
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
from ovtui.settings.schema.settings import Settings

COUNT = 10_000
"""A request every ms, from 1 s to 11 s."""
TIMED_OUT_AT, ERROR_AT = 4000, 6000
HANDOVER_S = 3.0


class Clock:
    def __init__(self) -> None:
        self.ns = 5_000

    def __call__(self) -> int:
        return self.ns

    def pass_s(self, seconds: float) -> None:
        self.ns += int(seconds * SECOND)


def rows() -> Records:
    made = records(1000 + np.arange(COUNT), service_ms=2.0)
    made["flags"][TIMED_OUT_AT] = Flag.TIMED_OUT
    made["flags"][ERROR_AT] = Flag.ERROR
    return made


def events() -> list[Event]:
    return [
        *started(),
        device_changed(["(CPU)"], ["GPU.0"], HANDOVER_S),
        LoadEnded(t_ns=11 * SECOND, engine=1, reason="duration", submitted=COUNT),
    ]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recording(tmp_path: Path, clock: Clock) -> Replay:
    path = str(tmp_path / "s.ovtui")
    writer = SessionWriter(path, {}, 1 << 30)
    made = rows()
    for first in range(0, COUNT, 250):  # as the recorder does: four times a second
        part = made[first : first + 250]
        new_events = [event for event in events() if _in(event, first)]
        t_ns = int(part["done_ns"][-1])
        writer.write(new_events, [np.ascontiguousarray(part).tobytes()], RecordingProgress(t_ns, 0, first + 250, 0))
    writer.close()
    return Replay(path, now_ns=clock)


def _in(event: Event, first: int) -> bool:
    row = max(event.t_ns // 1_000_000 - 1000, 0)
    return first <= min(row, COUNT - 1) < first + 250


def test_it_plays_at_the_speed_of_the_session(recording: Replay, clock: Clock) -> None:
    digest = Digest()
    clock.pass_s(0.5)
    digest.feed(recording.poll())
    assert digest.snapshot().completed == 0
    assert digest.session_state.phase == "serving"
    clock.pass_s(1.5)
    digest.feed(recording.poll())
    assert digest.snapshot().completed == 1001
    assert digest.snapshot().now_ns == 2 * SECOND
    assert digest.snapshot().in_flight == 0
    assert not digest.snapshot().finished
    clock.pass_s(20)
    while not (update := recording.poll()).finished:
        digest.feed(update)
    digest.feed(update)
    assert digest.snapshot().completed == digest.snapshot().submitted == COUNT
    assert digest.session_state.phase == "ended"
    clock.pass_s(5)
    assert len(recording.poll().records) == 0


def test_every_record_comes_once_and_in_order(recording: Replay, clock: Clock) -> None:
    parts = []
    for _ in range(60):
        clock.pass_s(0.217)
        parts.append(recording.poll().records)
    assert np.array_equal(join_records(parts)["seq"], np.arange(COUNT))


def test_pause_holds_and_goes_on(recording: Replay, clock: Clock) -> None:
    clock.pass_s(2)
    recording.poll()
    recording.toggle()
    clock.pass_s(100)
    assert recording.poll().now_ns == 2 * SECOND
    recording.toggle()
    clock.pass_s(1)
    assert recording.poll().now_ns == 3 * SECOND


def test_speed_changes_from_where_it_is(recording: Replay, clock: Clock) -> None:
    clock.pass_s(2)
    recording.change_speed(2)
    assert recording.speed == 5.0
    clock.pass_s(1)
    assert recording.poll().now_ns == 7 * SECOND
    recording.change_speed(-100)
    assert recording.speed == SPEEDS[0]
    clock.pass_s(1)
    assert recording.poll().now_ns == pytest.approx(7.01 * SECOND)


def test_steps_go_both_ways(recording: Replay, clock: Clock) -> None:
    digest = Digest()
    clock.pass_s(2)
    digest.feed(recording.poll())
    recording.step()
    clock.pass_s(9)
    digest.feed(recording.poll())
    assert digest.snapshot().now_ns == 2 * SECOND + STEP_NS
    assert digest.snapshot().completed == 1101
    recording.step(-2)
    digest.feed(recording.poll())
    assert digest.snapshot().now_ns == 2 * SECOND - STEP_NS
    assert digest.snapshot().completed == 901


def test_going_back_leaves_no_trace_of_what_is_ahead(recording: Replay, clock: Clock) -> None:
    digest = Digest()
    recording.seek(recording.end_ns)
    digest.feed(recording.poll())
    recording.toggle()  # at the end: from the beginning again
    assert not recording.paused
    recording.seek(2 * SECOND)
    update = recording.poll()
    assert update.restarted
    digest.feed(update)
    assert digest.snapshot().completed == 1001
    assert digest.snapshot().errors == 0
    assert digest.session_state.phase == "serving"
    assert digest.session_state.marks == []
    assert not recording.poll().restarted


@pytest.mark.parametrize(
    ("target", "at_s"),
    [("handover", HANDOVER_S), ("timeout", 1 + TIMED_OUT_AT / 1000), ("error", 1 + ERROR_AT / 1000)],
)
@pytest.mark.parametrize("from_s", [0.0, 0.3])
def test_jumps_land_just_before_the_next_one(recording: Replay, target: str, at_s: float, from_s: float) -> None:
    """Also from a position closer to the target than JUMP_LEAD_NS."""
    recording.toggle()
    recording.seek(int((at_s - from_s) * SECOND) if from_s else 0)
    recording.poll()
    assert recording.jump(target)  # type: ignore[arg-type]
    shown_ns = recording.poll().now_ns
    assert at_s * SECOND - JUMP_LEAD_NS <= shown_ns + 1 <= at_s * SECOND
    assert not recording.jump(target)  # type: ignore[arg-type]
    recording.seek(0)
    recording.poll()
    assert recording.jump(target)  # type: ignore[arg-type]


def test_what_is_no_handover_and_no_error_is_passed_over(tmp_path: Path, clock: Clock) -> None:
    path = str(tmp_path / "s.ovtui")
    writer = SessionWriter(path, {}, 1 << 30)
    new_events = [
        *started(),
        AcceleratorChanged(t_ns=2 * SECOND, engine=1, device="GPU.0", state="compiling"),
        EngineExited(t_ns=5 * SECOND, engine=1, expected=True, code=-9, signal="SIGKILL"),
        EngineExited(t_ns=8 * SECOND, engine=2, expected=False, code=-9, signal="SIGKILL"),
    ]
    writer.write(new_events, [], RecordingProgress(9 * SECOND, 0, 0, 0))
    writer.close()
    recording = Replay(path, now_ns=clock)
    recording.toggle()
    assert not recording.jump("handover")
    assert recording.jump("error")
    assert recording.poll().now_ns == 8 * SECOND - JUMP_LEAD_NS


def test_a_jump_over_much_comes_in_pieces(recording: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ovtui.records.session_file.replay.POLL_BUDGET_S", -POLL_BUDGET_S)
    monkeypatch.setattr("ovtui.records.session_file.replay.CHUNK_ROWS", 1000)
    recording.stop()
    polls, digest = 0, Digest()
    while True:
        update = recording.poll()
        digest.feed(update)
        polls += 1
        assert update.now_ns == recording.end_ns or update.now_ns == int(update.records["done_ns"].max())
        if update.finished:
            break
    assert polls >= 10
    assert digest.snapshot().completed == COUNT


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A poll reads 1000 rows."""
    monkeypatch.setattr("ovtui.records.session_file.replay.CHUNK_ROWS", 1000)
    monkeypatch.setattr("ovtui.records.session_file.replay.MOST_ROWS", 1000)
    monkeypatch.setattr("ovtui.records.session_file.replay.POLL_BUDGET_S", 60.0)


@pytest.mark.usefixtures("in_pieces")
def test_reading_tells_how_far_it_has_come(recording: Replay) -> None:
    recording.stop()
    shares, digest = [], Digest()
    while not (update := recording.poll()).finished:
        digest.feed(update)
        shares.append(update.read_share)
        assert recording.reading
        assert digest.snapshot().read_share == update.read_share
        assert digest.snapshot().completed == len(shares) * 1000  # what is shown is true of what has been read
        assert recording.shown_ns == digest.snapshot().now_ns == int(update.records["done_ns"].max())
    assert shares == pytest.approx(np.arange(1, 10) / 10)
    digest.feed(update)
    assert update.read_share is None
    assert not recording.reading
    assert digest.snapshot().read_share is None


@pytest.mark.usefixtures("in_pieces")
def test_in_pieces_or_at_once_it_is_the_same(recording: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for rows in (1000, 2 * COUNT):
        monkeypatch.setattr("ovtui.records.session_file.replay.MOST_ROWS", rows)
        digest, polls = Digest(), 0
        recording.seek(0)
        recording.stop()
        while not (update := recording.poll()).finished:
            digest.feed(update)
            polls += 1
        digest.feed(update)
        assert polls == (9 if rows == 1000 else 0)
        results.append(to_json(build_result(digest)))
    assert results[0] == results[1]


@pytest.mark.usefixtures("in_pieces")
def test_pause_while_reading_stays_at_what_was_read(recording: Replay, clock: Clock) -> None:
    recording.stop()
    shown_ns = recording.poll().now_ns
    recording.toggle()
    clock.pass_s(5)
    update = recording.poll()
    assert recording.paused
    assert update.now_ns == shown_ns
    assert update.read_share is None
    assert not update.restarted
    assert len(update.records) == 0


@pytest.mark.usefixtures("in_pieces")
def test_playing_on_time_is_no_reading(recording: Replay, clock: Clock) -> None:
    for _ in range(20):
        clock.pass_s(0.5)
        assert recording.poll().read_share is None


def test_nothing_can_be_changed(recording: Replay) -> None:
    assert recording.replayed
    assert recording.read_only
    recording.apply(Settings(nireq=3))
    recording.stop()
    digest = Digest()
    digest.feed(recording.poll())
    assert digest.session_state.settings == Settings(device="AUTO:GPU,CPU")
