"""View 5: the machine beside the model, as a table."""

from __future__ import annotations

import dataclasses
from unittest.mock import patch

import msgspec
import numpy as np
import pytest
from fake_source import FakeSource
from hypothesis import given, settings
from hypothesis import strategies as st
from machine_samples import BusyMachine, shared, throttled
from rich.cells import cell_len
from samples import started
from stage import Stage, on_stage

from ovtui.dashboard.devices import machine_panel
from ovtui.dashboard.devices.event_list import EventList
from ovtui.dashboard.devices.machine_panel import MachinePanel, bars_text
from ovtui.dashboard.devices.phase_table import PhaseTable
from ovtui.dashboard.devices.startup_panel import StartupPanel
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.metrics.digest import Digest
from ovtui.records.events import IdleMeasured, PowerSource, PowerSources, SessionBegan
from ovtui.records.machine_readings import READING_NAMES, MachineReading
from ovtui.records.record import empty_records
from ovtui.records.source import Update

NAN = float("nan")


def row(stage: Stage, name: str) -> list[str]:
    """Its cells without the drawn minute."""
    line = next(line for line in stage.text(MachinePanel).splitlines() if line.strip().startswith(name))
    return [word for word in line.split() if not set(word) <= set("▁▂▃▄▅▆▇█")]


