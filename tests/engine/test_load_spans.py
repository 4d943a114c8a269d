"""The span of a real load: when it begins and ends, what is due in it, and requests that fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from driven import driven
from openvino import opset13 as op

from ovtui.engine.load.driver import LoadPlan
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.schema import Result
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.record import Records


def result_of(**values: Any) -> tuple[Result, Records]:
    with driven(**{"model": "demo-matmul", "device": "CPU", **values}) as run:
        run.wait_finished()
        return build_result(run.digest), run.records()


def test_a_duration_begins_with_the_first_request_due() -> None:
    result, rows = result_of(rate=1000.0, duration_s=1.0)
    assert result.requests.due == 1000
    assert result.duration_s == 1.0
    assert result.requests.unsent or result.throughput == result.requests.completed  # a busy machine may be too slow
    assert rows["due_ns"].max() - rows["due_ns"].min() <= 999_000_000


def test_a_number_of_requests_ends_when_the_next_one_would_be_due() -> None:
    result, rows = result_of(rate=5.0, requests=4)
    assert rows["due_ns"].max() - rows["due_ns"].min() == 600_000_000
    assert result.throughput == round(4 / result.duration_s, 3)
    # Later only where a machine was so busy that the last one was sent later, not where the load thread woke late.
    sent_s = (rows["submit_ns"].max() - rows["due_ns"].min()) / 1e9
    assert result.duration_s == 0.8 if sent_s < 0.75 else result.duration_s >= 0.8


def test_a_late_wake_up_after_the_last_request_is_no_part_of_the_load() -> None:
    plan = LoadPlan(all_sent_ns=1_000)
    assert plan.ended_ns("requests", 1_500, 1_600) == 1_500, "sent in time; the thread saw it 100 ns late"
    plan.all_sent_ns = 1_550
    assert plan.ended_ns("requests", 1_500, 1_600) == 1_550, "an overload put off the last one"
    plan.all_sent_ns = None
    assert plan.ended_ns("requests", 1_500, 1_600) == 1_600, "the last one was shed"
    assert plan.ended_ns("requests", None, 1_600) is None


def test_random_arrivals_have_the_span_of_the_schedule_too() -> None:
    result, rows = result_of(rate=300.0, arrival="poisson", duration_s=0.7, nireq=8)
    assert result.duration_s == 0.7
    assert result.requests.due == result.requests.submitted + result.requests.unsent
    assert result.throughput == round(len(rows) / 0.7, 3)


@pytest.mark.parametrize("nireq", [1, 4])
def test_a_closed_loop_counts_what_came_back_in_its_span(nireq: int) -> None:
    result, rows = result_of(nireq=nireq, duration_s=0.6)
    assert result.duration_s == 0.6
    began_ns = int(rows["due_ns"].min())
    within = int(np.count_nonzero(rows["done_ns"] <= began_ns + 600_000_000))
    assert result.throughput is not None
    assert abs(result.throughput * 0.6 - within) <= max(nireq, len(rows) * 0.02)
    result, rows = result_of(nireq=nireq, requests=200)
    done_ns = np.sort(rows["done_ns"])
    assert result.duration_s == round((done_ns[-1] - done_ns[nireq - 1]) / 1e9, 6)
    assert result.throughput == pytest.approx((200 - nireq) / (done_ns[-1] - done_ns[nireq - 1]) * 1e9, rel=1e-3)


@pytest.fixture
def reshapes(tmp_path: Path) -> Path:
    """A model that fails at run time where four numbers do not have the shape that its other input asks for."""
    data, pattern = op.parameter([4], np.float32, name="data"), op.parameter([2], np.int64, name="pattern")
    path = tmp_path / "reshapes.xml"
    ov.save_model(ov.Model([op.reshape(data, pattern, False)], [data, pattern], "reshapes"), path)
    return path


def patterns(path: Path, *shapes: tuple[int, int]) -> str:
    file = path.with_name("patterns.npy")
    np.save(file, np.array(shapes, np.int64))
    return f"pattern:{file}"


def test_failed_requests_take_their_time_and_stand_first(reshapes: Path) -> None:
    inputs = patterns(reshapes, (2, 2), (3, 2), (3, 3), (5, 1))
    result, _ = result_of(model=str(reshapes), input=inputs, rate=40.0, requests=40)
    assert (result.requests.errors, result.requests.error_share) == (30, 0.75)
    assert result.duration_s >= 1.0  # later only where the machine was so busy that the last one was sent later
    assert result.throughput == round(10 / result.duration_s, 3)
    assert len(result.requests.error_reasons) == 3
    assert result.by_device["CPU"].errors == 30
    lines = summary_lines(result)
    assert lines[0].startswith("errors       75.0 % of requests failed: ")
    assert next(line for line in lines if line.startswith("requests")).startswith("requests     75.0 % failed: 30 err")


@pytest.mark.parametrize("load", [{"rate": 40.0}, {"nireq": 1}, {"nireq": 4}], ids=["open", "one", "four"])
def test_a_run_in_which_every_request_fails(reshapes: Path, load: dict[str, Any]) -> None:
    result, rows = result_of(model=str(reshapes), input=patterns(reshapes, (3, 2)), duration_s=0.5, **load)
    assert len(rows) == result.requests.errors == result.requests.completed > 0
    assert (result.duration_s, result.throughput, result.requests.error_share) == (0.5, 0.0, 1.0)
    assert summary_lines(result)[0].startswith("errors       100.0 % of requests failed: ")
