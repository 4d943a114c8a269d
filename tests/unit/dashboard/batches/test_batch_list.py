"""The list of runs beside the lanes of a wide screen."""

from __future__ import annotations

import pytest
from fake_source import FakeSource
from hypothesis import given
from hypothesis import strategies as st
from stage import Stage, on_stage

from ovtui.dashboard.batches.batch_list import BatchList, ListInk, rows_around
from ovtui.dashboard.batches.batch_members import BatchMembers
from ovtui.dashboard.batches.lanes_panel import LanesPanel


def listed(stage: Stage) -> list[list[str]]:
    cells = stage.app.screen.query_one(BatchList)._cells
    return [line.split() for line in map(cells.text, range(2, cells.height)) if line.strip()]


def test_the_list_and_the_lanes_have_one_cursor() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(6)
        await stage.press("3")
        lanes = stage.app.screen.query_one(LanesPanel)
        assert lanes.region.right <= stage.app.screen.query_one(BatchList).region.x
        times = [cells[0] for cells in listed(stage)]  # 00:06.4964: sorted as texts
        assert times == sorted(times, reverse=True)
        assert listed(stage)[0][2:4] == ["16", "full"]
        await stage.press("b", "b")
        assert lanes.picked is not None
        batch = lanes.picked[0]
        assert f"BATCH {batch.id:,}" in stage.text(BatchMembers)
        assert any(cells[1] == f"{batch.id:,}" for cells in listed(stage))
        cells = stage.app.screen.query_one(BatchList)._cells
        marked = [cells.text(y) for y in range(cells.height) if (cells.styles[y] == ListInk.PICKED).all()]
        assert [line.split()[1] for line in marked] == [f"{batch.id:,}"]

    on_stage(act, FakeSource(together=True), size=(160, 45))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_without_room_there_is_no_list(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(6)
        await stage.press("3")
        assert not stage.app.screen.query_one(BatchList).display

    on_stage(act, FakeSource(together=True), size=size)


@given(count=st.integers(1, 300), room=st.integers(1, 60), data=st.data())
def test_the_picked_run_is_among_as_many_rows_as_fit(count: int, room: int, data: st.DataObject) -> None:
    picked = data.draw(st.integers(0, count - 1))
    rows = rows_around(count, picked, room)
    assert picked in rows
    assert len(rows) == min(room, count)
    assert min(rows) >= 0
    assert max(rows) < count


def test_the_members_have_the_lines_that_they_need_and_the_lanes_the_rest() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(6)
        await stage.press("3")
        lanes, members = (stage.app.screen.query_one(kind) for kind in (LanesPanel, BatchMembers))
        assert lanes.size.height + members.size.height == members.parent.size.height
        assert members.size.height == min(3 + 16, members.parent.size.height * 45 // 100)

    on_stage(act, FakeSource(together=True), size=(120, 40))
