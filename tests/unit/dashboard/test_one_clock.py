"""The session has one clock: its header, the moments of requests and events, the charts and the exports have one zero,
which is the start of the session and not that of the engine or of the first request."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
from samples import compiled, device_changed, records, segment, spawned, started, update

from ovtui.dashboard.devices.event_list import EventList
from ovtui.dashboard.events.event_history import lines_of
from ovtui.dashboard.requests.request_columns import COLUMNS
from ovtui.dashboard.requests.request_detail import request_facts
from ovtui.dashboard.views.header import Header
from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result, to_json
from ovtui.records.export.csv_jsonl import csv_lines
from ovtui.records.export.perfetto import trace_json
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter

AT_S = 75.4321
"""When the last request completed, and the device changed. The engine started 60 s after the session."""


def test_every_surface_has_the_same_zero(tmp_path: Path) -> None:
    rows = records(np.array([62.0, 70.0, AT_S]) * 1e3, service_ms=4.0, segment=1)
    began = [*started()[:1], spawned(t_s=60.0), compiled(t_s=61.0), segment(t_s=61.5)]
    changed = device_changed(["(CPU)"], ["GPU.0"], AT_S)
    digest = Digest()
    digest.feed(update(rows, *began, changed, now_s=AT_S, submitted=3))
    header = Header()
    header._snapshot = digest.snapshot()
    assert "01:15 " in header.draw(120).plain
    (done,) = [column for column in COLUMNS if column.name == "done"]
    assert done.cell_texts(rows, 11, 1)[-1] == "01:15.4321"
    assert "01:15.432100 (+4.000 ms)" in str(request_facts(rows[-1:]))
    listed = EventList()
    listed._events, listed._session_state = [changed], digest.session_state
    assert listed.row(0, 100)[0][0].strip() == "01:15.4"
    assert lines_of(changed, digest.session_state, 100)[0].plain.split()[0] == "01:15.4"
    columns = digest.columns("response", 80_000_000_000, 10_000_000_000, 100)
    (last,) = np.flatnonzero(columns.count[-90:]) + 10
    assert columns.edges_s[last] <= AT_S < columns.edges_s[last + 1]
    result = json.loads(to_json(build_result(digest)))
    assert result["handovers"][0]["t_s"] == AT_S
    assert result["segments"][0]["t_s"] == 61.5
    path = str(tmp_path / "s.ovtui")
    writer = SessionWriter(path, {}, 1 << 30)
    writer.write([*began, changed], [rows.tobytes()], RecordingProgress(int(AT_S * 1e9), 0, 3, 0))
    writer.close()
    table = list(csv.DictReader(io.StringIO("".join(csv_lines(SessionReader(path))))))
    assert int(table[-1]["done_ns"]) == int(AT_S * 1e9)
    trace = json.loads("".join(trace_json(SessionReader(path))))["traceEvents"]
    ends = [event["ts"] + event["dur"] for event in trace if event.get("cat") == "request"]
    assert max(ends) == next(event["ts"] for event in trace if event["name"].startswith("handover")) == AT_S * 1e6
