"""The host's thread that reads the machine."""

from __future__ import annotations

import os
from queue import Empty, Queue

import pytest

from ovtui.host.machine import sampler
from ovtui.host.machine.sampler import MachineSampler
from ovtui.host.machine.sensors import Sensors
from ovtui.records.events import Note
from ovtui.records.machine_readings import MachineReading

LONG_S = 60.0


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Queue[MachineReading | Note]:
    monkeypatch.setattr(sampler, "SAMPLE_PERIOD_S", 0.0)
    return Queue(maxsize=2)


def started(published: Queue[MachineReading | Note]) -> MachineSampler:
    return MachineSampler("", lambda: 7, lambda: [os.getpid()], published.put, published.put)


def test_it_reads_until_it_is_closed(published: Queue[MachineReading | Note]) -> None:
    reader = started(published)
    first, second = published.get(timeout=LONG_S), published.get(timeout=LONG_S)
    reader.close()
    assert isinstance(first, MachineReading)
    assert isinstance(second, MachineReading)
    assert first.t_ns == 7
    assert first.engine_rss_bytes
    assert first.engine_cores is None  # no earlier reading to compare with
    assert second.engine_cores is not None


def test_a_sensor_that_fails_ends_the_readings_with_one_note(
    published: Queue[MachineReading | Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Sensors) -> float:
        raise RuntimeError("the driver went away")

    monkeypatch.setattr(Sensors, "gpu_mhz", broken)
    reader = started(published)
    note = published.get(timeout=LONG_S)
    reader._thread.join(LONG_S)
    assert isinstance(note, Note)
    assert (note.t_ns, note.severity) == (7, "warning")
    assert note.text == "no more readings of the machine: RuntimeError: the driver went away"
    with pytest.raises(Empty):
        published.get_nowait()
