"""View 6 with segments side by side: where, of which rows, with which changes."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from fake_source import FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.segments.history_view import SegmentList
from ovtui.dashboard.segments.segment_columns import SegmentColumns, basis, different_settings, what_changed
from ovtui.metrics.queries.segments import segment_rows
from ovtui.records.device_codes import name_of
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings


async def segments(stage: Stage, number: int) -> None:
    """A session with this many of them."""
    await stage.advance(2)
    for nireq in range(2, number + 1):
        stage.source.apply(with_changes(stage.source.settings, {"nireq": nireq}))
        await stage.advance(3)
    await stage.press("6")


def line(stage: Stage, label: str) -> str:
    return next(line for line in stage.text(SegmentColumns).splitlines() if line.strip().startswith(label))


def cpu() -> FakeSource:
    return FakeSource(settings=Settings(device="CPU"), handover_s=None, available={"CPU": "Test CPU"}, batch=1)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_one_segment_has_its_settings_and_the_key_that_makes_a_second(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await segments(stage, 1)
        text = stage.text(SegmentColumns)
        assert "ONE SEGMENT  a changed setting begins the next one: s settings" in text
        assert len(line(stage, "throughput").split()) == 3  # no change beside it
        if size[1] > 24:
            assert "SETTINGS  in force" in text
            assert line(stage, "device").split() == ["device", "CPU"]

    on_stage(act, cpu(), size=size)


def test_each_figure_has_its_change_against_the_column_before() -> None:
    async def act(stage: Stage) -> None:
        await segments(stage, 3)
        assert line(stage, "segment 1").split()[-3:] == ["3,", "in", "force"]
        changes = line(stage, "response p50").split("%")
        assert len(changes) == 3  # of two columns
        assert "SETTINGS  that differ" in stage.text(SegmentColumns)
        assert line(stage, "in flight").split()[-2:] == ["2", "3"]
        different, same = stage.text(SegmentColumns).split("the same in all")
        assert "hint" not in different
        assert "hint" in same
        assert "in flight" not in same

    on_stage(act, cpu(), size=(160, 45))


@pytest.mark.parametrize(("size", "room"), [((80, 24), False), ((120, 40), True)])
def test_of_many_segments_the_newest_or_those_at_the_cursor(size: tuple[int, int], room: bool) -> None:
    async def act(stage: Stage) -> None:
        await segments(stage, 30)
        assert stage.app.screen.query_one(SegmentColumns).display is room
        assert " 30 " in stage.text(SegmentList)
        if room:
            assert "30, in force" in line(stage, "segment")
            await stage.press("home")
            assert line(stage, "segment").split()[:2] == ["segment", "1"]

    on_stage(act, cpu(), size=size)


def test_a_device_is_compared_with_itself_in_the_segment_before() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(6)
        stage.source.apply(with_changes(stage.source.settings, {"nireq": 8}))
        await stage.advance(4)
        rows = segment_rows(stage.app.digest)
        names = [(row.began.segment, name_of(row.device or 0)) for row in rows]
        assert names == [(1, "(CPU)"), (1, "GPU.0"), (2, "GPU.0")]
        assert [basis(rows, index) for index in range(3)] == [None, rows[0], rows[1]]
        again = [
            *rows,
            dataclasses.replace(rows[2], began=msgspec.structs.replace(rows[2].began, segment=3), device=None),
        ]
        assert basis(again, 3) is rows[2]
        again.append(dataclasses.replace(rows[0], began=again[3].began))
        assert basis(again, 4) is rows[0]

    on_stage(act, FakeSource())


def test_what_was_changed_wraps() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        changes = {"nireq": 7, "hint": "latency", "nstreams": "3", "batch_timeout_ms": 250}
        stage.source.apply(with_changes(stage.source.settings, changes))
        await stage.advance(4)
        await stage.press("6")
        words = stage.text(SegmentList).split()
        assert {"7,", "latency,", "3,", "250"} <= set(words)
        assert "…" not in stage.text(SegmentList)

    on_stage(act, cpu(), size=(80, 24))


def test_settings_that_differ_stand_in_the_order_of_the_schema() -> None:
    one = Settings()
    assert different_settings([one, one]) == []
    assert different_settings([one, with_changes(one, {"nireq": 3, "device": "CPU"})]) == ["device", "nireq"]


def test_list_and_columns_have_the_figures_of_one_moment() -> None:
    async def act(stage: Stage) -> None:
        await segments(stage, 1)
        for _ in range(5):
            await stage.advance(0.25)
            requests = line(stage, "requests").split()[-1]
            assert f" {requests} " in stage.text(SegmentList).splitlines()[-1], stage.text(SegmentList)

    on_stage(act, cpu(), size=(120, 40))


def test_a_long_hint_is_not_broken_in_the_middle_of_a_word() -> None:
    assert what_changed("hint throughput→cumulative_throughput", 30) == "hint throughput→cumulative"
    assert what_changed("hint throughput→cumulative_throughput", 60) == "hint throughput→cumulative_throughput"
