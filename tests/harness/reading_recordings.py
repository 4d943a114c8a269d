"""Reads a recording in each way that a command reads one, in this process."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ovtui.cli.export import FORMS
from ovtui.cli.replay import digest_of
from ovtui.host.backfill import BackfillReader
from ovtui.metrics.recorded.about import side_of
from ovtui.metrics.recorded.load import NoSuchLoad, load_of
from ovtui.metrics.recorded.percentile_curve import curve_of
from ovtui.metrics.recorded.result import compare_result
from ovtui.metrics.recorded.text import table_lines, why_lines
from ovtui.metrics.report.html import render_html
from ovtui.metrics.report.markdown import render_markdown
from ovtui.metrics.report.report import build_report
from ovtui.metrics.report.series import ReportSeries
from ovtui.metrics.result.build import build_result, to_json
from ovtui.metrics.result.schema import Result
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.json_text import json_text
from ovtui.records.record import empty_records
from ovtui.records.session_file.reader import SessionFileError, SessionReader
from ovtui.records.session_file.replay import Replay
from ovtui.settings.schema.fail_if import parse_fail_ifs
from ovtui.settings.shown_text import encodable

ROWS = 300
"""Of the session file, that a client which attaches would read."""


def impossible(result: Result, end_ns: int) -> str:
    """What no session can have had of requests; empty where the account may be one."""
    counts = result.requests
    most = 1_000_000 * (end_ns / 1e9 + 1) + (1 << 24)
    if max(counts.submitted, counts.completed, counts.shed, counts.unsent or 0) > most or counts.unfinished > 1 << 24:
        return f"in {end_ns / 1e9:.1f} s: {counts}"
    if counts.submitted != counts.completed + counts.unfinished:
        return f"submitted is not completed + unfinished: {counts}"
    if counts.due is not None and counts.due != counts.submitted + counts.shed + (counts.unsent or 0):
        return f"due is not submitted + shed + unsent: {counts}"
    return ""


def read_in_each_way(path: Path) -> str:
    """What is said of its damage, empty without; or why it is no recording. Raises what a command would end in a
    traceback with."""
    try:
        recording = Replay(str(path))
    except SessionFileError as error:
        return f"refused: {error}"
    series = ReportSeries(recording.end_ns)
    digest = digest_of(recording, lambda update: series.add(update.records))
    result = build_result(digest)
    assert not (odd := impossible(result, recording.end_ns)), odd
    encodable("\n".join(summary_lines(result))).encode()
    to_json(result)
    report = build_report(result, recording.meta)
    encodable(render_markdown(report)).encode()
    encodable(render_html(report, series, digest.run.histogram("response"))).encode()
    encodable(recording.provenance).encode()
    for target in ("handover", "timeout", "error"):
        recording.seek(0)
        recording.jump(target)  # type: ignore[arg-type]
        recording.poll()
    told = " ".join(filter(None, [recording.damage_sentence(), recording.state.text, recording.newer]))
    for form in FORMS.values():
        for piece in form(str(path), "response"):
            encodable(piece).encode()
    recording.close()
    again = SessionReader(str(path))
    with contextlib.suppress(NoSuchLoad):
        load = load_of(digest, again.readable_records(), None, "response")
        side = side_of(str(path), digest, load)
        compared = compare_result(side, load, side, load, parse_fail_ifs(["p99>+5%,errors>+0%,joules<-1%"]))
        encodable("\n".join([*table_lines(compared), *why_lines(compared), *compared.warnings])).encode()
        json_text(compared)
        curve_of(load)
    again.close()
    backfill = BackfillReader(str(path), ROWS)
    while not backfill.ended:
        backfill.next_piece(empty_records())
    file = SessionReader(str(path))
    try:
        for _ in file.all_records():
            pass
    except SessionFileError:
        pass
    finally:
        file.close()
    return told
