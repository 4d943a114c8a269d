"""numpy over the CSV agrees with the Result within the width of a bucket; W and the export write one CSV; and nothing
but the digest makes figures."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from figure_sessions import ALL, BUCKET_SHARE, KINDS, RULES, Session, play, read, settle
from stage import Stage

from ovtui import recordings
from ovtui.metrics.latency.hgrm import hgrm_lines
from ovtui.metrics.number_format import UNKNOWN
from ovtui.records.export import csv_jsonl
from ovtui.records.record import Flag
from ovtui.records.session_file.reader import SessionReader
from ovtui.settings.schema.settings import WarmUpRule


@ALL
@RULES
def test_numpy_over_the_csv_agrees_with_the_result(made: Any, name: str, rule: WarmUpRule | None) -> None:
    session = read(made(name), rule)
    result = session.result
    rows = csv_of(session.path)
    assert len(rows["seq"]) == result["requests"]["completed"] - result["requests"]["lost"]
    assert np.count_nonzero(rows["flags"] & 2) == result["requests"]["errors"]
    assert np.count_nonzero(rows["flags"] & 16) == result["requests"]["late"]
    succeeded = np.count_nonzero(rows["flags"] & 2 == 0)
    assert result["latency_ms"]["response"]["count"] == succeeded - result["warm_up"]["requests"]
    kept = counted(rows, session)
    agree(result["latency_ms"], rows, kept)
    for segment in result["segments"]:
        here = rows["segment"] == segment["segment"]
        assert np.count_nonzero(here) == segment["completed"]
        agree(segment["latency_ms"], rows, kept & here)
        for part in segment["devices"]:
            agree(part["latency_ms"], rows, kept & here & (rows["device"] == csv_name(part["device"])))
    for device, figures in result["by_device"].items():
        here = rows["device"] == csv_name(device)
        assert np.count_nonzero(here) == figures["requests"]
        agree(figures["latency_ms"], rows, kept & here)
    assert {each["shape"] for each in result["by_shape"]} == set(rows["data_shape"]) - {""}
    first, items = rows["flags"] & 3 == 1, 0
    for each in result["by_shape"]:
        here = rows["data_shape"] == each["shape"]
        assert np.count_nonzero(here) == each["requests"]
        assert np.count_nonzero(rows["flags"][here] & 2) == each["errors"]
        assert each["first_ms"] == rows["inference_ms"][here & first].max()
        agree(each["latency_ms"], rows, kept & here)
        items += each["items"] * (each["requests"] - each["errors"])
    if result["by_shape"]:
        assert result["items_per_request"] == pytest.approx(items / succeeded, abs=1e-4)
        assert result["items_per_s"] == pytest.approx(result["throughput"] * result["items_per_request"], abs=1e-3)


@ALL
@RULES
def test_csv_jsonl_and_hgrm_leave_out_what_the_result_leaves_out(made: Any, name: str, rule: WarmUpRule | None) -> None:
    """Also after another rule was put in force: by the marks of the export alone, without knowledge of the rule."""
    session = read(made(name), rule)
    result, mark = session.result, session.digest.mark_left_out
    latencies = result["latency_ms"]
    table = list(csv.DictReader(io.StringIO("".join(csv_jsonl.csv_lines(SessionReader(str(session.path)), mark)))))
    left_out = [row for row in table if "warm-up" in row["state"].split()]
    assert len(left_out) == result["warm_up"]["requests"]
    kept = [row for row in table if not {"warm-up", "error"} & set(row["state"].split())]
    assert kept == [row for row in table if not int(row["flags"]) & (Flag.LEFT_OUT | Flag.ERROR)]
    lines = [json.loads(line) for line in csv_jsonl.json_lines(SessionReader(str(session.path)), mark)
             for line in line.splitlines()]  # fmt: skip
    assert [line["seq"] for line in lines if not {"left-out", "error"} & set(line["flags"])] == [
        int(row["seq"]) for row in kept
    ]
    assert sum("overtaken" in row["state"] for row in table) == result["requests"]["out_of_order"]
    for kind in KINDS:
        values = np.sort([float(row[f"{kind}_ms"]) for row in kept])
        assert latencies[kind]["count"] == len(values)
        *ticks, mean, maximum = "".join(hgrm_lines(session.digest.run.histogram(kind))).splitlines()[2:] or ["", ""]
        if not len(values):
            continue
        assert re.search(r"Mean += +([\d.]+)", mean).group(1) == f"{latencies[kind]['mean']:.3f}"
        assert int(re.search(r"count += +(\d+)", maximum).group(1)) == len(values)
        for value, percentile, *_ in map(str.split, ticks):
            nearest = max(math.ceil(float(percentile) * len(values) - 1e-9), 1)
            # The upper edge of the bucket, and then three decimals.
            true = values[nearest - 1]
            assert true - 6e-4 <= float(value) <= true * (1 + 2 * BUCKET_SHARE) + 6e-4


def csv_name(key: str) -> str:
    return {"unknown": UNKNOWN}.get(key, key)


TEXTS = ("device", "state", "batch_size_is", "data_shape")


def csv_of(path: Path) -> dict[str, Any]:
    """Its columns as arrays."""
    table = list(csv.reader(io.StringIO("".join(csv_jsonl.csv_lines(SessionReader(str(path)))))))
    columns = dict(zip(table[0], zip(*table[1:], strict=True), strict=True))
    numbers = {
        name: np.array(cells, np.float64 if name.endswith("_ms") else np.int64)
        for name, cells in columns.items()
        if name not in TEXTS
    }
    return {**numbers, **{name: np.array(columns[name]) for name in ("device", "data_shape")}}


def counted(rows: dict[str, Any], session: Session) -> Any:
    """Which requests count under the rule in force, as docs/statistics.md has it."""
    result = session.result
    rule, flags = result["warm_up"]["rule"], rows["flags"]
    if rule == "none":
        return flags & 2 == 0
    kept = flags & 3 == 0
    if rule == "first":
        return kept
    first_segments = {segment["engine"]: segment for segment in reversed(result["segments"])}
    for engine, first in first_segments.items():
        warm_up = session.digest._breakdowns.warm_ups[engine]  # the result has the end of the last engine's alone
        if not warm_up.steady:
            continue
        of_engine = np.isin(rows["segment"], [s["segment"] for s in result["segments"] if s["engine"] == engine])
        pool = (rows["seq"] < first["first_seq"] + first["nireq"]) & (rows["submit_ns"] <= warm_up.began_ns + 1e8)
        kept = kept & ~(of_engine & (pool | (rows["done_ns"] < (warm_up.until_ns or 0))))
    return kept


def agree(latencies: dict[str, Any], rows: dict[str, Any], kept: Any) -> None:
    for kind in KINDS:
        values, latency = rows[f"{kind}_ms"][kept], latencies[kind]
        assert latency["count"] == len(values)
        if not len(values):
            continue
        assert (latency["min"], latency["max"]) == (values.min(), values.max())
        assert latency["mean"] == pytest.approx(values.mean(), abs=2e-6)
        for name, q in (("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99), ("p999", 99.9)):
            if latency[name] is not None:
                nearest = math.ceil(q * len(values) / 100 - 1e-9)
                assert latency[name] == pytest.approx(np.sort(values)[nearest - 1], rel=BUCKET_SHARE)


def test_the_key_on_the_dashboard_writes_what_the_export_writes(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = made("errors")

    async def act(stage: Stage) -> None:
        await settle(stage)
        await stage.press("2", "W")
        await stage.app.workers.wait_for_complete()

    play(act, path)
    (written,) = tmp_path.glob("*.csv")
    mark = read(path).digest.mark_left_out
    assert written.read_text(encoding="utf-8") == "".join(csv_jsonl.csv_lines(SessionReader(str(path)), mark))


def test_nothing_but_the_digest_makes_figures_of_a_tally() -> None:
    """A Tally needs to be told the warm-up rule; the Digest hands out figures under the one that is in force."""
    package = Path(recordings.__path__[0]).parent
    importers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"metrics\.groups(\.tally)? import .*\b[Tt]ally\b", path.read_text(encoding="utf-8"))
    }
    assert importers == {
        "metrics/digest.py", "metrics/groups/breakdowns.py", "metrics/groups/by_shape.py",
        "metrics/groups/group_figures.py", "metrics/groups/in_force.py", "metrics/queries/shapes.py",
    }  # fmt: skip
