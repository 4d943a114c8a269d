"""A figure in the advice is the one that the same screen shows: in every frame, on every view, and after the end."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import numpy as np
from samples import SECOND, records, started
from stage import keys_handled

from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.distribution.slo_line import SloLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.records.events import LoadEnded
from ovtui.records.session_file.replay import Replay
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
from ovtui.settings.schema.settings import Settings

END_S = 18.25
"""Not a multiple of the seconds in which advice was once worked out anew."""


def late_recording(path: str) -> None:
    """100/s from 1 s on, each request sent later than the one before."""
    n = round((END_S - 1) * 100)
    due_ns = SECOND + np.arange(n) * SECOND // 100
    submit_ns = due_ns + np.arange(n) * 100_000
    rows = records((submit_ns + 1_000_000) / 1e6, 1.0, segment=1, due_ns=due_ns, submit_ns=submit_ns)
    writer = SessionWriter(path, {}, 1 << 30)
    events = started(Settings(device="CPU", rate=100.0), device="CPU", execution=["CPU"])
    writer.write(events, [], RecordingProgress(0, 0, 0, 0))
    for part in np.array_split(rows, 60):
        done_ns = int(part["done_ns"][-1])
        writer.write([], [np.ascontiguousarray(part).tobytes()], RecordingProgress(done_ns, 0, int(part["seq"][-1]), 0))
    end_ns = int(rows["done_ns"][-1]) + 10_000_000
    ended = LoadEnded(t_ns=end_ns, engine=1, reason="duration", submitted=n)
    writer.write([ended], [], RecordingProgress(end_ns, 0, n, 0))
    writer.close()


def told(app: Dashboard) -> tuple[str, str]:
    """'p99 349.0 ms late' as the line of limits and the event line of the overview have it."""
    texts = [app.overview.query_one(panel).render().plain for panel in (SloLine, EventLine)]
    return tuple((re.findall(r"schedule not kept: (p99 \S+ ms)", text) or ["-"])[0] for text in texts)  # type: ignore[return-value]


def test_advice_is_of_the_figures_beside_it(tmp_path: Path) -> None:
    late_recording(path := str(tmp_path / "late.ovtui"))
    clock = [0]

    async def live(press_before_end: list[str], press_after_end: list[str]) -> list[tuple[str, str]]:
        clock[0] = 0
        app, seen = Dashboard(Replay(path, now_ns=lambda: clock[0]), refresh_hz=0.001), []
        async with app.run_test(size=(120, 40)) as pilot:

            async def press(*keys: str) -> None:
                await pilot.press(*keys)
                await keys_handled(app)
                await pilot.pause()

            while clock[0] < 24 * SECOND:
                clock[0] += SECOND if press_before_end else SECOND // 4
                if clock[0] == 16 * SECOND:
                    await press(*press_before_end)
                app.poll()
                if clock[0] > 12 * SECOND and not press_before_end:
                    await pilot.pause()  # the line of limits has its place once it is shown
                    seen.append(told(app))
            await press(*press_after_end)
            assert "ENDED" in app.overview.query_one(EventLine).render().plain
            return [*seen, told(app)]

    frames = asyncio.run(live([], []))
    assert len(set(frames)) > 8
    assert all(beside == advice != "-" for beside, advice in frames), frames
    # The page of advice, or another view, is in front at the end.
    assert asyncio.run(live(["v"], ["escape"])) == frames[-1:]
    assert asyncio.run(live(["2"], ["1"])) == frames[-1:]
