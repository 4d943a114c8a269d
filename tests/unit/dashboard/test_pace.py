"""How often the dashboard draws, from the readings and the lateness that it is told."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from fake_source import FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.frame_timer import FrameTimer
from ovtui.dashboard.pace import Pace
from ovtui.dashboard.views.header import Header
from ovtui.records.machine_readings import MachineReading

S = 1_000_000_000
CHOSEN_HZ = 4.0


class _Session:
    """A pace and the seconds that pass."""

    def __init__(self, *, adapts: bool = True) -> None:
        self.pace = Pace(2, adapts=adapts)
        self.second = 0

    def read(self, *cpu_percent: float, engine_cores: float = 0.5, throttled_percent: float | None = None) -> None:
        """One reading a second."""
        for percent in cpu_percent:
            self.second += 1
            reading = MachineReading(
                t_ns=self.second * S, cpu_percent=percent, engine_cores=engine_cores,
                throttled_percent=throttled_percent,
            )  # fmt: skip
            self.pace.follow([reading], self.second * S, idle=False)

    @property
    def hz(self) -> float:
        return self.pace.hz(CHOSEN_HZ, float(self.second))


def test_saturated_cores_slow_it_down_and_free_ones_bring_it_back() -> None:
    session = _Session()
    session.read(40, 70)
    assert session.hz == 4
    assert session.pace.text(CHOSEN_HZ) == ""
    session.read(98)
    assert session.hz == 1
    assert session.pace.text(CHOSEN_HZ) == "1 Hz: cores are saturated"
    session.read(80, 97, 60)
    assert session.hz == 1
    session.read(60)
    assert session.hz == 4
    assert session.pace.text(CHOSEN_HZ) == ""


def test_a_short_lull_changes_nothing() -> None:
    session = _Session()
    session.read(100, 50, 100, 50, 85, 50)
    assert session.hz == 1


@pytest.mark.parametrize(
    "reading", [{"engine_cores": 1.9}, {"throttled_percent": 20.0}], ids=["own cores in use", "quota used up"]
)
def test_a_part_of_the_machine_can_be_saturated(reading: dict[str, float]) -> None:
    session = _Session()
    session.read(30, 30, **reading)
    assert session.hz == 1
    session.read(30, 30)
    assert session.hz == 4


def test_old_readings_say_nothing_about_the_present() -> None:
    session = _Session()
    session.read(100, 100)
    assert session.hz == 1
    session.pace.follow([], (session.second + 4) * S, idle=False)
    assert session.hz == 4


def test_ticks_that_come_late_slow_it_down_without_readings() -> None:
    pace = Pace(2)
    for late_s in (0.2, 0.2, 0.2, 0.001, 0.2, 0.2, 0.2):
        pace.ticked(late_s)
    assert pace.hz(CHOSEN_HZ, 0) == 4
    pace.ticked(0.2)
    assert pace.hz(CHOSEN_HZ, 0) == 1
    for _ in range(4):
        pace.ticked(0.001)
    assert pace.hz(CHOSEN_HZ, 0) == 4


def test_a_key_brings_the_chosen_pace_for_some_seconds() -> None:
    session = _Session()
    session.read(100, 100)
    now_s = float(session.second)
    session.pace.attend(now_s)
    assert session.pace.hz(CHOSEN_HZ, now_s) == 4
    assert session.pace.text(CHOSEN_HZ)
    assert session.pace.hz(CHOSEN_HZ, now_s + 3) == 1


def test_a_slow_choice_is_kept_and_called_nothing_else() -> None:
    session = _Session()
    session.read(100, 100)
    assert session.pace.hz(0.5, session.second) == 0.5
    assert session.pace.text(0.5) == session.pace.text(1.0) == ""
    assert not session.pace.slowed(1.0, session.second)


def test_a_replay_keeps_its_pace() -> None:
    session = _Session(adapts=False)
    session.read(100, 100, 100)
    for _ in range(9):
        session.pace.ticked(1.0)
    assert session.hz == 4
    assert session.pace.text(CHOSEN_HZ) == ""


def test_an_ended_session_is_polled_less_often_and_without_a_word() -> None:
    pace = Pace(2)
    pace.follow([], S, idle=True)
    assert pace.hz(CHOSEN_HZ, 1.0) == 1
    assert pace.text(CHOSEN_HZ) == ""
    pace.follow([], 2 * S, idle=False)
    assert pace.hz(CHOSEN_HZ, 2.0) == 4


def test_no_frame_is_drawn_while_the_application_closes() -> None:
    """Its timers go on for a moment after its widgets are gone."""
    app = SimpleNamespace(is_running=True, set_interval=lambda _, tick: ticks.append(tick))
    ticks: list[Callable[[], None]] = []
    frames: list[int] = []
    timer = FrameTimer(app, Pace(2), lambda: CHOSEN_HZ, lambda: frames.append(1))  # type: ignore[arg-type]
    timer.keep_pace()
    ticks[0]()
    app.is_running = False
    ticks[0]()
    assert frames == [1]


def test_the_header_says_why_frames_are_few() -> None:
    class Busy(FakeSource):
        busy = True

        def _read(self, now_ns: int) -> MachineReading:
            return MachineReading(t_ns=now_ns, cpu_percent=99.0 if self.busy else 20.0)

    source = Busy(handover_s=None)

    async def act(stage: Stage) -> None:
        await stage.advance(2)
        stage.app._refresh_hz = None
        await stage.advance(3)
        assert "1 Hz: cores are saturated" in stage.text(Header)
        assert stage.app._frames.hz == 1
        await stage.press("m")
        assert stage.app._frames.hz == 4
        source.busy = False
        await stage.advance(4)
        assert "saturated" not in stage.text(Header)

    on_stage(act, source, (160, 40))
