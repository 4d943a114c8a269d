"""Ranks that never ran."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ovtui.metrics.session.study_state import StudyState
from ovtui.records.events import StudyBegan, StudyEnded, StudyPoint
from ovtui.records.study_events import (
    DeviceAgreement,
    PointFigures,
    PointOutcome,
    PointStart,
    RankAnswer,
    RankSpec,
)
from ovtui.settings.schema.settings import Settings

SPEC = RankSpec(devices=["CPU", "GPU.0", "NPU", "AUTO"], hints=["latency", "throughput"])
BASE = Settings(model="net.xml", device="CPU", hint="none", slo="")
ROWS: tuple[tuple[str, str, float | None, float, float | None], ...] = (
    ("CPU", "latency", 250.0, 4.0, 4.9),
    ("CPU", "throughput", 400.0, 9.8, 12.1),
    ("GPU.0", "latency", 300.0, 3.2, 4.2),
    ("GPU.0", "throughput", 812.0, 19.0, 24.0),
    ("NPU", "latency", None, 0.0, None),
    ("NPU", "throughput", None, 0.0, None),
    ("AUTO", "latency", 295.0, 3.3, 4.4),
    ("AUTO", "throughput", 805.0, 19.1, 24.2),
)
"""Device, hint, throughput, p50, p99."""
WHY = "NPU: no NPU on this machine (devices: CPU, GPU.0)"


def rank_point(number: int, per_s: float | None, p50_ms: float, p99_ms: float | None, **about: Any) -> StudyPoint:
    """Number `number` of ROWS, from 1, with other figures; refused without a throughput."""
    device, hint = ROWS[number - 1][:2]
    figures = PointFigures(
        requests=1000, measured_s=5.0, throughput=per_s, p50_ms=p50_ms, p90_ms=p50_ms * 1.2, p99_ms=p99_ms
    )  # fmt: skip
    ran_on = ["CPU"] if device == "CPU" else ["GPU.0"]
    outcome: PointOutcome = "refused" if per_s is None else "measured"
    values = {"device": device, "hint": hint}
    start = PointStart(
        compile_ms=80.0 * number, first_inference_ms=900.0 + 100 * number, memory_bytes=200_000_000 + number,
        execution_devices=ran_on, in_flight=2 * number, compiled_before=number in (2, 4, 7, 8),
        handover_ms=1600.0 if device == "AUTO" else None,
    )  # fmt: skip
    fields: dict[str, Any] = {
        "t_ns": number, "study": 1, "point": number, "text": f"{device} {hint}", "values": values, "settings": BASE,
        "outcome": outcome, "reason": WHY if per_s is None else "", "figures": None if per_s is None else figures,
        "segment": 0 if per_s is None else number + 1, "begin_ns": number * 10**9, "until_ns": (number + 5) * 10**9,
        "start": None if per_s is None else start,
    }  # fmt: skip
    return StudyPoint(**fields | about)


def once() -> list[StudyPoint]:
    """All ROWS, measured once."""
    return [rank_point(number, *figures) for number, (_, _, *figures) in enumerate(ROWS, 1)]


def again(number: int, values: Sequence[float], p99_ms: float | None = None) -> list[StudyPoint]:
    """The rounds in alternation of one of them: throughputs."""
    return [rank_point(number, per_s, 1000 / per_s, p99_ms, round=3 + at) for at, per_s in enumerate(values)]


def a_rank(points: Sequence[StudyPoint], agreements: Sequence[DeviceAgreement] | None = None) -> StudyState:
    """With `agreements` it has ended."""
    study = StudyState(StudyBegan(t_ns=0, study=1, spec=SPEC, settings=BASE), points=list(points))
    if agreements is not None:
        answer = RankAnswer(by_throughput=[], by_latency=[], agreements=list(agreements), lasted_s=61.0)
        study.ended = StudyEnded(t_ns=9, study=1, reason="done", text="told", answer=answer)
    return study


AGREES = DeviceAgreement(device="GPU.0", verdict="agree", max_relative=2.1e-4, tolerance=1e-3)
