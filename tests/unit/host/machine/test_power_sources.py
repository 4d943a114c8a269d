"""What power can be read from, and the line that opens what is closed."""

from __future__ import annotations

from pathlib import Path

from harness.fake_machine import FakeMachine, laptop

from ovtui.host.machine.machine_reader import MachineReader, SessionProcesses
from ovtui.host.machine.machine_watch import MachineWatch
from ovtui.host.machine.power_sources import power_sources
from ovtui.metrics.energy.unreadable import readable_command, unreadable_texts
from ovtui.records.events import PowerSources
from ovtui.records.machine_readings import MachineReading

CPU = "/sys/class/powercap/intel-rapl:0/energy_uj"
DRAM = "/sys/class/powercap/intel-rapl:0:1/energy_uj"


def sources_of(box: FakeMachine) -> PowerSources:
    return power_sources(MachineReader(root=box.root), 7)


def test_all_of_a_notebook(tmp_path: Path) -> None:
    found = sources_of(laptop(tmp_path / "machine")).sources
    names = {source.name for source in found}
    assert names == {"cpu_watts", "dram_watts", "system_watts", "gpu_watts", "gpu_card_watts", "battery_watts"}
    assert all(source.readable and not source.command for source in found)
    assert CPU in {source.path for source in found}


def test_what_may_not_be_read_has_the_line_that_opens_it(tmp_path: Path) -> None:
    box = laptop(tmp_path / "machine")
    box.refuse(CPU[1:])
    box.refuse(DRAM[1:])
    closed = [source for source in sources_of(box).sources if not source.readable]
    assert [source.command for source in closed] == [f"sudo chmod a+r {CPU}", f"sudo chmod a+r {DRAM}"]
    assert all("may not read it" in source.reason and "udev" in source.lasting for source in closed)
    assert readable_command(closed) == f"sudo chmod a+r {CPU} {DRAM}"
    assert unreadable_texts(closed) == [
        "CPU packages, DRAM: this user may not read it (Permission denied); to make it readable: "
        f"sudo chmod a+r {CPU} {DRAM}"
    ]


def test_a_machine_without_counters_has_no_source(tmp_path: Path) -> None:
    box = FakeMachine(tmp_path / "machine")
    assert sources_of(box).sources == []
    assert unreadable_texts([]) == []


def test_a_counter_that_somebody_opens_is_told_again(tmp_path: Path) -> None:
    box = laptop(tmp_path / "machine")
    counter = box.refuse(CPU[1:])
    reader = MachineReader(root=box.root)
    watch, session = MachineWatch(reader), SessionProcesses()

    def told_at(second: float) -> list[list[str]]:
        reading = reader.read(round(second * 1e9), session)
        events = watch.look(reading, session)
        return [
            [source.path for source in event.sources if not source.readable]
            for event in events
            if isinstance(event, PowerSources)
        ]

    assert told_at(1) == [[CPU]]
    assert told_at(4) == []
    counter.chmod(0o644)
    assert told_at(5) == [[]]
    counter.chmod(0)
    assert told_at(6) == []
    assert told_at(7) == [[CPU]]
    assert told_at(60) == []


def test_the_sources_are_told_once(tmp_path: Path) -> None:
    reader = MachineReader(root=laptop(tmp_path / "machine").root)
    watch, session = MachineWatch(reader), SessionProcesses()
    looks = [watch.look(MachineReading(t_ns=at), session) for at in (1, 2)]
    assert [[type(event) for event in events] for events in looks] == [[PowerSources], []]
