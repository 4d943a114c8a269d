"""CPU per frame of the plot, the sparkline and the machine's strip and per tick of the request table, in an app of
120x40 cells.

    python tests/benchmarks/charts_cost.py

'drawn' is the widget's own work; 'painted' has Textual's repaint of the changed cells with it. Columns move on by half
a column a frame, as at 4 Hz over a minute; the table is given what arrives between two ticks of 0.5 s. No budget of its
own: the whole dashboard may take 25 ms a second at 120x40 (2.5 % of a core)."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
from textual.app import App, ComposeResult

from ovtui.dashboard.overview.chart import Chart
from ovtui.dashboard.overview.latency_plot import LatencyPlot
from ovtui.dashboard.overview.machine_strip import MachineStrip
from ovtui.dashboard.overview.plot_layout import column_end_ns
from ovtui.dashboard.overview.plot_marks import MarkNumbers
from ovtui.dashboard.overview.sparkline import Sparkline
from ovtui.dashboard.requests.request_table import RequestTable
from ovtui.metrics.digest import Digest
from ovtui.metrics.latency.time_bins import LatencyColumns
from ovtui.metrics.session.request_history import RequestHistory
from ovtui.metrics.session.session_state import EventMark
from ovtui.records.record import Records, empty_records

sys.path.insert(0, str(Path(__file__).parents[1]))
from fake_source import SECOND, FakeSource
from machine_samples import machine_reading

SPAN_S = 60.0
FRAMES = 100
TICK_S = 0.5
MARKS = MarkNumbers().of(
    [
        EventMark(40_000_000_000, "handover", "GPU.0"),
        EventMark(70_000_000_000, "settings", "batch timeout 1000→100"),
    ]
)
_RANDOM = np.random.default_rng(7)
_P50 = 8.0 + _RANDOM.normal(0, 0.2, 1000)
_WORST = _P50 * (1.05 + _RANDOM.exponential(0.3, 1000))


class Charts(App[None]):
    CSS = "LatencyPlot { height: 15; } Sparkline { height: 1; } RequestTable { height: 24; }"

    def compose(self) -> ComposeResult:
        yield LatencyPlot()
        yield Sparkline()
        yield MachineStrip()
        yield RequestTable()


def columns_at(chart: Chart, now_s: float) -> LatencyColumns:
    count = chart.column_count
    end_s = column_end_ns(int(now_s * 1e9), SPAN_S, chart.column_count) / 1e9
    edges_s = end_s - SPAN_S + np.arange(count + 1) * SPAN_S / count
    seeds = np.round(edges_s[:-1] / SPAN_S * count).astype(int) % len(_P50)
    return LatencyColumns(edges_s, _P50[seeds], _WORST[seeds], np.ones(count, np.int64), np.full(count, 0x20, np.uint8))


def busy_machine() -> Digest:
    """A session of some minutes whose machine is read once a second."""
    digest = Digest()
    readings = [machine_reading(second * SECOND, 60 * SECOND) for second in range(1, 300)]
    source = FakeSource()
    source.advance(300)
    digest.feed(dataclasses.replace(source.poll(), records=empty_records(), readings=readings))
    return digest


def requests(first: int, count: int) -> Records:
    records = empty_records(count)
    index = np.arange(first, first + count)
    records["seq"] = records["order"] = index
    records["done_ns"] = index * 1_000_000 + 9_000_000
    records["due_ns"] = records["submit_ns"] = index * 1_000_000
    records["infer_us"] = 8_000 + index % 977
    records["batch_id"], records["batch_size"], records["device"] = index // 16 + 1, 16, 0x20
    return records


async def cost_ms(step: Callable[[int], None], painted: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """Mean CPU ms of a step: alone, and with the repaint."""
    drawn_s = 0.0
    began_s = time.process_time()
    for frame in range(FRAMES):
        step_began_s = time.process_time()
        step(frame)
        drawn_s += time.process_time() - step_began_s
        await painted()
    return drawn_s / FRAMES * 1e3, (time.process_time() - began_s) / FRAMES * 1e3


async def main() -> None:
    app = Charts()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()

        async def paint() -> None:
            await pilot.pause()

        plot, sparkline, table = (app.query_one(kind) for kind in (LatencyPlot, Sparkline, RequestTable))
        for name, chart in (("plot frame", plot), ("sparkline frame", sparkline)):

            def frame(number: int, chart: Chart = chart) -> None:
                now_s = 100 + number * SPAN_S / chart.column_count / 2
                chart.update_columns(columns_at(chart, now_s), MARKS, SPAN_S)

            frame(0)
            report(name, *await cost_ms(frame, paint))
        strip, digest = app.query_one(MachineStrip), busy_machine()

        def second(number: int) -> None:
            end_ns = (100 + number) * SECOND
            strip.show(digest, end_ns - int(SPAN_S) * SECOND, end_ns, end_ns)

        second(0)
        await pilot.pause()
        report("strip, once a second", *await cost_ms(second, paint))
        for rate in (10, 1_000, 50_000):
            history = RequestHistory()
            count = round(rate * TICK_S)
            batches = [requests(number * count, count) for number in range(FRAMES + 1)]
            history.add(batches[0])
            table.update_history(history)

            def tick(number: int, history: RequestHistory = history, batches: list[Records] = batches) -> None:
                # Feeding the history is the digest's work, timed with it here: 0.2 ms at 50,000 requests a second.
                history.add(batches[number + 1])
                table.update_history(history)

            report(f"table tick, {rate:,} requests/s", *await cost_ms(tick, paint))


def report(name: str, drawn_ms: float, painted_ms: float) -> None:
    print(f"{name:32}  drawn {drawn_ms:6.2f} ms   painted {painted_ms:6.2f} ms")


if __name__ == "__main__":
    asyncio.run(main())