@pytest.mark.parametrize("size", [(80, 40), (120, 40), (200, 60)])
def test_devices_and_processes_have_a_row_each(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(10)
        await stage.press("5")
        assert row(stage, "CPU") == ["CPU", "15", "1.2", "3,100", "58", "7.38", "GB", "no", "14.2"]
        assert row(stage, "GPU")[:6] == ["GPU", "91", "2,050", "64", "812", "MB"]
        assert row(stage, "engine") == ["engine", "0.52", "1.24", "GB"]
        assert row(stage, "others") == ["others", "0.31"]
        assert row(stage, "host") == ["host", "0.03", "45.1", "MB"]
        assert "9.80 GB left of 17.18 GB" in stage.text(MachinePanel)
        assert "none: 8 cores" in stage.text(MachinePanel)
        assert "CPU packages" in stage.text(MachinePanel)
        assert "per inference" in stage.text(MachinePanel)
        for line in stage.text(MachinePanel).splitlines():
            assert len(line) <= size[0]

    on_stage(act, BusyMachine(), size=size)


def test_the_last_minute_falls_and_rises_at_the_handover() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(59)
        await stage.press("5")
        cpu, gpu = (
            next(line for line in stage.text(MachinePanel).splitlines() if line.startswith(f" {name}"))
            for name in ("CPU", "GPU")
        )
        last_high, first_high = cpu.rindex("█"), gpu.index("█")
        assert abs(last_high - first_high) <= 2

    on_stage(act, BusyMachine(handover_s=30.0))


def test_what_the_machine_does_not_offer_is_no_zero() -> None:
    class Bare(FakeSource):
        def poll(self) -> Update:
            update = super().poll()
            readings = (
                [] if self.now_ns < 2_000_000_000 else [MachineReading(t_ns=2_000_000_000, throttled_percent=3.0)]
            )
            return Update(update.now_ns, update.records, update.events, update.submitted, 0, readings=readings)

    async def act(stage: Stage) -> None:
        await stage.advance(1)
        await stage.press("5", "M")
        assert row(stage, "CPU") == ["CPU", "–", "–", "–", "–", "–", "–", "–"]
        await stage.advance(2)
        # A reading has come, without them: they are never told here.
        assert row(stage, "CPU") == ["CPU", *["n/a"] * 7]
        assert row(stage, "engine") == ["engine", "n/a", "n/a"]
        assert "throttled in 3 % of its periods" in stage.text(MachinePanel)
        assert "n/a: nothing on this machine tells its watts" in stage.text(MachinePanel)
        assert " 0 " not in stage.text(MachinePanel)

    on_stage(act, Bare(), size=(80, 24))


def test_throttling_is_said_with_its_reason_while_it_lasts() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(10)
        await stage.press("5")
        assert "PL1" not in stage.text(MachinePanel)
        began, ended = throttled(10, 14)
        stage.source.tell(began, shared(10, 20)[0])
        await stage.advance(1)
        assert "PL1" in row(stage, "CPU")
        assert "another process (chrome, 4711) takes 38 % of the cores" in stage.text(MachinePanel)
        stage.source.tell(ended)
        await stage.advance(4)
        assert "PL1" not in stage.text(MachinePanel)

    on_stage(act, BusyMachine(), size=(120, 40))


def test_a_counter_that_cannot_be_read_is_told_with_the_line_that_makes_it_readable() -> None:
    async def act(stage: Stage) -> None:
        closed = PowerSource(name="dram_watts", path="/sys/x", readable=False, reason="only root may read it",
                             command="sudo chmod a+r /sys/x")  # fmt: skip
        stage.source.tell(
            PowerSources(t_ns=0, sources=[closed]),
            IdleMeasured(t_ns=5, since_ns=0, watts={"cpu_watts": 3.1}, reason="asked"),
        )
        await stage.advance(10)
        await stage.press("5", "M")
        lines = [line.strip() for line in stage.text(MachinePanel).splitlines()]
        assert "DRAM: only root may read it" in lines
        assert "sudo chmod a+r /sys/x" in lines
        assert len([line for line in lines if line.startswith("power ")]) == 1
        assert "CPU packages 3.1 W" in stage.text(MachinePanel)

    on_stage(act, BusyMachine(), size=(120, 40))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_rest_of_the_view_keeps_its_place(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(20)
        await stage.press("5")
        screen = stage.app.screen
        assert screen.query_one(StartupPanel).size.height == 6
        heads = 1 if size[1] < 30 else 2
        assert screen.query_one(PhaseTable).size.height == 6 + heads
        assert screen.query_one(EventList).size.height >= 4
        assert screen.query_one(MachinePanel).size.height >= 3
        assert "GPU" in stage.text(MachinePanel)
        await stage.press("M")
        assert not screen.query_one(StartupPanel).display
        assert "per inference" in stage.text(MachinePanel)
        assert screen.query_one(EventList).size.height >= 4
        await stage.press("M")
        assert screen.query_one(StartupPanel).display
        assert screen.query_one(PhaseTable).size.height == 6 + heads

    on_stage(act, BusyMachine(), size=size)


def test_bars_are_characters_of_the_set() -> None:
    assert bars_text(np.array([0.0, 0.5, 1.0, 2.0, NAN, -1.0]), "▁▂▃▄▅▆▇█") == "▁▅██ ▁"

    async def act(stage: Stage) -> None:
        await stage.advance(10)
        await stage.press("5", "g", "g")
        assert stage.text(MachinePanel).isascii()
        assert "#" in stage.text(MachinePanel)

    on_stage(act, BusyMachine())


def test_the_cores_are_those_of_the_machine_where_the_session_may_run_on_some_only() -> None:
    class Pinned(BusyMachine):
        def poll(self) -> Update:
            update = super().poll()
            events = [
                msgspec.structs.replace(
                    event, machine=msgspec.structs.replace(event.machine, cores=2, machine_cores=16)
                )
                if isinstance(event, SessionBegan)
                else event
                for event in update.events
            ]
            return dataclasses.replace(update, events=events)

    async def act(stage: Stage) -> None:
        await stage.advance(10)
        await stage.press("5")
        assert "cores/16" in stage.text(MachinePanel)
        assert row(stage, "CPU")[1:3] == ["15", "2.4"]
        assert "none: 2 cores" in stage.text(MachinePanel)

    on_stage(act, Pinned())


def test_quota_and_limit_of_the_cgroup_are_told() -> None:
    class Held(BusyMachine):
        def readings(self, now_ns: int) -> list[MachineReading]:
            held = {"throttled_percent": 12.0, "cgroup_memory_bytes": 1.3e9}
            return [msgspec.structs.replace(reading, **held) for reading in super().readings(now_ns)]

        def poll(self) -> Update:
            update = super().poll()
            about = {"quota_cores": 1.5, "memory_limit_bytes": 4_000_000_000}
            events = [
                msgspec.structs.replace(event, machine=msgspec.structs.replace(event.machine, **about))
                if isinstance(event, SessionBegan)
                else event
                for event in update.events
            ]
            return dataclasses.replace(update, events=events)

    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("5")
        assert "1.5 of 8 cores, throttled in 12 % of its periods" in stage.text(MachinePanel)
        assert "9.80 GB left of 17.18 GB   cgroup uses 1.30 GB of 4.00 GB" in stage.text(MachinePanel)

    on_stage(act, Held())


VALUE = st.none() | st.floats(0, 1e12) | st.sampled_from([0.0, 1e-9, 99.95, 100.0])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(READING_NAMES, VALUE)), min_size=1, max_size=4),
       st.integers(40, 260), st.sampled_from(["braille", "ascii", "console"]))  # fmt: skip
def test_any_readings_at_any_width(values: list[dict[str, float | None]], width: int, glyph_set: str) -> None:
    digest = Digest()
    readings = [MachineReading(t_ns=(at + 1) * 1_000_000_000, **named) for at, named in enumerate(values)]
    now_ns = readings[-1].t_ns
    digest.feed(Update(now_ns, empty_records(), started(), 0, 0, readings=readings))
    panel = MachinePanel()
    panel._glyphs = glyph_set
    panel._digest, panel._now_ns = digest, now_ns
    with patch.object(machine_panel, "keys_of", lambda _: KeyBindings({})):
        lines = panel.draw(width).plain.splitlines()
    assert lines[0].startswith(" MACHINE")
    assert all(cell_len(line) <= width for line in lines)
