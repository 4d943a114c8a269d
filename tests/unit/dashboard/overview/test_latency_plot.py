"""The latency plot in the overview: its time window."""

from __future__ import annotations

from stage import Stage, on_stage

from ovtui.dashboard.overview.latency_plot import LatencyPlot
from ovtui.dashboard.overview.sparkline import Sparkline
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer


def plot_text(stage: Stage) -> str:
    plot = stage.app.overview.query_one(LatencyPlot)
    return "\n".join(plot.render_line(y).text for y in range(plot.size.height))


def test_the_plot_is_fixed_around_the_newest_change_of_device_and_follows_again() -> None:
    async def act(stage: Stage) -> None:
        await stage.press("H")
        assert "has not changed yet" in stage.text(EventLine)
        await stage.advance(4)
        assert "H handover" in stage.text(Footer)
        await stage.press("H")
        assert "00:03 ±3 s   H back" in plot_text(stage)
        assert "-3 s" in plot_text(stage)
        await stage.advance(12)
        before = plot_text(stage)
        *_, band, legend = before.splitlines()
        assert band.split()[:3] == ["CPU", "stands", "in"]
        assert "▏GPU.0 ━" in band
        assert legend.split()[0] == "①"
        assert legend.strip().endswith("s GPU.0 takes over")
        assert "now" not in before
        await stage.advance(5)
        assert plot_text(stage) == before
        await stage.press("H")
        assert "now" in plot_text(stage)
        assert "±" not in plot_text(stage)
        await stage.press("H", "z")
        assert "±1.5 s" in plot_text(stage), "z shortens the span around the change"

    on_stage(act)


def test_the_sparkline_shows_its_fixed_window() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("H")
        assert "00:03 ±3 s" in stage.app.overview.query_one(Sparkline).render_line(0).text

    on_stage(act, size=(80, 24))
