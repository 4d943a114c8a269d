"""Why a session ended whose engine did not end in order: at the top of the summary and of reports."""

from __future__ import annotations

from samples import SECOND, began, segment, spawned, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.report.html import render_html
from ovtui.metrics.report.markdown import render_markdown
from ovtui.metrics.report.report import build_report
from ovtui.metrics.report.series import ReportSeries
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.served_by import end_text
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.events import EngineExited, EngineFailed, Event, LoadEnded
from ovtui.records.record import empty_records


def digest_of(*events: Event) -> Digest:
    digest = Digest()
    digest.feed(update(empty_records(), *events, now_s=20.0))
    return digest


def died(t_s: float = 8.25) -> EngineExited:
    return EngineExited(
        t_ns=int(t_s * SECOND), engine=1, expected=False, signal="SIGSEGV", code=-11, unfinished=3,
        last_words="boom error",
    )  # fmt: skip


def test_a_dead_engine_is_told_first_with_its_signal_and_last_words() -> None:
    digest = digest_of(*started(), died())
    result = build_result(digest)
    told = end_text(result)
    assert told.startswith("engine 1 died: SIGSEGV (11: invalid memory access in native code), 3 requests unfinished")
    assert told.endswith("; its last error: boom error; at 00:08.2")
    assert " ".join(summary_lines(result)[0].split()).startswith("ended engine 1 died: SIGSEGV")
    report = build_report(result, {})
    assert list(report.facts.rows[0]) == ["ended", told]
    assert "ended" in render_markdown(report).split("\n")[4]
    html = render_html(report, ReportSeries(20 * SECOND), digest.run.histogram("response"))
    assert html.index("SIGSEGV") < html.index("requests")


def test_a_start_that_failed_and_an_engine_that_failed_later() -> None:
    failed = EngineFailed(t_ns=2 * SECOND, engine=1, reason="no such model")
    assert end_text(build_result(digest_of(began(), spawned(), failed))) == (
        "the engine could not start: no such model; at 00:02.0"
    )


def test_nothing_is_told_of_others() -> None:
    ended = LoadEnded(t_ns=9 * SECOND, engine=1, reason="stopped", submitted=1)
    for events in (
        started(),
        [*started(), ended],
        [*started(), died(), spawned(2, 9.0), segment(2, 2, 10.0)],
    ):
        assert end_text(build_result(digest_of(*events))) == ""
    assert end_text(build_result(digest_of(*started(), died(), spawned(2, 9.0)))) == "", "another one is starting"
