"""What stands beside the request table of a wide screen, and the reason why there are no batches, in every width."""

from __future__ import annotations

import msgspec
import pytest
from fake_source import FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.batches.batch_reason import MAX_LINES, BatchReason, reason_lines
from ovtui.dashboard.batches.batch_totals import BatchTotals
from ovtui.dashboard.batches.lanes_panel import LanesPanel
from ovtui.dashboard.devices.event_list import EventList
from ovtui.dashboard.distribution.distribution_chart import SmallHistogram
from ovtui.dashboard.overview.figures import FiguresPanel
from ovtui.dashboard.requests.request_table import RequestTable
from ovtui.records.events import BatchingPlan, Compiled
from ovtui.settings.schema.settings import Settings

REASON = "the model's input Parameter_1234567 [2,3,224,224] has no batch dimension of 1 in front"


def on_the_cpu(why_not: str = "") -> FakeSource:
    source = FakeSource(settings=Settings(device="CPU"), handover_s=None, available={"CPU": "Test CPU"}, batch=1)
    plan = BatchingPlan(size=1, evidence="none", why_not=why_not)
    source._script = [
        msgspec.structs.replace(event, batching=plan) if isinstance(event, Compiled) else event
        for event in source._script
    ]
    return source


def shown(stage: Stage) -> set[str]:
    """The kinds of panels that have room on the overview."""
    view = stage.app.overview
    kinds = (LanesPanel, SmallHistogram, EventList, RequestTable)
    return {kind.__name__ for kind in kinds if view.query_one(kind).size.height > 2}


@pytest.mark.parametrize(
    ("size", "batches", "beside"),
    [
        ((120, 40), True, {"LanesPanel"}),
        ((120, 60), False, set()),
        ((160, 30), True, {"SmallHistogram"}),
        ((160, 45), True, {"LanesPanel"}),
        ((160, 45), False, {"SmallHistogram"}),
        ((200, 60), True, {"LanesPanel", "SmallHistogram"}),
        ((200, 60), False, {"SmallHistogram", "EventList"}),
    ],
)
def test_what_stands_beside_the_table(size: tuple[int, int], batches: bool, beside: set[str]) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(6)
        assert shown(stage) == {"RequestTable", *beside}
        if "SmallHistogram" in beside:
            histogram = stage.app.overview.query_one(SmallHistogram)
            picture = [histogram.render_line(y).text for y in range(histogram.size.height)]
            assert picture[0].startswith("HISTOGRAM response ms")
            # By device where several served: a percentile over both describes neither.
            assert any("GPU.0" in line for line in picture) is batches
            assert histogram.region.x > stage.app.overview.query_one(RequestTable).region.right - 1

    on_stage(act, FakeSource(together=True) if batches else on_the_cpu(), size=size)


def test_the_open_settings_pane_takes_the_place_beside_the_table() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(6)
        await stage.press("s")
        assert shown(stage) == {"RequestTable"}

    on_stage(act, on_the_cpu(), size=(200, 60))


@pytest.mark.parametrize("size", [(80, 24), (110, 30), (120, 40), (200, 60)])
@pytest.mark.parametrize("why_not", ["", REASON])
def test_the_reason_is_whole_in_every_size_and_said_once(size: tuple[int, int], why_not: str) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(6)
        reason = why_not or "the CPU makes no batches by itself"
        texts = [stage.text(FiguresPanel), stage.text(BatchReason)]
        lines = " ".join(" ".join(texts).split())
        assert lines.count(reason) == 1
        panel = stage.app.overview.query_one(BatchReason)
        assert panel.display is (reason not in texts[0])
        if panel.display:
            assert panel.size.height == len(texts[1].splitlines())
        await stage.press("3")
        totals = " ".join(stage.text(BatchTotals).split())
        assert reason in totals
        # A key and a setting that make batches; none where it is the model that cannot be batched.
        assert ("s, device BATCH:CPU(4)" in totals) is not why_not.startswith("the model")

    on_stage(act, on_the_cpu(why_not), size=size)


def test_an_empty_histogram_says_what_it_lacks() -> None:
    async def act(stage: Stage) -> None:
        histogram = stage.app.overview.query_one(SmallHistogram)
        await stage.advance(0.5)
        assert "no request has completed yet" in histogram.render_line(2).text
        await stage.advance(4)
        assert "no request" not in histogram.render_line(2).text
        # A segment whose requests have not come back: the run has some.
        began = stage.app.digest.session_state.segment
        assert began is not None
        stage.source.rate = 0.001
        stage.source.tell(msgspec.structs.replace(began, segment=began.segment + 1, t_ns=stage.source.now_ns))
        await stage.advance(1)
        assert f"no request of segment {began.segment + 1} has completed yet" in histogram.render_line(2).text

    on_stage(act, on_the_cpu(), size=(200, 60))


def test_where_batches_are_made_there_is_no_reason() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(6)
        assert not stage.app.overview.query_one(BatchReason).display

    on_stage(act, FakeSource(together=True), size=(80, 24))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_reason_without_end_is_cut_at_the_last_line(width: int) -> None:
    lines = reason_lines("a driver said very much " * 30, width)
    assert len(lines) == MAX_LINES
    assert lines[-1].plain.endswith("…")
    assert all(line.cell_length <= width for line in lines)
