"""The end rule of benchmark_app on the real engine: how many requests a load has, and which of them count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import openvino.opset13 as op
import pytest
from driven import driven

from ovtui.records.events import Compiled, LoadEnded, SegmentBegan
from ovtui.records.record import Flag, Records

RULE = {"model": "demo-matmul", "device": "CPU", "end_rule": "benchmark_app", "warm_up": "first"}
SHAPES = "[1,3,8,8][1,3,9,9][1,3,10,10]"


def load(**given: Any) -> tuple[Records, LoadEnded]:
    with driven(**{**RULE, **given}) as run:
        run.wait_finished()
        return np.sort(run.records(), order="seq"), run.of(LoadEnded)[0]


def counted(records: Records) -> int:
    return int(((records["flags"] & Flag.WARM_UP) == 0).sum())


@pytest.mark.parametrize("rate", ["0", "500"])
def test_requests_are_rounded_up_to_the_infer_requests(rate: str) -> None:
    records, ended = load(requests=10, nireq=3, rate=rate)
    assert (counted(records), len(records), ended.reason) == (12, 13, "requests")
    assert records["seq"][(records["flags"] & Flag.WARM_UP) != 0].tolist() == [0]
    assert records["done_ns"][0] <= records["submit_ns"][1], "the first inference is over before the load begins"


def test_without_a_warm_up_the_first_inference_is_one_of_them() -> None:
    records, _ = load(requests=10, nireq=3, warm_up="none")
    assert len(records) == 12


def test_one_in_flight_by_the_synchronous_way_makes_the_number() -> None:
    records, _ = load(requests=7, api="sync")
    assert counted(records) == 7


def test_by_themselves_the_infer_requests_are_as_many_as_in_force() -> None:
    with driven(**RULE, requests=7) as run:
        run.wait_finished()
        nireq = run.of(Compiled)[0].nireq
        assert counted(run.records()) == -(-7 // nireq) * nireq


@pytest.mark.parametrize("rate", ["0", "200"])
def test_a_duration_goes_on_to_whole_rounds(rate: str) -> None:
    records, ended = load(duration_s=0.4, nireq=3, rate=rate)
    count = counted(records)
    assert count % 3 == 0
    assert count
    assert ended.reason == "duration"
    assert ended.ended_ns is not None
    assert ended.ended_ns >= records["done_ns"].max(), "as there: with what was in flight"
    assert records["submit_ns"][1 + count - 3 :].max() >= records["submit_ns"][1] + 0.35e9


def test_both_have_to_be_reached_whichever_comes_last() -> None:
    records, ended = load(duration_s=0.3, requests=4, nireq=3)
    assert counted(records) > 6
    assert counted(records) % 3 == 0
    assert ended.reason == "duration"
    records, ended = load(duration_s=0.01, requests=20_000, nireq=3)
    assert (counted(records), ended.reason) == (20_001, "requests")


def test_a_second_engine_goes_on_with_the_count() -> None:
    with driven(**RULE, requests=1499, nireq=4, rate="300") as run:
        run.wait_completed(50)
        run.apply(nthreads=1)
        run.wait_finished()
        records = run.records()
        assert len({event.engine for event in run.of(SegmentBegan)}) == 2
        assert counted(records) == 1500
        assert int(((records["flags"] & Flag.WARM_UP) != 0).sum()) == 2, "each engine has its first inference"


def test_of_data_shapes_each_has_as_many_turns(tmp_path: Path) -> None:
    path = str(tmp_path / "any.xml")
    image = op.parameter([1, 3, -1, -1], np.float32, name="image")
    ov.save_model(ov.Model([op.result(op.relu(image))], [image], "any"), path)
    given = {"model": path, "data_shape": SHAPES, "fill_inputs": "benchmark_app"}
    records, _ = load(**given, requests=7, nireq=4)
    assert counted(records) == 9, "rounded up to 8 for the infer requests, and on to a multiple of the shapes"
    shapes = records["data_shape"][1:]
    assert [int((shapes == shape).sum()) for shape in range(3)] == [3, 3, 3]


def test_what_waits_beyond_the_last_round_is_unsent() -> None:
    records, ended = load(duration_s=0.3, nireq=3, rate="200000", backlog=10**6)
    assert counted(records) % 3 == 0
    assert ended.submitted == len(records)
    assert ended.unsent > 0
    assert len(ended.unsent_due_ns) == len(range(0, ended.unsent, ended.unsent_step))
