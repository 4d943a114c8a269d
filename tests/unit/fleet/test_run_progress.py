"""The lines that tell how the boxes of a run stand."""

from __future__ import annotations

from typing import Any

import pytest

from ovtui.cli.fleet.progress import FleetProgress
from ovtui.records.fleet import BoxState

RATES = {"throughput": 812.0, "latency_ms": {"response": {"p50": 1.2, "p99": 2.3}}}


@pytest.mark.parametrize(
    ("completed", "more", "told"),
    [
        (0, {}, "b1: done: nothing was measured"),
        (1, {}, "b1: done: 1 request, too few for figures"),
        (1, {"latency_ms": {"response": {"p50": 1.25}}}, "b1: done: p50 1.25 ms"),
        (812, RATES, "b1: done: 812.0/s, p50 1.20 ms, p99 2.30 ms"),
    ],
)
def test_what_a_box_has_measured(
    completed: int, more: dict[str, Any], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = {"requests": {"completed": completed, "errors": 0}, **more}
    FleetProgress("r1").changed(BoxState(name="b1", phase="done", code=0, result=result))
    assert capsys.readouterr().err.splitlines() == [told]
