"""A point of which no request came back while it was measured: no throughput of 0, but a reason."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ovtui.metrics.sweep.goals import GOALS
from ovtui.records.events import TurnBegan, TurnEnded
from ovtui.records.study_events import PointFigures
from ovtui.settings.schema.settings import Settings
from ovtui.studies.sweep_point import Measured, PointMeter

S = 1_000_000_000


class ActedConductor:
    def __init__(self, nireq: int) -> None:
        self.now_ns = 0
        segments = [SimpleNamespace(segment=3, nireq=nireq)]
        self.digest = SimpleNamespace(session_state=SimpleNamespace(segments=segments), queue=lambda: None)

    def rest(self) -> TurnEnded:
        """Drained 20 s after the halt, in which nothing counts."""
        return TurnEnded(t_ns=25 * S, turn=1, halted_ns=5 * S, dropped=0)


def measured(monkeypatch: pytest.MonkeyPatch, nireq: int, left: str = "", slo: str = "", **figures: Any) -> Measured:
    found = PointFigures(measured_s=5.0, throughput=0.0, **figures)
    monkeypatch.setattr(PointMeter, "_serve_warm", lambda *_: TurnBegan(t_ns=0, turn=1, segment=3, engine=2))
    monkeypatch.setattr(PointMeter, "_look_on", lambda *_: (left, ""))
    monkeypatch.setattr(PointMeter, "_figures", lambda *_: found)
    conductor = ActedConductor(nireq)
    conductor.digest.slo = list
    meter = PointMeter(conductor, lambda: (GOALS["throughput"], GOALS["p99"]))  # type: ignore[arg-type]
    return meter.measure(Settings(model="net.xml", slo=slo), "GPU", 5.0, lambda _: None, until="figures")


@pytest.mark.parametrize("slo", ["", "p99<5ms"])
def test_where_no_request_came_back_the_point_has_failed_and_says_what_helps(
    monkeypatch: pytest.MonkeyPatch, slo: str
) -> None:
    found = measured(monkeypatch, 512, slo=slo, requests=0)
    assert (found.outcome, found.reason) == (
        "failed",
        "no request came back in the 5 s that it was measured (512 in flight): it needs a longer --point or fewer in "
        "flight (--nireq)",
    )
    assert (found.engine, found.segment, found.until_ns) == (2, 3, 5 * S)


def test_with_one_in_flight_fewer_are_no_help(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured(monkeypatch, 1, requests=0).reason == (
        "no request came back in the 5 s that it was measured (the one in flight): it needs a longer --point"
    )


def test_requests_that_failed_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    found = measured(monkeypatch, 8, requests=0, errors=1204)
    assert (found.outcome, found.reason) == ("failed", "1,204 requests failed, and none came back without an error")


def test_a_queue_that_grew_and_requests_that_came_back_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured(monkeypatch, 8, "overload", requests=0).outcome == "overload"
    assert measured(monkeypatch, 8, requests=1).outcome == "measured"
