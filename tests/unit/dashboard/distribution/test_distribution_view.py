"""The distribution view: its keys, and that its figures are those of the digest."""

from __future__ import annotations

from fake_source import FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.distribution.distribution_facts import DistributionFacts
from ovtui.dashboard.distribution.distribution_view import DistributionChart, DistributionView
from ovtui.dashboard.views.event_line import EventLine
from ovtui.settings.schema.settings import Settings


def shown(stage: Stage, chart: str) -> str:
    widget = stage.app.screen.query_one(f"#{chart}", DistributionChart)
    return "\n".join(widget.render_line(y).text for y in range(widget.size.height))


def facts(stage: Stage) -> str:
    return stage.app.screen.query_one(DistributionFacts).render().plain


async def opened(stage: Stage, at_s: float = 20) -> None:
    await stage.advance(at_s)
    await stage.press("4")
    await stage.advance(1)


def test_it_shows_histogram_and_curve_of_the_segment_in_force() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        assert isinstance(stage.app.screen, DistributionView)
        assert shown(stage, "bars").startswith("HISTOGRAM response ms, log")
        assert "p50" in shown(stage, "bars")
        assert shown(stage, "curve").startswith("PERCENTILES response ms, log")
        assert "response, the segment in force" in facts(stage)
        assert "by rule" in facts(stage)

    on_stage(act)


def test_keys_change_kind_grouping_span_axes_and_rule() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        await stage.press("m")
        assert "HISTOGRAM inference" in shown(stage, "bars")
        await stage.press("l")
        assert "inference ms, linear" in shown(stage, "curve")
        await stage.press("c")
        assert "by device" in facts(stage)
        assert "GPU.0" in shown(stage, "bars")
        assert "(CPU)" in shown(stage, "bars")
        assert "(CPU), max" in shown(stage, "curve")
        await stage.press("c")
        assert "full batches" in shown(stage, "bars")
        assert "timer runs" in shown(stage, "bars")
        await stage.press("c")
        assert "the newest segments" in facts(stage)
        await stage.press("c", "w")
        assert "the whole run" in facts(stage)
        await stage.press("w")
        assert "the last 60 s" in facts(stage)
        before = stage.app.digest.snapshot().latency["response"].count
        await stage.press("u", "u")
        assert stage.app.digest.warm_up_rule == "none"
        assert stage.app.digest.snapshot().latency["response"].count > before
        assert "nothing" in stage.app.screen.query_one(EventLine).render().plain

    on_stage(act)


def test_limits_are_drawn_for_their_own_latency_kind() -> None:
    source = FakeSource(settings=Settings(device="CPU", slo="p99<9ms,inference.p50<7ms"), handover_s=None, batch=1)

    async def act(stage: Stage) -> None:
        await opened(stage)
        assert "p99<9ms" in shown(stage, "curve")
        assert "inference.p50" not in shown(stage, "curve")
        await stage.press("m")
        assert "inference.p50<7ms" in shown(stage, "curve")

    on_stage(act, source)


def test_it_opens_before_anything_was_measured_and_small() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage, 0.25)
        assert shown(stage, "bars").startswith("HISTOGRAM")
        await stage.advance(8)
        assert "p50" in shown(stage, "bars")

    on_stage(act, size=(80, 24))


def test_percentiles_are_exported_as_a_table() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        await stage.press("c")
        extract = stage.app.view.export_all()
        assert extract is not None
        assert list(extract.headings) == ["group", "percentile", "response_ms"]
        rows = extract.rows()
        assert {row[0] for row in rows} == {"GPU.0", "(CPU)"}
        assert float(next(row[2] for row in rows if row[:2] == ["GPU.0", "50"])) > 0

    on_stage(act)


def test_ascii_reaches_the_pictures() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        await stage.press("g", "g")
        await stage.advance(1)
        assert (shown(stage, "bars") + shown(stage, "curve")).isascii()

    on_stage(act)
