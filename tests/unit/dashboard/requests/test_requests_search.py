"""View 2: sorting, filtering and the slowest request by keys, over a live session and over a recording."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from samples import SECOND, records, segment, started
from stage import Stage, keys_handled, on_stage
from textual import events

from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.requests.request_detail import RequestDetail
from ovtui.dashboard.requests.request_side import RequestSide
from ovtui.dashboard.requests.requests_view import RequestsView
from ovtui.dashboard.views.event_line import EventLine
from ovtui.metrics.session.request_history import HISTORY_RECORDS
from ovtui.records.record import Flag, response_ms
from ovtui.records.session_file.replay import Replay
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter


def requests(app: Dashboard) -> RequestsView:
    view = app.views[2]
    assert isinstance(view, RequestsView)
    return view


def title(app: Dashboard) -> str:
    return requests(app).table.render_line(0).text


def shown(app: Dashboard) -> np.ndarray:
    """The rows of the table, from the top."""
    table = requests(app).table
    return table._page().records


def test_the_slowest_in_one_key_from_every_view() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        for view in "123456":
            await stage.press(view, "!")
            assert stage.app.view is requests(stage.app)
            longest = stage.app.digest.snapshot().latency["response"].max
            record = requests(stage.app).table.cursor_record
            assert round(float(response_ms(np.array([record]))[0]), 6) == longest
            assert "sorted by response, the longest first · filter: counted" in title(stage.app)
            assert "times the median of" in stage.text(RequestDetail)

    on_stage(act)


def test_sorting_by_a_columns_letter_and_back() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("2", "o", "i")
        table = requests(stage.app).table
        assert (np.diff(shown(stage.app)["infer_us"]) <= 0).all()
        assert "▼inference ms" in table.render_line(1).text
        await stage.press("o", "i")
        assert (np.diff(shown(stage.app)["infer_us"]) >= 0).all()
        assert "▲" in table.render_line(1).text
        await stage.press("o", "escape")
        assert "following" in title(stage.app)
        assert int(shown(stage.app)["done_ns"][0]) == int(stage.app.digest.history.tail(1)["done_ns"][0])

    on_stage(act)


def test_a_filter_and_its_end() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("slash", *"GPU.0 >1ms", "enter")  # from the overview
        assert (shown(stage.app)["device"] == 0x20).all()
        assert f"of {stage.app.digest.history.total:,}" in title(stage.app)
        before = requests(stage.app).search._top.matched
        await stage.advance(1)
        assert requests(stage.app).search._top.matched > before
        await stage.press("slash", *[*"batch 7"], "enter")
        assert "no word" not in stage.text(EventLine)
        await stage.press("escape")
        assert "following" in title(stage.app)

    on_stage(act)


def test_what_is_wrong_with_a_filter_is_said_and_nothing_is_lost() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("slash", *"lat", "enter")
        assert "did you mean late?" in stage.text(EventLine)
        await stage.press("e", "enter")
        assert "no request is late; esc ends the filter" in requests(stage.app).table.render_line(2).text
        await stage.press("slash", "l", "a", "tab", "escape")
        assert "filter: late" in title(stage.app)

    on_stage(act)


def test_where_nothing_can_be_filtered_it_is_said() -> None:
    async def act(stage: Stage) -> None:
        await stage.press("2", "slash")
        assert "no requests yet" in stage.text(EventLine)
        await stage.advance(5)
        for view in "3456":
            await stage.press(view, "slash")
            assert "2 opens the requests, where / filters" in stage.text(EventLine), view

    on_stage(act)


def test_the_list_stays_while_the_cursor_is_moved() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("2", "o", "c", "j")
        before = shown(stage.app)["seq"].tolist()
        await stage.advance(2)
        assert shown(stage.app)["seq"].tolist() == before
        assert "held at row 2" in title(stage.app)
        assert "more since" in title(stage.app)
        await stage.press("home")
        assert shown(stage.app)["seq"].tolist()[0] > before[0]

    on_stage(act)


def test_what_is_written_follows_filter_and_sorting() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("2", "slash", *"GPU.0", "enter", "o", "r")
        written = requests(stage.app).export_all()
        matched = requests(stage.app).search._top.matched
        assert len(written.rows()) == matched
        assert written.title.startswith(f"{matched:,} requests (sorted by response, the longest first · filter: GPU.0")

    on_stage(act)


def test_on_a_wide_screen_the_request_and_its_batch_stand_beside_the_table() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("2", "slash", *"full", "enter")
        await stage.press(*"j" * 16)  # the newest batch may still be coming back
        text = stage.text(RequestSide)
        assert "ITS BATCH  16 requests" in text
        assert "WHY" in text

    on_stage(act, size=(200, 60))


def test_what_is_pasted_into_the_filter_is_one_line_of_it() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("slash")
        stage.app.post_message(events.Paste("\n \n\x1b>1ms\tGPU.0\nlate"))
        await stage.press("enter")
        assert "filter: >1ms GPU.0" in title(stage.app)
        await stage.press("slash")
        stage.app.post_message(events.Paste("!" * 5_000))
        await stage.press("enter")
        assert "at most 300 characters" in stage.text(EventLine)

    on_stage(act)


def test_who_comes_back_to_the_view_no_longer_sorts() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("2", "o", "1", "2", "e")
        assert stage.app.view is None, "e opens the page of events"
        await stage.press("e")
        assert "following" in title(stage.app)

    on_stage(act)


def test_another_question_is_not_frozen() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("2", "o", "r", "space")
        assert "frozen" in title(stage.app)
        await stage.press("o", "i")
        assert "frozen" not in title(stage.app)

    on_stage(act)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """More requests than memory keeps, the slowest among the first of them."""
    path = tmp_path / "large.ovtui"
    count = HISTORY_RECORDS + 30_000
    rows = records(1000 + np.arange(count) * 0.1, 5.0, segment=1, device=0x20)
    rows["due_ns"][4_321] -= 40_000_000
    rows["flags"][4_321] = Flag.LATE | Flag.QUEUED
    writer = SessionWriter(str(path), {}, 1 << 30)
    writer.write([*started()[:-1], segment(t_s=0.5)], [], RecordingProgress(0, 0, 0, 0))
    for first in range(0, count, 40_000):
        part = np.ascontiguousarray(rows[first : first + 40_000])
        writer.write([], [part.tobytes()], RecordingProgress(int(part["done_ns"][-1]), 0, first + len(part), 0))
    writer.close()
    return path


def test_the_file_answers_for_what_memory_no_longer_keeps(large: Path) -> None:
    async def play() -> None:
        clock = [0]
        app = Dashboard(Replay(str(large), now_ns=lambda: clock[0]), refresh_hz=0.001)
        async with app.run_test(size=(120, 40)) as pilot:
            clock[0] = 60 * SECOND
            while not app.digest.snapshot().finished:
                app.poll()
            await pilot.press("!")
            await keys_handled(app)
            await pilot.pause()
            await app.workers.wait_for_complete()
            record = requests(app).table.cursor_record
            assert int(record["seq"]) == 4_321
            assert "it waited 40.0 ms of its 45.0 ms for an idle infer request" in _detail(app)
            await pilot.press("slash", *["backspace"] * 8, *"late", "enter")
            await keys_handled(app)
            await pilot.pause()
            await app.workers.wait_for_complete()
            assert f"1 of {HISTORY_RECORDS + 30_000:,}" in title(app)

    asyncio.run(play())


def test_a_question_that_another_one_follows_is_forgotten(large: Path) -> None:
    async def play() -> None:
        clock = [60 * SECOND]
        app = Dashboard(Replay(str(large), now_ns=lambda: clock[0]), refresh_hz=0.001)
        async with app.run_test(size=(120, 40)) as pilot:
            clock[0] += 60 * SECOND
            while not app.digest.snapshot().finished:
                app.poll()
            await pilot.press("!", "slash", *["backspace"] * 8, *"timer", "enter")
            await keys_handled(app)
            await pilot.pause()
            await app.workers.wait_for_complete()
            assert "filter: timer · 0 of" in title(app), "where the slowest has no answer all are shown"

    asyncio.run(play())


def test_a_held_row_is_let_go_where_a_replay_goes_back(large: Path) -> None:
    async def play() -> None:
        clock = [0]
        app = Dashboard(Replay(str(large), now_ns=lambda: clock[0]), refresh_hz=0.001)
        async with app.run_test(size=(120, 40)) as pilot:
            clock[0] = 60 * SECOND
            while not app.digest.snapshot().finished:
                app.poll()
            await pilot.press("2", "space", "less_than_sign")
            await keys_handled(app)
            app.poll()
            assert "newer since" not in title(app)
            await pilot.press("slash", *"GPU.0", "enter")
            await keys_handled(app)
            await app.workers.wait_for_complete()
            await pilot.press("j", "less_than_sign")
            await keys_handled(app)
            app.poll()
            app.poll()
            await app.workers.wait_for_complete()
            assert "held" not in title(app)
            assert f"of {app.digest.history.total:,}" in title(app)

    asyncio.run(play())


def _detail(app: Dashboard) -> str:
    return requests(app).query_one(RequestDetail).render().plain


def test_a_right_filter_ends_the_answer_to_a_wrong_one() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("2", "slash", *"foo", "enter")
        assert "'foo' is no word of the filter" in stage.text(EventLine)
        await stage.press(*["backspace"] * 3, *"timer", "enter")
        assert "'foo'" not in stage.text(EventLine)

    on_stage(act)
