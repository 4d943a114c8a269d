"""The request table in an app: following, holding, freezing, scrolling, and what it paints again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

import numpy as np
from samples import records
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.events import MouseScrollDown
from textual.pilot import Pilot
from textual.strip import Strip

from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.requests.request_table import RequestTable
from ovtui.metrics.session.request_history import HISTORY_RECORDS, RequestHistory
from ovtui.records.record import Flag, Records


class SeenTable(RequestTable):
    """Keeps the lines that Textual asked for."""

    painted: list[int]

    def on_mount(self) -> None:
        self.painted = []

    def render_line(self, y: int) -> Strip:
        self.painted.append(y)
        return super().render_line(y)


class TableApp(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.TABLE)]

    def compose(self) -> ComposeResult:
        yield SeenTable(hint="[f] freeze")

    def action_table(self, where: str) -> None:
        getattr(self.query_one(SeenTable), f"action_scroll_{where}")()

    def action_freeze(self) -> None:
        self.query_one(SeenTable).toggle()


Body = Callable[[Pilot[None], SeenTable], Awaitable[None]]


def in_app(body: Body, size: tuple[int, int] = (120, 12)) -> None:
    async def run() -> None:
        app = TableApp()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await body(pilot, app.query_one(SeenTable))

    asyncio.run(run())


def requests(first: int, count: int, **columns: object) -> Records:
    """`seq` is the index in the history."""
    rows = records(np.arange(first, first + count) + 10.0, 8.0, **columns)
    rows["seq"] = rows["order"] = np.arange(first, first + count)
    return rows


def history_of(count: int) -> RequestHistory:
    history = RequestHistory()
    history.add(requests(0, count))
    return history


async def lines(pilot: Pilot[None]) -> list[str]:
    await pilot.pause()
    return ["".join(s.text for s in strip).rstrip() for strip in pilot.app.screen._compositor.render_strips()]


async def seqs(pilot: Pilot[None], head: int = 2) -> list[int]:
    """The submission numbers on the screen, from the top."""
    shown = (line[2:].split() for line in (await lines(pilot))[head:])
    return [int(words[0].replace(",", "")) for words in shown if words]


def test_the_newest_is_first_and_followed() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        history = history_of(1_000)
        table.update_history(history)
        assert await seqs(pilot) == list(range(999, 989, -1))
        history.add(requests(1_000, 500))
        table.update_history(history)
        assert await seqs(pilot) == list(range(1_499, 1_489, -1))
        assert (table.mode, table.following, table.frozen) == ("following", True, False)
        assert "following" in (await lines(pilot))[0]

    in_app(body)


def test_before_the_first_request() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        table.update_history(RequestHistory())
        for key in ("j", "k", "end", "home", "pagedown", "pageup", "space", "j", "space"):
            await pilot.press(key)
        assert "no requests yet" in (await lines(pilot))[2]
        assert table.cursor_record is None

    in_app(body)


def test_away_from_the_newest_the_page_stays_on_its_records() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        history = history_of(1_000)
        table.update_history(history)
        await pilot.press("pagedown", "down", "j")
        before = await seqs(pilot)
        assert before == list(range(997, 987, -1))
        for step in range(5):
            history.add(requests(1_000 + step * 700, 700))
            table.update_history(history)
            assert await seqs(pilot) == before
        assert table.mode == "held"
        assert table.cursor_record is not None
        assert table.cursor_record["seq"] == 988
        assert "held · row 3,512 of 4,500" in (await lines(pilot))[0]
        await pilot.press("home")
        assert table.mode == "following"
        assert (await seqs(pilot))[0] == 4_499

    in_app(body)


def test_the_cursor_moves_with_letters_and_arrows() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        table.update_history(history_of(1_000))
        moved = []
        for key in ("j", "down", "j", "k", "up", "end", "k", "pageup", "home"):
            await pilot.press(key)
            assert table.cursor_record is not None
            moved.append(int(table.cursor_record["seq"]))
        assert moved == [998, 997, 996, 997, 998, 0, 1, 10, 999]

    in_app(body)


def test_the_cursor_is_visible_without_colour() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        table.update_history(history_of(1_000))
        await pilot.press("j", "j")
        assert [y for y, line in enumerate(await lines(pilot)) if line.startswith("▸")] == [4]

    in_app(body)


def test_a_frozen_table_holds_its_rows_while_the_run_laps_the_history() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        history = history_of(20_000)
        table.update_history(history)
        await pilot.press("space")
        before = await seqs(pilot)
        history.add(requests(20_000, HISTORY_RECORDS + 5))
        table.update_history(history)
        assert table.mode == "frozen"
        assert await seqs(pilot) == before == list(range(19_999, 19_989, -1))
        assert "frozen · row 1 of 20,000 · 131,077 newer since" in (await lines(pilot))[0]
        await pilot.press("end")
        assert await seqs(pilot) == list(range(9, -1, -1))
        await pilot.press("space")
        assert table.mode == "following"
        assert (await seqs(pilot))[0] == history.total - 1

    in_app(body)


def test_ten_thousand_requests_back_while_it_runs() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        history = history_of(50_000)
        table.update_history(history)
        await pilot.press("space")
        for _ in range(10_000 // 9):
            table.action_scroll_page_down()
        history.add(requests(50_000, 1_000))
        table.update_history(history)
        assert table.cursor_record is not None
        assert table.cursor_record["seq"] == 49_999 - 9 * (10_000 // 9)
        assert await seqs(pilot) == list(range(table.cursor_record["seq"] + 9, table.cursor_record["seq"] - 1, -1))

    in_app(body)


def test_a_held_page_is_copied_before_the_run_overwrites_it() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        history = RequestHistory()
        table.update_history(history)
        step = 25_000
        history.add(requests(0, step))
        table.update_history(history)
        await pilot.press("j")
        before = await seqs(pilot)
        for tick in range(1, 20):
            history.add(requests(tick * step, step))
            table.update_history(history)
        assert table.mode == "frozen"
        assert await seqs(pilot) == before
        assert table.cursor_record is not None
        assert table.cursor_record["seq"] == step - 2

    in_app(body)


def test_the_oldest_of_a_fast_run_is_held_at_once() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        history = RequestHistory()
        for tick in range(8):
            history.add(requests(tick * 25_000, 25_000))
            table.update_history(history)
        await pilot.press("end")
        oldest = history.first_kept
        history.add(requests(200_000, 25_000))
        table.update_history(history)
        assert (await seqs(pilot))[-1] == oldest

    in_app(body)


def test_another_session_starts_at_its_newest() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        table.update_history(history_of(1_000))
        table.update_history(history_of(30))
        assert await seqs(pilot) == list(range(29, 19, -1))

    in_app(body)


def test_nothing_is_painted_when_nothing_is_new() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        history = history_of(1_000)
        table.update_history(history)
        await pilot.pause()
        table.painted.clear()
        table.update_history(history)
        await pilot.pause()
        assert table.painted == []

    in_app(body)


def test_a_held_page_paints_only_its_title() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        history = history_of(1_000)
        table.update_history(history)
        await pilot.press("j")
        await pilot.pause()
        table.painted.clear()
        history.add(requests(1_000, 500))
        table.update_history(history)
        await pilot.pause()
        assert set(table.painted) == {0}

    in_app(body)


def test_members_of_a_batch_are_bracketed_together() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        history = RequestHistory()
        history.add(requests(0, 10, batch_id=[1, 1, 0, 2, 2, 2, 3, 0, 4, 4], batch_size=2))
        table.update_history(history)
        marks = [line.ljust(2)[1] for line in (await lines(pilot))[2:]]
        assert "".join(marks) == "╭╰  ╭│╰ ╭╰"
        table.set_glyphs("ascii")
        assert "\n".join(await lines(pilot)).isascii()

    in_app(body)


def test_a_batch_that_goes_on_beyond_the_page_is_open() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        history = RequestHistory()
        history.add(requests(0, 200, batch_id=np.arange(200) // 50 + 1, batch_size=50))
        table.update_history(history)
        for _ in range(20):
            table.action_scroll_down()
        assert {line.ljust(2)[1] for line in (await lines(pilot))[2:]} == {"│"}

    in_app(body)


def test_states_are_named() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        history = RequestHistory()
        history.add(requests(0, 3, flags=[int(Flag.ERROR), int(Flag.LATE | Flag.TIMED_OUT), 0]))
        table.update_history(history)
        assert [line.split()[-1] for line in (await lines(pilot))[2:5]] == ["8.0", "timer", "error"]

    in_app(body)


def test_a_low_table_has_a_title_only_while_it_does_not_follow() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        table.update_history(history_of(1_000))
        assert (await lines(pilot))[0].split()[0] == "seq"
        assert await seqs(pilot, head=1) == [999, 998, 997]
        await pilot.press("space")
        assert (await lines(pilot))[0].startswith("REQUESTS  frozen")
        assert await seqs(pilot) == [999, 998]

    in_app(body, (80, 4))


def test_the_wheel_and_a_click() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        table.update_history(history_of(1_000))
        table.post_message(MouseScrollDown(table, 5, 5, 0, 1, 0, shift=False, meta=False, ctrl=False))
        assert await seqs(pilot) == list(range(996, 986, -1))
        await pilot.click(table, offset=(5, 6))
        assert table.cursor_record is not None
        assert table.cursor_record["seq"] == 992

    in_app(body)


def test_any_size_and_a_resize() -> None:
    async def body(pilot: Pilot[None], table: SeenTable) -> None:
        table.update_history(history_of(1_000))
        await pilot.press("j")
        for width, height in ((1, 1), (3, 2), (20, 3), (200, 60), (80, 24)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            assert table.cursor_record is not None
            assert table.cursor_record["seq"] == 998
        assert await seqs(pilot) == list(range(998, 976, -1))

    in_app(body)
