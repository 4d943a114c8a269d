"""The strip of the machine over a recording: its readings and events, at the replay's place."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
from machine_samples import machine_reading, shared, throttled
from samples import SECOND, device_changed, records, started
from stage import keys_handled

from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.devices.machine_panel import MachinePanel
from ovtui.dashboard.overview.machine_strip import MachineStrip
from ovtui.dashboard.views.event_line import EventLine
from ovtui.records.events import LoadEnded
from ovtui.records.session_file.replay import Replay
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter

HANDOVER_S, END_S = 20, 40


def record(path: Path) -> None:
    """A request each 10 ms, a handover at 20 s, throttling from 5 to 9 s and another process from 25 to 30 s."""
    rows = records(1000 + np.arange(3_800) * 10, service_ms=3.0, device=0x20)
    writer = SessionWriter(str(path), {}, 1 << 30)
    events = [
        *started(available={"CPU": "a CPU", "GPU.0": "a GPU"}), device_changed(["(CPU)"], ["GPU.0"], float(HANDOVER_S)),
        *throttled(5, 9), *shared(25, 30), LoadEnded(t_ns=39 * SECOND, engine=1, reason="duration", submitted=3_800),
    ]  # fmt: skip
    readings = [machine_reading(second * SECOND, HANDOVER_S * SECOND) for second in range(1, END_S)]
    for second in range(END_S):
        here = (rows["done_ns"] >= second * SECOND) & (rows["done_ns"] < (second + 1) * SECOND)
        writer.write(
            [event for event in events if second * SECOND <= event.t_ns < (second + 1) * SECOND],
            [np.ascontiguousarray(rows[here]).tobytes()],
            RecordingProgress((second + 1) * SECOND, 0, 3_800, 0),
            [reading for reading in readings if second * SECOND <= reading.t_ns < (second + 1) * SECOND],
        )
    writer.close()


def test_a_recorded_handover_falls_and_rises_at_its_place(tmp_path: Path) -> None:
    path, clock = tmp_path / "s.ovtui", [0]
    record(path)
    app = Dashboard(Replay(str(path), now_ns=lambda: clock[0]), refresh_hz=0.001)

    def lines() -> list[str]:
        cells = app.overview.query_one(MachineStrip).cells
        return [cells.text(y).rstrip() for y in range(cells.height)]

    async def play() -> None:
        async with app.run_test(size=(120, 40)) as pilot:

            async def advance(seconds: int) -> None:
                for _ in range(seconds * 4):
                    clock[0] += SECOND // 4
                    app.poll()
                await pilot.pause()

            async def press(*keys: str) -> None:
                await pilot.press(*keys)
                await keys_handled(app)
                await pilot.pause()

            await advance(10)
            cpu, gpu, slowed = lines()
            assert "█" in cpu
            assert "█" not in gpu
            assert "CPU PL1" in slowed
            assert "the CPU was throttled from 00:05 to 00:09 (PL1)" in app.overview.query_one(EventLine).render().plain
            await advance(18)
            cpu, gpu, slowed, others = lines()
            assert cpu.startswith("CPU  1")
            assert gpu.startswith("GPU  9")
            assert abs(cpu.rindex("█") - gpu.index("█")) <= 2
            assert others.startswith("others   │")
            assert "━" in others
            after = lines()
            await press("P")
            await advance(5)
            assert lines() == after, "a paused replay stands still"
            await press("less_than_sign")
            assert lines()[0].startswith("CPU  ")
            assert "█" not in lines()[1], "10 s back is before the handover"
            assert len(lines()) == 3, "the other process comes later"
            await press("5")
            panel = app.screen.query_one(MachinePanel).render().plain
            assert "pauses the load" not in panel
            assert " CPU " in panel

    asyncio.run(play())
