"""CPU per frame of the lanes: reading the records in sight, putting batches together, drawing, comparing.

    python tests/benchmarks/lanes_cost.py

Budget: 3 ms a frame, at any rate. The picture moves on from frame to frame as it does live; each rate is drawn at the
span that the data suggest and at 1 s, where the highest rates have more records than a frame reads. 'painted' has
Textual's repaint of the changed cells with it."""

from __future__ import annotations

import asyncio
import time

import numpy as np
from textual.app import App, ComposeResult

from ovtui.dashboard.batches.lanes_panel import LanesPanel
from ovtui.metrics.session.request_history import HISTORY_RECORDS, RequestHistory
from ovtui.records.record import Flag, Records, empty_records

BUDGET_MS = 3.0
FRAMES = 60
TICK_S = 0.25
RUN_NS = 4_000_000
CASES = (
    # requests/s, members of a batch, requests in flight, share that the timer runs
    (10, 4, 8, 0.1),
    (400, 16, 16, 0.03),
    (3_000, 4, 64, 0.1),
    (15_000, 16, 256, 0.03),
    (50_000, 64, 1024, 0.0),
)
SIZES = ((120, 7, False), (120, 17, True), (200, 24, True))
_RANDOM = np.random.default_rng(11)


class Shown(App[None]):
    def __init__(self, height: int, picking: bool) -> None:
        super().__init__()
        self._height, self._has_cursor = height, picking

    def compose(self) -> ComposeResult:
        panel = LanesPanel(picking=self._has_cursor)
        panel.styles.height = self._height
        yield panel


def session(rate: int, size: int, in_flight: int, timer: float) -> Records:
    """Submissions at a rate; a batch comes back when its last member and those in flight before it have."""
    count = min(HISTORY_RECORDS, max(int(rate * (2 + FRAMES * TICK_S)), 40 * size)) // size * size
    rows = empty_records(count)
    index = np.arange(count)
    rows["seq"], rows["submit_ns"] = index, (index * 1e9 / rate + _RANDOM.exponential(2e5, count)).astype(np.int64)
    rows["submit_ns"].sort()
    batch = index // size
    by_timer = _RANDOM.random(count // size)[batch] < timer
    last_ns = rows["submit_ns"].reshape(-1, size)[:, -1][batch]
    lag_ns = RUN_NS + int(max(in_flight - size, 0) * 1e9 / rate / 2)
    rows["done_ns"] = last_ns + lag_ns + np.where(by_timer, index % size * 300_000, index % size * 8_000)
    rows["infer_us"] = (rows["done_ns"] - rows["submit_ns"]) / 1e3
    rows["batch_id"] = np.where(by_timer, 0, batch + 1)
    rows["batch_size"] = np.where(by_timer, 1, size)
    rows["flags"] = np.where(by_timer, int(Flag.TIMED_OUT), 0)
    rows["device"] = 0x20
    return np.ascontiguousarray(rows[np.argsort(rows["done_ns"], kind="stable")])


async def cost(height: int, width: int, picking: bool, case: tuple[int, int, int, float], span_ns: int | None) -> str:
    """Medians, as the machine may be shared."""
    rate, *rest = case
    records = session(rate, *rest)
    end_ns = int(records["done_ns"][-1])
    begin_ns = max(end_ns - int(FRAMES * TICK_S * 1e9), int(records["done_ns"][len(records) // 2]))
    app = Shown(height, picking)
    drawn_ms, painted_ms = [], []
    async with app.run_test(size=(width, height)) as pilot:
        panel = app.query_one(LanesPanel)
        history = RequestHistory()
        fed = 0
        for now_ns in np.linspace(begin_ns, end_ns, FRAMES).astype(np.int64).tolist():
            until = int(np.searchsorted(records["done_ns"], now_ns, side="right"))
            history.add(records[fed:until])
            fed = until
            if span_ns is not None:
                panel._window.span_ns, panel._window.automatic_span = span_ns, False
            began = time.thread_time()
            panel.update_history(history, now_ns, {0x20: 1.0})
            drawn_ms.append((time.thread_time() - began) * 1e3)
            await pilot.pause()
            painted_ms.append((time.thread_time() - began) * 1e3)
        seen = 0 if panel.time_slice is None else len(panel.time_slice.records)
        span = panel.span_ns / 1e6
    drawn, worst = np.median(drawn_ms[2:]), np.percentile(drawn_ms[2:], 95)
    verdict = "" if drawn <= BUDGET_MS else "   OVER BUDGET"
    return (
        f"{width}x{height:<3}{rate:7,}/s by {case[1]:<3} span {span:8,.1f} ms, {seen:5,} records: "
        f"drawn {drawn:5.2f} ms (p95 {worst:5.2f}), painted {np.median(painted_ms[2:]):5.2f} ms{verdict}"
    )


async def main() -> None:
    print(f"budget {BUDGET_MS} ms a frame drawn")
    for width, height, picking in SIZES:
        for case in CASES:
            for span_ns in (None, 1_000_000_000):
                print(await cost(height, width, picking, case, span_ns), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
