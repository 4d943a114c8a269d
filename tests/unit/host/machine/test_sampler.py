"""The host's thread that reads the machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from queue import Empty, Queue

import pytest

from ovtui.host.machine import sampler
from ovtui.host.machine.gpu_sensors import GpuReading, GpuSensors
from ovtui.host.machine.machine_reader import SessionProcesses
from ovtui.host.machine.sampler import MachineSampler
from ovtui.records.events import Event, Note
from ovtui.records.machine_readings import MachineReading

LONG_S = 60.0


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Queue[MachineReading | Note]:
    monkeypatch.setattr(sampler, "SAMPLE_PERIOD_S", 0.0)
    return Queue(maxsize=2)


def started(published: Queue[MachineReading | Note]) -> MachineSampler:
    return MachineSampler("", lambda: 7, lambda: SessionProcesses([os.getpid()]), published.put, notes_of(published))


def notes_of(published: Queue[MachineReading | Note]) -> Callable[[Event], None]:
    """Puts the notes there; other events have tests of their own (test_power_sources.py)."""
    return lambda event: published.put(event) if isinstance(event, Note) else None


def test_it_reads_until_it_is_closed(published: Queue[MachineReading | Note]) -> None:
    reader = started(published)
    first, second = published.get(timeout=LONG_S), published.get(timeout=LONG_S)
    reader.close()
    assert isinstance(first, MachineReading)
    assert isinstance(second, MachineReading)
    assert first.t_ns == 7
    assert first.engine_rss_bytes
    assert second.engine_cores is not None


def test_a_sensor_that_fails_ends_the_readings_with_one_note(
    published: Queue[MachineReading | Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: GpuSensors, pdevs: object) -> GpuReading:
        raise RuntimeError("the driver went away")

    monkeypatch.setattr(GpuSensors, "read", broken)
    reader = started(published)
    note = published.get(timeout=LONG_S)
    reader._thread.join(LONG_S)
    assert isinstance(note, Note)
    assert (note.t_ns, note.severity) == (7, "warning")
    assert note.text == "no more readings of the machine: RuntimeError: the driver went away"
    with pytest.raises(Empty):
        published.get_nowait()


def test_readings_after_a_time_without_engines_begin_anew(published: Queue[MachineReading | Note]) -> None:
    """The first of them would be the mean over all that time."""
    asked: list[int] = []
    engines = ([os.getpid()], [], [], [os.getpid()], [os.getpid()])

    def session() -> SessionProcesses:
        asked.append(len(asked))
        return SessionProcesses(engines[min(asked[-1], 4)])

    reader = MachineSampler("", lambda: len(asked), session, published.put, notes_of(published))
    first, second = published.get(timeout=LONG_S), published.get(timeout=LONG_S)
    reader.close()
    assert isinstance(first, MachineReading)
    assert isinstance(second, MachineReading)
    assert (first.t_ns, second.t_ns) == (1, 5)
