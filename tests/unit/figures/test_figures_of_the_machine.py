"""The machine's readings are the same figures in the JSON, the report, the CSV, the trace, the metrics and on the
plot's time axis, and where it offers none nothing is said."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pytest
from figure_sessions import ALL, read, updates

from ovtui.cli.export import FORMS
from ovtui.host.prometheus import PrometheusCollector
from ovtui.metrics import number_format
from ovtui.metrics.report.report import build_report
from ovtui.metrics.result.build import build_result
from ovtui.metrics.session.machine_stats import LABELS
from ovtui.records.export.perfetto import EVENTS
from ovtui.records.machine_readings import READING_NAMES

S = 1_000_000_000


def table_of(path: Any) -> dict[str, np.ndarray[Any, Any]]:
    """`ovtui export --to machine`, by column; NaN for an empty cell."""
    text = "".join(FORMS["machine"](str(path), "response"))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert "\r" not in text
    assert tuple(rows[0]) == ("t_s", *READING_NAMES)
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0]}


@ALL
def test_numpy_over_the_csv_agrees_with_the_json_and_the_report(made: Any, name: str) -> None:
    session = read(made(name))
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


@ALL
def test_the_columns_of_the_plot_are_those_of_the_csv(made: Any, name: str) -> None:
    session = read(made(name))
    table = table_of(session.path)
    history = session.digest.telemetry.history
    near = np.diff(table["t_s"], prepend=-9) < 1.9
    for t_s, follows, each in zip(table["t_s"], near, range(len(near)), strict=True):
        begin_s = table["t_s"][each - 1] if follows else t_s - 1
        for reading in READING_NAMES:
            # The CSV's times are rounded to the microsecond.
            found = history.columns(reading, round(begin_s * S) + 1000, round(t_s * S) - 1000, 1)
            assert found == pytest.approx([table[reading][each]], nan_ok=True, rel=1e-6), reading


@ALL
def test_the_trace_has_a_counter_for_each_reading(made: Any, name: str) -> None:
    path = made(name)
    table = table_of(path)
    events = json.loads("".join(FORMS["trace"](str(path), "response")))["traceEvents"]
    for each in READING_NAMES:
        values = [
            event["args"]["value"]
            for event in events
            if event["ph"] == "C" and event["name"] == each and event["pid"] == EVENTS
        ]
        assert values == pytest.approx(table[each][~np.isnan(table[each])].tolist(), rel=1e-6, abs=1e-3), each


@ALL
def test_the_metrics_have_the_newest_reading_and_nothing_that_it_lacks(made: Any, name: str) -> None:
    collector = PrometheusCollector()
    newest: dict[str, float] = {}
    for update in updates(made(name)):
        collector._digest.feed(update)
        newest = update.readings[-1].values() if update.readings else newest
        if update.readings and update.now_ns - update.readings[-1].t_ns < S:
            family = next(each for each in collector.collect() if each.name == "ovtui_machine_reading")
            assert {sample.labels["name"]: sample.value for sample in family.samples} == newest
    assert newest
