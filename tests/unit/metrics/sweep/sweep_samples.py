"""Studies and points for the tests of sweeps."""

from __future__ import annotations

from ovtui.metrics.session.study_state import StudyState
from ovtui.records.events import StudyBegan, StudyPoint
from ovtui.records.study_events import PointFigures, PointOutcome, SweepSpec
from ovtui.settings.schema.settings import Settings

VARY = {"hint": ["latency", "throughput"], "nireq": ["1", "2", "4"]}


def a_study(points: list[StudyPoint], *, goal: str = "throughput", slo: str = "") -> StudyState:
    spec = SweepSpec(vary=VARY, goal=goal, slo=slo)
    return StudyState(StudyBegan(t_ns=0, study=1, spec=spec, settings=Settings()), points=points)


def a_point(
    number: int,
    throughput: float | None = 100.0,
    p99_ms: float | None = 10.0,
    *,
    outcome: PointOutcome = "measured",
    round_: int = 1,
    values: dict[str, str] | None = None,
    reason: str = "",
) -> StudyPoint:
    figures = PointFigures(requests=1000, measured_s=2.0, throughput=throughput, p99_ms=p99_ms)
    return StudyPoint(
        t_ns=number, study=1, point=number, text=f"point {number}", values=values or {"nireq": str(number)},
        settings=Settings(), outcome=outcome, reason=reason, figures=None if outcome == "refused" else figures,
        round=round_,
    )  # fmt: skip
