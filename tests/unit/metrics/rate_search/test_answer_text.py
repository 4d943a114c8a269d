"""What the answer of a search for a rate says."""

from __future__ import annotations

import pytest

from ovtui.metrics.rate_search.answer_text import confidence_lines
from ovtui.records.study_events import FindRateAnswer, PointFigures, StudyPoint
from ovtui.settings.schema.settings import Settings


def probe(rate: float, p50_ms: float) -> StudyPoint:
    return StudyPoint(
        t_ns=1, study=1, point=1, text=f"{rate:g}/s", values={"rate": f"{rate:g}"}, settings=Settings(),
        outcome="missed", figures=PointFigures(requests=500, measured_s=2.0, p50_ms=p50_ms),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("p50_ms", "told"),
    [
        ((87.8, 29.8, 8.91), True),  # a GPU that batches 16: seen
        ((1.1, 1.2, 40.0), False),
        ((1.2, 1.1, 1.0), False),
    ],
)
def test_where_no_rate_holds_and_lower_ones_are_slower_it_says_why(p50_ms: tuple[float, ...], told: bool) -> None:
    points = [probe(rate, each) for rate, each in zip((79.57, 318.2, 2546.0), p50_ms, strict=True)]
    answer = FindRateAnswer(holds_per_s=None, fails_per_s=79.57, missed_per_s=79.57, probes=3, lasted_s=20.0)
    lines = confidence_lines(answer, points)
    why = "the p50 falls as the rate rises (88 ms at 79.57/s and 9 ms at 2,546/s)"
    assert any(line.startswith(why) for line in lines) is told
    assert lines[0].startswith("held and missed are known with 99 % confidence")
