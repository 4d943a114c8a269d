"""The machine's readings are the same figures in the JSON, the report, the CSV, the trace, the metrics and on the
plot's time axis, and where it offers none nothing is said."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from figure_recordings import MADE, SHIPPED, ended, engine_rows, on_cpu
from figure_sessions import read, updates

from ovtui.cli.export import FORMS
from ovtui.host.prometheus import PrometheusCollector
from ovtui.metrics import number_format
from ovtui.metrics.report.report import build_report
from ovtui.metrics.result.build import build_result
from ovtui.metrics.session.machine_stats import LABELS
from ovtui.records.export.perfetto import EVENTS
from ovtui.records.machine_readings import READING_NAMES, MachineReading
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
from ovtui.settings.schema.settings import Settings

S = 1_000_000_000


def reading(second: int) -> MachineReading:
    """Of a machine that offers all there is, but for the NPU's clock at first and a GPU that is asleep at last."""
    values = {name: 10.0 * place + second + 0.125 for place, name in enumerate(READING_NAMES)}
    values |= {name: 2.5e8 + place * 1e6 * second for place, name in enumerate(READING_NAMES) if "bytes" in name}
    values |= {"cpu_percent": 40.0 + second, "gpu_throttled": float(second == 3)}
    left_out = {"npu_mhz"} if second < 3 else {"gpu_mhz", "gpu_percent"} if second == 5 else set()
    return MachineReading(t_ns=second * S, **{name: value for name, value in values.items() if name not in left_out})


@pytest.fixture(params=["everything", *MADE, *SHIPPED])
def path(request: pytest.FixtureRequest, made: Any, tmp_path: Path) -> Path:
    """Of a recording."""
    if request.param != "everything":
        return Path(made(request.param))
    settings = Settings(device="CPU", rate=40.0, duration_s=5.0)
    rows = engine_rows(200, 40.0, 2.0)
    made_here = tmp_path / "everything.ovtui"
    writer = SessionWriter(str(made_here), {"command": "ovtui run"}, 1 << 30)
    progress = RecordingProgress(int(rows["done_ns"].max()), 0, len(rows), 0)
    writer.write([*on_cpu(settings), ended(rows)], [rows.tobytes()], progress, [reading(at) for at in range(1, 6)])
    writer.close()
    return made_here


def table_of(path: Any) -> dict[str, np.ndarray[Any, Any]]:
    """`ovtui export --to machine`, by column; NaN for an empty cell."""
    text = "".join(FORMS["machine"](str(path), "response"))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert "\r" not in text
    assert tuple(rows[0]) == ("t_s", *READING_NAMES)
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0]}


def test_numpy_over_the_csv_agrees_with_the_json_and_the_report(path: Path) -> None:
    session = read(path)
    table = table_of(session.path)
    assert (np.diff(table["t_s"]) > 0).all()
    telemetry = session.result["telemetry"]
    assert tuple(telemetry) == READING_NAMES
    section = next(s for s in build_report(build_result(session.digest), {}).sections if s.title == "Machine")
    rows = {row[0]: row[1:] for row in section.table.rows}
    for each in READING_NAMES:
        known = table[each][~np.isnan(table[each])]
        spread = telemetry[each]
        assert (spread is None) == (len(known) == 0), each
        assert (LABELS[each] in rows) == (spread is not None), each
        if spread is not None:
            assert [spread[of] for of in ("min", "mean", "max")] == pytest.approx(
                [known.min(), known.mean(), known.max()], abs=0.5 if each.endswith("_bytes") else 6e-4
            )
            text = number_format.size if each.endswith("_bytes") else number_format.reading
            assert rows[LABELS[each]] == [text(spread[of]) for of in ("min", "mean", "max")]
    assert len(rows) == sum(spread is not None for spread in telemetry.values())


def test_the_columns_of_the_plot_are_those_of_the_csv(path: Path) -> None:
    session = read(path)
    table = table_of(session.path)
    history = session.digest.telemetry.history
    near = np.diff(table["t_s"], prepend=-9) < 2.9
    for t_s, follows, each in zip(table["t_s"], near, range(len(near)), strict=True):
        begin_s = table["t_s"][each - 1] if follows else t_s - 1
        for name in READING_NAMES:
            # The CSV's times are rounded to the microsecond.
            found = history.columns(name, round(begin_s * S) + 1000, round(t_s * S) - 1000, 1)
            assert found == pytest.approx([table[name][each]], nan_ok=True, rel=1e-6), name


def test_the_trace_has_a_counter_for_each_reading(path: Path) -> None:
    table = table_of(path)
    events = json.loads("".join(FORMS["trace"](str(path), "response")))["traceEvents"]
    for each in READING_NAMES:
        values = [
            event["args"]["value"]
            for event in events
            if event["ph"] == "C" and event["name"] == each and event["pid"] == EVENTS
        ]
        assert values == pytest.approx(table[each][~np.isnan(table[each])].tolist(), rel=1e-6, abs=1e-3), each


def test_the_metrics_have_the_newest_reading_and_nothing_that_it_lacks(path: Path) -> None:
    collector = PrometheusCollector()
    newest: dict[str, float] = {}
    for update in updates(path):
        collector._digest.feed(update)
        newest = update.readings[-1].values() if update.readings else newest
        if update.readings and update.now_ns - update.readings[-1].t_ns < S:
            family = next(each for each in collector.collect() if each.name == "ovtui_machine_reading")
            assert {sample.labels["name"]: sample.value for sample in family.samples} == newest
    assert newest
