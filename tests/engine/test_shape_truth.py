"""The data shape that is recorded is the one that the request ran with: proved by a model whose output has the size of
its input, in every driver."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import openvino.opset13 as op
import pytest
from driven import driven

from ovtui.metrics.result.build import build_result
from ovtui.records.events import SegmentBegan
from ovtui.records.record import Flag

LOADS: list[dict[str, Any]] = [
    {"driver": "sync", "nireq": 1},
    {"driver": "closed", "nireq": 1},
    {"driver": "closed", "nireq": 4},
    {"driver": "polled", "nireq": 3},
    {"driver": "polled", "nireq": 2, "rate": 2000.0},
    {"driver": "callbacks", "nireq": 4},
    {"driver": "callbacks", "nireq": 2, "rate": 2000.0},
]
GOOD = "[1,3,8,8][1,3,16,4][1,3,8,8][1,3,40,30][1,3,4,5]"
WITH_A_FAILING = "[1,3,8,8][1,3,16,4][1,3,4,7]"


@pytest.fixture(scope="module")
def runs() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    cases = [{**load, "data_shape": shapes, "requests": 40} for shapes in (GOOD, WITH_A_FAILING) for load in LOADS]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("shape_truth.py")), json.dumps(cases)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return list(zip(cases, json.loads(done.stdout), strict=True))


def test_the_shape_recorded_is_the_one_that_ran(runs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for case, found in runs:
        good = [row for row in found["rows"] if not row[2] & Flag.ERROR]
        assert len(good) >= 2, case
        for seq, shape, _, size in good:
            assert size is not None, (case, seq)
            assert shape == f"[1,3,{size[0]},{size[1]}]", (case, seq)
        if case["data_shape"] == GOOD:
            assert len(good) == 40
            assert found["errors"] == []


def test_a_failed_request_has_the_shape_that_failed(runs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for case, found in runs:
        failed = {shape for _, shape, flags, _ in found["rows"] if flags & Flag.ERROR}
        assert failed == (set() if case["data_shape"] == GOOD else {"[1,3,4,7]"}), case


def test_the_first_of_each_shape_is_marked(runs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for case, found in runs:
        marked = [shape for _, shape, flags, _ in found["rows"] if flags & Flag.WARM_UP]
        if case["data_shape"] == GOOD:  # which gives one shape twice
            assert sorted(marked) == ["[1,3,16,4]", "[1,3,4,5]", "[1,3,40,30]", "[1,3,8,8]"], case


def test_each_data_shape_has_figures_of_its_own(tmp_path: Path) -> None:
    image = op.parameter([-1, 3, -1, -1], np.float32, name="image")
    kernel = op.constant(np.ones((32, 3, 5, 5), np.float32))
    wide = op.convolution(image, kernel, [1, 1], [2, 2], [2, 2], [1, 1])
    ov.save_model(ov.Model([op.result(wide)], [image], "any_size"), tmp_path / "any_size.xml")
    small, large = "[1,3,8,8]", "[4,3,96,96]"
    values = {"model": str(tmp_path / "any_size.xml"), "device": "CPU", "nireq": 2, "layout": "NCHW"}
    with driven(**values, data_shape=small + large, requests=101) as run:
        run.wait_finished()
        result = build_result(run.digest)
        first, second = result.by_shape
        assert [(each.shape, each.items, each.requests) for each in (first, second)] == [(small, 1, 51), (large, 4, 50)]
        assert (first.latency_ms.inference.p50 or 0) * 4 < (second.latency_ms.inference.p50 or 0)
        assert (result.items_are, result.items_per_request) == ("known", round((51 + 4 * 50) / 101, 4))
        assert [each.latency_ms.inference.count < each.requests for each in (first, second)] == [True, True]
        assert first.first_ms is not None
        assert second.first_ms is not None
    # The same shapes under other numbers, in an engine of its own: the same groups.
    with driven(**values, data_shape=small + large) as run:
        run.wait_completed(10)
        run.apply(data_shape=large + small + small)
        run.wait_event(SegmentBegan, 2)
        run.wait_completed(30)
        run.session.stop()
        run.wait_finished()
        result, records = build_result(run.digest), run.records()
        later = records["segment"] == 2
        shares = {each.shape: each.requests for each in result.by_shape}
        of_large = np.where(later, records["data_shape"] == 0, records["data_shape"] == 1)
        assert shares == {small: int((~of_large).sum()), large: int(of_large.sum())}
