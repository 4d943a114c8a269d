"""The load pauses for the idle machine: in the supervisor, with engines that the test speaks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from test_trials import Trialled, started

from ovtui.host.idle_pause import IDLE_S
from ovtui.records.engine_protocol import Halt, TakeOver
from ovtui.records.events import (
    EngineExited,
    IdleMeasured,
    LoadEnded,
    LoadPaused,
    PowerSource,
    PowerSources,
    Refused,
    TrialBegan,
)
from ovtui.records.machine_readings import MachineReading
from ovtui.records.ring.ring_memory import HEAD, SUBMITTED
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

S = 1_000_000_000
CLOSED = PowerSource(name="cpu_watts", path="/sys/p/energy_uj", readable=False, reason="this user may not read it",
                     command="sudo chmod a+r /sys/p/energy_uj")  # fmt: skip


def served(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Trialled]:
    for host in started(monkeypatch, settings):
        host.a.ring.header[HEAD] = 5  # written
        host.now_ns = 10 * S
        yield host


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trialled]:
    yield from served(monkeypatch, Settings())


def ask(host: Trialled) -> None:
    host.supervisor.trials.measure_idle()


def read(host: Trialled, **watts: Any) -> None:
    """A reading now, and a second passes."""
    host.supervisor.trials.idle.add(MachineReading(t_ns=host.now_ns, **watts))
    host.advance(1.0)


def idle_of(host: Trialled) -> IdleMeasured:
    (*_, last) = host.of(IdleMeasured)
    assert isinstance(last, IdleMeasured)
    return last


def test_the_load_pauses_and_goes_on_with_a_segment_of_its_own(host: Trialled) -> None:
    ask(host)
    host.drains(host.a, 100)
    (paused,) = host.of(LoadPaused)
    assert isinstance(paused, LoadPaused)
    assert (paused.t_ns, paused.until_ns) == (10 * S, int((10 + IDLE_S) * S))
    for watts in (30.0, 4.0, 5.0, 6.0, 5.0):
        assert host.a.commands() == []
        read(host, cpu_watts=watts, dram_watts=None)
    idle = idle_of(host)
    # The first reading is of the time before the pause.
    assert (idle.watts, idle.reason, idle.loaded, idle.since_ns, idle.t_ns) == (
        {"cpu_watts": 5.0}, "asked", True, 10 * S, 15 * S,
    )  # fmt: skip
    (go,) = host.a.commands()
    assert isinstance(go, TakeOver)
    assert (go.segment, go.first_seq, go.due_from_ns) == (2, 100, None)
    assert go.changes == ["the load goes on after a pause"]


def test_a_load_with_a_duration_lasts_that_much_longer(host: Trialled) -> None:
    progress = host.supervisor._progress
    ask(host)
    host.advance(1.5)
    host.drains(host.a, 100)
    progress.until_ns = 60 * S
    host.advance(IDLE_S)
    assert progress.until_ns == int((60 + 1.5 + IDLE_S) * S)


def test_nothing_is_asked_of_a_machine_that_tells_nothing(host: Trialled) -> None:
    host.supervisor.trials.idle.sources = PowerSources(t_ns=1, sources=[CLOSED])
    ask(host)
    assert host.a.commands() == []
    assert idle_of(host).watts == {}
    assert idle_of(host).text == "no watts can be read; to open the counters: sudo chmod a+r /sys/p/energy_uj"
    host.supervisor.trials.idle.sources = PowerSources(t_ns=1, sources=[])
    ask(host)
    assert "neither RAPL" in idle_of(host).text


def test_never_before_a_first_inference(host: Trialled) -> None:
    host.a.ring.header[HEAD] = 0
    ask(host)
    assert host.a.commands() == []
    assert "first inference" in idle_of(host).text


@pytest.mark.parametrize(
    ("arrival", "pauses"), [("constant", True), ("poisson", True), ("ramp:100:10", False), ("steps:10,20:10", False)]
)
def test_a_schedule_that_changes_with_time_does_not_pause(
    monkeypatch: pytest.MonkeyPatch, arrival: str, pauses: bool
) -> None:
    for host in served(monkeypatch, Settings(rate=50.0, arrival=arrival)):
        ask(host)
        assert [type(command) for command in host.a.commands()] == ([Halt] if pauses else [])
        assert bool(host.of(IdleMeasured)) is not pauses


def test_a_machine_whose_accelerator_compiles_is_not_idle(host: Trialled) -> None:
    host.a.process.devices = ["(CPU)"]
    ask(host)
    assert host.a.commands() == []
    assert "compiles still" in idle_of(host).text
    host.supervisor.trials.idle.after_load = True
    host.receive(host.a, LoadEnded(t_ns=host.now_ns, engine=1, reason="duration", submitted=9))
    assert host.a.process.exit_expected
    assert idle_of(host).reason == "load ended"


def test_a_second_request_is_told_that_one_runs(host: Trialled) -> None:
    ask(host)
    ask(host)
    assert "already" in idle_of(host).text
    assert [type(command) for command in host.a.commands()] == [Halt]


def test_a_change_in_the_pause_ends_it_and_is_applied(host: Trialled) -> None:
    ask(host)
    host.drains(host.a, 100)
    read(host, cpu_watts=5.0)
    host.supervisor.apply(with_changes(host.supervisor.settings, {"nireq": 2}))
    commands = host.a.commands()
    assert [type(command).__name__ for command in commands] == ["TakeOver", "ApplyLive"]
    assert idle_of(host).t_ns == host.now_ns


def test_a_change_while_the_engine_drains_waits_for_it(host: Trialled) -> None:
    ask(host)
    host.supervisor.apply(with_changes(host.supervisor.settings, {"nireq": 2}))
    host.drains(host.a, 100)
    assert [type(command).__name__ for command in host.a.commands()] == ["TakeOver", "ApplyLive"]


def test_a_stop_in_the_pause_ends_the_load_where_it_paused(host: Trialled) -> None:
    ask(host)
    host.drains(host.a, 100)
    host.advance(2.0)
    host.supervisor.stop()
    (ended,) = host.of(LoadEnded)
    assert isinstance(ended, LoadEnded)
    assert (ended.reason, ended.submitted, ended.unsent) == ("stopped", 100, 0)
    assert host.a.commands() == []
    host.kill(host.a)
    assert host.finishes == 1


def test_an_engine_that_dies_in_the_pause_ends_it(host: Trialled) -> None:
    ask(host)
    host.drains(host.a, 100)
    host.kill(host.a)
    assert host.of(EngineExited)
    assert host.finishes == 1
    host.advance(IDLE_S + 1)
    assert not host.supervisor.trials.running


def test_a_load_that_ends_before_the_engine_halts_needs_no_pause(host: Trialled) -> None:
    ask(host)
    host.receive(host.a, LoadEnded(t_ns=host.now_ns, engine=1, reason="duration", submitted=9))
    assert not host.of(LoadPaused)
    assert host.a.process.exit_expected


def test_after_the_load_the_engine_stays_for_it(host: Trialled) -> None:
    host.supervisor.trials.idle.after_load = True
    host.receive(host.a, LoadEnded(t_ns=host.now_ns, engine=1, reason="duration", submitted=9))
    assert not host.a.process.exit_expected
    for _ in range(5):
        read(host, gpu_watts=7.0)
    assert (idle_of(host).watts, idle_of(host).reason, idle_of(host).loaded) == ({"gpu_watts": 7.0}, "load ended", True)
    assert host.a.process.exit_expected
    assert host.a.commands() == []
    host.kill(host.a)
    assert host.finishes == 1


def test_after_the_load_nothing_waits_where_nothing_can_be_read(host: Trialled) -> None:
    host.supervisor.trials.idle.after_load = True
    host.supervisor.trials.idle.sources = PowerSources(t_ns=1, sources=[CLOSED])
    host.receive(host.a, LoadEnded(t_ns=host.now_ns, engine=1, reason="duration", submitted=9))
    assert host.a.process.exit_expected
    assert "sudo chmod" in idle_of(host).text


def test_a_measurement_ends_once_it_is_known_that_nothing_can_be_read(host: Trialled) -> None:
    host.supervisor.trials.idle.after_load = True
    host.receive(host.a, LoadEnded(t_ns=host.now_ns, engine=1, reason="duration", submitted=9))
    assert not host.a.process.exit_expected
    host.supervisor.trials.idle.know(PowerSources(t_ns=1, sources=[]))
    assert host.a.process.exit_expected
    assert "neither RAPL" in idle_of(host).text


def test_a_stop_while_the_engine_stays_ends_that(host: Trialled) -> None:
    host.supervisor.trials.idle.after_load = True
    host.receive(host.a, LoadEnded(t_ns=host.now_ns, engine=1, reason="duration", submitted=9))
    host.supervisor.stop()
    assert host.a.process.exit_expected
    assert idle_of(host).text == "it was ended before a first reading"
    host.kill(host.a)
    assert host.finishes == 1


def test_a_load_that_is_stopped_says_that_the_idle_machine_was_not_measured(host: Trialled) -> None:
    host.supervisor.trials.idle.after_load = True
    host.supervisor.stop()
    assert idle_of(host).text == "the load was stopped before its end"
    assert not host.supervisor.trials.idle.measuring
    host.supervisor.stop()
    assert len(host.of(IdleMeasured)) == 1


def test_without_an_engine_the_machine_is_measured_without_a_model(host: Trialled) -> None:
    host.receive(host.a, LoadEnded(t_ns=host.now_ns, engine=1, reason="duration", submitted=9))
    host.kill(host.a)
    ask(host)
    assert host.supervisor.trials.idle.measuring
    for _ in range(5):
        read(host, cpu_watts=3.0)
    assert (idle_of(host).watts, idle_of(host).reason, idle_of(host).loaded) == ({"cpu_watts": 3.0}, "paused", False)


def test_nothing_told_in_the_time_is_said(host: Trialled) -> None:
    ask(host)
    host.drains(host.a, 100)
    host.advance(IDLE_S)
    assert (idle_of(host).watts, idle_of(host).text) == ({}, "nothing told the watts in this time")


def test_no_trial_begins_in_a_pause_and_no_pause_in_a_trial(host: Trialled) -> None:
    ask(host)
    host.supervisor.trials.begin(with_changes(host.supervisor.settings, {"nireq": 3}), 30.0)
    assert not host.of(TrialBegan)
    assert "idle machine" in host.of(Refused)[-1].reason  # type: ignore[attr-defined]
    host.drains(host.a, 100)
    host.advance(IDLE_S)
    host.serves(host.a)
    host.supervisor.trials.begin(with_changes(host.supervisor.settings, {"nireq": 3}), 30.0)
    assert host.of(TrialBegan)
    ask(host)
    assert "trial" in idle_of(host).text
    assert host.a.ring.header[SUBMITTED] == 100
