from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest
from samples import SECOND, device_changed, records, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.report.html import render_html
from ovtui.metrics.report.markdown import render_markdown
from ovtui.metrics.report.report import build_report
from ovtui.metrics.report.series import COLUMNS, ReportSeries
from ovtui.metrics.report.svg import PlotLine, PlotMark, plot
from ovtui.metrics.result.build import build_result
from ovtui.records.events import Note
from ovtui.settings.schema.settings import Settings

NASTY = 'x"><script>alert(1)</script>|`*[a](http://b)'


@pytest.fixture
def made() -> tuple[Digest, ReportSeries]:
    digest, series = Digest(), ReportSeries(10 * SECOND)
    rows = records(1000 + np.arange(9000), service_ms=2 + np.arange(9000) % 7)
    events = [*started(Settings(device=NASTY, model=NASTY), device=NASTY), device_changed(["(CPU)"], ["GPU.0"], 3.0)]
    note = Note(t_ns=4 * SECOND, severity="warning", text=NASTY)
    digest.feed(update(rows, *events, note, now_s=10, submitted=9000, finished=True))
    series.add(rows)
    return digest, series


class Page(HTMLParser):
    """What a browser would make of it."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_stands_alone_and_runs_nothing(made: tuple[Digest, ReportSeries]) -> None:
    digest, series = made
    text = render_html(build_report(build_result(digest), {"command": NASTY}), series, digest.run.histogram("response"))
    page = Page(text)
    assert "script" not in page.tags
    assert page.links == []
    assert "url(" not in text
    assert page.words.count(NASTY) >= 3
    assert page.tags.count("svg") == 3


def test_it_says_what_was_measured(made: tuple[Digest, ReportSeries]) -> None:
    digest, series = made
    report = build_report(build_result(digest), {"command": "ovtui -d AUTO"})
    page, text = Page(render_html(report, series, digest.run.histogram("response"))), render_markdown(report)
    for words in (page.words, text):
        assert "9,000 of 9,000 completed" in words
        assert "ovtui -d AUTO" in words
        assert "handover" in words
        assert "Test CPU, 2 cores, quota 1.5" in words
    assert re.search(r"\| response \| [\d.]+ \| [\d.]+ ", text)


def test_markdown_escapes_what_would_be_markup(made: tuple[Digest, ReportSeries]) -> None:
    text = render_markdown(build_report(build_result(made[0]), {"command": NASTY}))
    outside = "".join(text.split("```")[::2])
    assert "<script>" not in outside
    assert not re.search(r"(?<!\\)\]\(", outside)
    for line in outside.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) >= 3


def test_series_hold_the_whole_session_in_fixed_columns() -> None:
    series = ReportSeries(3600 * SECOND)
    for minute in range(60):
        series.add(records(minute * 60_000 + np.arange(0, 60_000, 10), service_ms=float(minute + 1)))
    assert len(series.rate()) == COLUMNS
    assert series.rate().sum() * series.step_s == pytest.approx(360_000)
    assert series.percentile(50)[0] == pytest.approx(1.0)
    assert series.percentile(50)[-1] == pytest.approx(60.0)
    assert series.worst().max() == 60.0


def test_plots_are_xml_with_everything_inside(made: tuple[Digest, ReportSeries]) -> None:
    x = np.arange(10.0)
    gap = np.where(x == 5, np.nan, x**3 + 1)
    marks = [PlotMark(float(at), f"mark {at} <&>") for at in range(10)]
    for scale in ("linear", "log"):
        root = ET.fromstring(plot("t<&>", "s", "ms", [PlotLine("a", "a", x, gap)], marks, y_scale=scale))  # type: ignore[arg-type]
        _, _, width, height = (float(part) for part in root.attrib["viewBox"].split())
        lines = [node for node in root if node.tag.endswith("polyline")]
        assert len(lines) == 2  # broken where nothing was measured
        for node in lines:
            for point in node.attrib["points"].split():
                px, py = (float(part) for part in point.split(","))
                assert 0 <= px <= width
                assert 0 <= py <= height


@pytest.mark.parametrize("values", [[], [np.nan], [5.0], [0.0, 0.0], [1e-9, 1e12]])
def test_plots_of_little_or_wild_data_do_not_fail(values: list[float]) -> None:
    y = np.array(values)
    for scale in ("linear", "log"):
        ET.fromstring(plot("t", "s", "ms", [PlotLine("a", "a", np.arange(len(y), dtype=float), y)], y_scale=scale))  # type: ignore[arg-type]


def test_a_session_that_measured_nothing_has_a_report() -> None:
    report = build_report(build_result(Digest()), {})
    assert "0 of 0 completed" in render_markdown(report)
    Page(render_html(report, ReportSeries(0), Histogram()))
