"""The lanes on the overview and in the batches view, with a fake session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
from fake_source import FakeSource
from stage import keys_handled, row_state
from textual.pilot import Pilot

from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.batches.batch_members import BatchMembers
from ovtui.dashboard.batches.batch_totals import BatchTotals
from ovtui.dashboard.batches.batch_trend import BatchTrend
from ovtui.dashboard.batches.batches_view import BatchesView
from ovtui.dashboard.batches.lanes_panel import LanesPanel
from ovtui.dashboard.overview.figures import FiguresPanel
from ovtui.dashboard.views.footer import Footer
from ovtui.metrics.batching.batch_runs import RunReason
from ovtui.settings.schema.settings import Settings


class Stage:
    def __init__(self, source: FakeSource) -> None:
        self.source = source
        self.app = Dashboard(source, refresh_hz=0.001)
        self.pilot: Pilot[int] | None = None

    async def advance(self, seconds: float) -> None:
        for _ in range(max(round(seconds * 4), 1)):
            self.source.advance(0.25)
            self.app.poll()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await keys_handled(self.app)
        await self.pilot.pause()

    @property
    def lanes(self) -> LanesPanel:
        return self.app.screen.query_one(LanesPanel)

    def text(self, kind: type) -> str:
        return self.app.screen.query_one(kind).render().plain

    def picture(self) -> list[str]:
        return [self.lanes.render_line(y).text for y in range(self.lanes.size.height)]


def on_stage(
    act: Callable[[Stage], Awaitable[None]], source: FakeSource | None = None, size: tuple[int, int] = (120, 40)
) -> None:
    stage = Stage(source or FakeSource(together=True))

    async def play() -> None:
        async with stage.app.run_test(size=size) as stage.pilot:
            await act(stage)

    asyncio.run(play())


def test_digits_open_the_views() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("3")
        assert isinstance(stage.app.screen, BatchesView)
        assert "[3 batches]" in stage.text(Footer)
        await stage.press("3", "1")
        assert stage.app.screen is stage.app.overview
        await stage.press("3", "question_mark", "escape", "1", "1")
        assert stage.app.screen is stage.app.overview

    on_stage(act)


def test_a_digit_on_a_settings_row_begins_its_value() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("s", "n", "3", "enter")
        assert stage.app.screen is stage.app.overview
        assert row_state(stage.app.overview.pane, "nireq").value == "3"

    on_stage(act)


@pytest.mark.parametrize(
    ("size", "batch", "shown"), [((120, 40), 16, True), ((120, 35), 16, False), ((120, 40), 1, False)]
)
def test_the_compact_lanes_need_room_and_batches(size: tuple[int, int], batch: int, shown: bool) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        assert stage.app.overview.query_one(LanesPanel).display is shown

    on_stage(act, FakeSource(together=True, batch=batch), size)


def test_following_shows_the_newest_batch() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("3")
        await stage.advance(0.5)
        batch, records = stage.lanes.picked
        newest = stage.app.digest.history.tail(1)[0]
        assert batch.id == newest["batch_id"]
        assert np.array_equal(records["seq"][batch.members], np.arange(newest["seq"] - 15, newest["seq"] + 1))
        text = stage.text(BatchMembers)
        assert f"BATCH {batch.id}  full  fired when the last of its 16 requests came" in text
        assert "first waited 37.5 ms   ran 2.00 ms" in text
        assert "following" in stage.picture()[0]
        assert any("[16]" in line for line in stage.picture())

    on_stage(act)


def test_the_cursor_moves_from_run_to_run_and_the_picture_is_frozen() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(8)
        await stage.press("3")
        await stage.advance(0.5)
        newest = stage.lanes.picked[0].id
        await stage.press("b")
        assert stage.lanes.frozen
        assert stage.lanes.picked[0].id == newest - 1
        before = stage.picture()[1:]
        await stage.advance(2)
        assert stage.picture()[1:] == before
        await stage.press("B")
        assert stage.lanes.picked[0].id == newest
        walked = [stage.lanes.picked[0]]
        for _ in range(45):
            await stage.press("b")
            picked, records = stage.lanes.picked
            assert stage.lanes.time_slice.begin_ns <= picked.done_ns < stage.lanes.time_slice.end_ns
            assert picked.reason is RunReason.TIMER or np.array_equal(
                np.diff(records["seq"][picked.members].astype(np.int64)), np.ones(15)
            )
            walked.append(picked)
        done = [batch.done_ns for batch in walked]
        assert done == sorted(done, reverse=True)
        assert {batch.reason for batch in walked} == {RunReason.FULL, RunReason.TIMER}
        await stage.press("space")
        assert not stage.lanes.frozen
        await stage.advance(0.5)
        assert stage.lanes.picked[0].id > newest

    on_stage(act)


def test_a_timer_run_is_named_and_its_wait_marked_as_an_estimate() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(8)
        await stage.press("3", "b")
        for _ in range(60):
            if stage.lanes.picked[0].reason is RunReason.TIMER:
                break
            await stage.press("b")
        text = stage.text(BatchMembers)
        assert "timer  ran alone: the timer of 200 ms expired before its batch was full" in text
        assert "waited ≈ " in text
        assert text.rstrip().endswith("timer")
        assert any("[timer]" in line for line in stage.picture())
        assert any("▽" in line for line in stage.picture())

    settings = Settings(device="AUTO:GPU,CPU", nireq=16, batch_timeout_ms=200)
    on_stage(act, FakeSource(together=True, settings=settings))


def test_time_scrolls_and_zooms() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(8)
        await stage.press("3")
        await stage.advance(0.5)
        span_ns = stage.lanes.span_ns
        await stage.press("Z")
        assert stage.lanes.span_ns > span_ns
        await stage.press("plus", "z")
        assert stage.lanes.span_ns < span_ns
        await stage.press("minus", "minus")
        assert stage.lanes.span_ns > span_ns
        await stage.press("0")
        assert stage.lanes.span_ns == span_ns
        end_ns = stage.lanes.time_slice.end_ns
        await stage.press("h", "left")
        assert stage.lanes.frozen
        assert stage.lanes.time_slice.end_ns == pytest.approx(end_ns - span_ns / 4, abs=span_ns / 50)
        await stage.press(*["l"] * 20)
        assert stage.lanes.time_slice.end_ns == pytest.approx(end_ns, abs=span_ns / 4)
        await stage.press(*["Z"] * 4, *["h"] * 20)
        assert stage.lanes.time_slice.begin_ns < 500_000_000 < stage.lanes.time_slice.end_ns
        await stage.press(*["Z"] * 20, *["z"] * 30, "home")
        assert not stage.lanes.frozen

    on_stage(act)


def test_members_scroll_where_they_do_not_fit() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(8)
        await stage.press("3", "b")
        first = stage.lanes.picked[1]["seq"][stage.lanes.picked[0].members[0]]
        assert f"{first:,}" in stage.text(BatchMembers)
        assert "of 16" in stage.text(BatchMembers)
        await stage.press(*["j"] * 40)
        assert f"{first:,}" not in stage.text(BatchMembers)
        assert f"{first + 15:,}" in stage.text(BatchMembers)
        await stage.press(*["k"] * 40)
        assert f"{first:,}" in stage.text(BatchMembers)

    on_stage(act, size=(80, 24))


def test_the_picked_batch_or_all_visible_requests_are_copied() -> None:
    async def act(stage: Stage) -> None:
        await stage.press("3")
        assert stage.app.screen.export_row() is None
        assert stage.app.screen.export_page() is None
        await stage.advance(8)
        await stage.press("b")
        batch, records = stage.lanes.picked
        row = stage.app.screen.export_row()
        assert row.title == f"batch {batch.id}"
        assert [cells[0] for cells in row.rows()] == [str(seq) for seq in records["seq"][batch.members]]
        table = stage.app.screen.export_page()
        assert set(map(tuple, row.rows())) < set(map(tuple, table.rows()))
        assert table.title == f"{len(table.rows())} requests in sight"

    on_stage(act)


def test_the_figures_show_waits_and_their_cost() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(30)
        assert "costs ≈+" in stage.text(FiguresPanel)
        await stage.press("3")
        sums = stage.text(BatchTotals)
        assert "batch 16  full" in sums
        assert "first waited p50    37.5" in sums
        assert "ms a request" in sums

    on_stage(act)


def test_the_trend_shows_fill_and_waits_second_by_second() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(20)
        await stage.press("3")
        await stage.advance(0.5)
        full, waited = stage.text(BatchTrend).split("\n")
        assert " % last second" in full
        # 17 seconds since the handover; the second of the handover is not full.
        bars = full.removeprefix(" full").split()[:1]
        assert 16 <= len(bars[0]) <= 18
        assert bars[0].count("█") >= 14
        assert "37.5–37.5 ms" in waited
        await stage.pilot.resize_terminal(80, 24)
        await stage.pilot.pause()
        assert not stage.app.screen.query_one(BatchTrend).display

    on_stage(act)


def test_a_new_view_takes_over_the_glyphs() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("g", "g", "3")
        await stage.advance(0.5)
        assert all(line.isascii() for line in stage.picture())
        await stage.press("g", "g", "1")
        assert stage.app.overview.glyphs == "braille"

    on_stage(act)


def test_before_the_first_request_there_is_nothing_to_pick() -> None:
    async def act(stage: Stage) -> None:
        await stage.press("3", "b", "B", "h", "l", "z", "0", "space", "space", "j", "home")
        await stage.advance(0.25)
        assert stage.lanes.picked is None
        assert "no run in sight" in stage.text(BatchMembers)
        assert "no requests yet" in " ".join(stage.picture())
        await stage.advance(2)
        assert stage.lanes.picked[0].reason is RunReason.ALONE

    on_stage(act)


def test_without_the_probe_batches_are_unknown() -> None:
    class Unprobed(FakeSource):
        def _make(self, until_ns: int) -> np.ndarray:
            records = super()._make(until_ns)
            records["batch_size"] = records["batch_id"] = records["flags"] = 0
            return records

    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("3", "b")
        assert "how many ran together is not known" in stage.text(BatchMembers)
        assert "batch –" in stage.text(BatchTotals)

    on_stage(act, Unprobed())


def test_at_every_size_there_is_a_picture() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("3", "b")
        for columns, rows in ((80, 24), (81, 25), (120, 40), (200, 60), (300, 30), (80, 100)):
            await stage.pilot.resize_terminal(columns, rows)
            await stage.pilot.pause()
            assert any("▼" in line for line in stage.picture()), (columns, rows)
            assert stage.app.screen.query_one(Footer).region.bottom == rows
            assert stage.app.screen.query_one(BatchMembers).size.height >= 4

    on_stage(act)
