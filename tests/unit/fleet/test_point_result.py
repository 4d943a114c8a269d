"""A point of a box has the figures that a sweep on this machine would make of the same requests."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ovtui import recordings
from ovtui.cli.replay import digest_of, open_recording
from ovtui.fleet.sweep.point_result import box_settings, measured_of
from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result, to_json
from ovtui.settings.schema.settings import Settings

NAMES = ("three-hints", "batching-on")


@pytest.fixture(scope="module", params=NAMES)
def recorded(request: pytest.FixtureRequest) -> tuple[Digest, dict[str, Any]]:
    recording = open_recording(str(Path(recordings.__path__[0]) / f"{request.param}.ovtui"))
    try:
        digest = digest_of(recording)
    finally:
        recording.close()
    return digest, json.loads(to_json(build_result(digest)))


def test_the_figures_are_those_of_the_last_segment(recorded: tuple[Digest, dict[str, Any]]) -> None:
    digest, result = recorded
    result = copy.deepcopy(result)
    result["warm_up"]["until_s"] = None  # as in a sweep, whose engines are warm when a point begins
    measured, _ = measured_of(result, Settings())
    number = max(segment.segment for segment in digest.session_state.segments)
    group = digest.segment(number)
    response, figures = group.latency["response"], measured.figures
    assert figures is not None
    assert (figures.throughput, figures.measured_s, figures.errors) == (group.throughput, group.span_s, group.errors)
    assert (figures.p50_ms, figures.p90_ms, figures.p99_ms) == (response.p50, response.p90, response.p99)
    assert (figures.mean_ms, figures.requests) == (response.mean, response.count)
    assert figures.items_per_request == digest.run.items_per_request
    assert (measured.outcome, measured.segment) == ("measured", number)


def test_the_warm_up_counts_neither_as_requests_nor_as_time(recorded: tuple[Digest, dict[str, Any]]) -> None:
    result = copy.deepcopy(recorded[1])
    result["warm_up"]["until_s"] = 1.0
    segment = result["segments"][-1]
    counted = segment["latency_ms"]["response"]["count"]
    figures = measured_of(result, Settings())[0].figures
    assert figures is not None
    assert figures.measured_s == pytest.approx(segment["duration_s"] - 1.0, abs=1e-6)
    assert figures.throughput == pytest.approx(counted / figures.measured_s, abs=1e-3)
    # Of an open loop all that came due counts, however warm the engine was.
    figures = measured_of(result, Settings(rate=10.0))[0].figures
    assert figures is not None
    assert figures.throughput == segment["throughput"]


def test_limits_queues_and_nothing_at_all(recorded: tuple[Digest, dict[str, Any]]) -> None:
    result, slo = copy.deepcopy(recorded[1]), Settings(slo="p99<20ms")
    limit = {"limit": "p99<20ms", "default": False, "value": 30.0, "unit": "ms", "why": "9 of 700 over"}
    result["slo"] = [{**limit, "verdict": "held"}, {**limit, "verdict": "missed"}]
    measured = measured_of(result, slo)[0]
    assert (measured.outcome, measured.reason) == ("missed", "p99<20ms MISSED: 30 ms (9 of 700 over)")
    result["advice"] = [{"id": "overloaded", "severity": "warning", "text": "overloaded: 9 were never\x1b[2J sent"}]
    measured = measured_of(result, Settings(rate=10.0))[0]
    assert measured.outcome == "overload"
    assert "\x1b" not in measured.reason
    result["segments"][-1]["latency_ms"]["response"] = {"count": 0}
    assert "no request came back" in measured_of(result, Settings())[0].reason
    for nonsense in (None, {}, {"segments": 3}, {**result, "segments": [{}]}):
        assert measured_of(nonsense, Settings())[0].outcome == "failed"


def test_a_point_has_an_end_and_no_stand_in() -> None:
    point = box_settings(Settings(model="demo-mlp", device="AUTO:GPU,CPU", requests=9), 5.0)
    assert (point.duration_s, point.requests) == (7.0, 0)
    assert point.properties == {"ENABLE_STARTUP_FALLBACK": "NO"}
    kept = Settings(device="AUTO", properties={"ENABLE_STARTUP_FALLBACK": "YES"})
    assert box_settings(kept, 0.5).properties == kept.properties
    assert box_settings(Settings(device="CPU"), 0.5).properties == {}
