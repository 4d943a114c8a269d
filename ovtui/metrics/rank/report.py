"""A rank made of its events: the same for a script, the dashboard, a report and a replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ovtui import __version__
from ovtui.metrics import number_format
from ovtui.metrics.rank.answer_text import answer_text
from ovtui.metrics.rank.order import order_of, points_of
from ovtui.metrics.rank.schema import VERSION, RankReport, RankRow
from ovtui.metrics.session.session_state import SessionState
from ovtui.metrics.session.study_state import StudyState
from ovtui.records.events import StudyBegan, StudyEnded, StudyPoint
from ovtui.records.study_events import DeviceAgreement, PointFigures, PointStart, RankAnswer, RankSpec
from ovtui.settings.device_names import kind_of
from ovtui.settings.schema.arrival import is_closed_loop
from ovtui.settings.schema.settings import Settings

_WORST_FIRST = ("fault", "unknown", "precision", "agree")


def rank_report(
    study: StudyState,
    state: SessionState | None = None,
    recording: str = "",
    agreements: Sequence[DeviceAgreement] | None = None,
) -> RankReport:
    """`state`: of its session, for what the machine is; None where there was none. `recording`: of that session.
    `agreements`: of a study that has not told its answer yet. Raises ValueError where the study is no rank."""
    spec = study.began.spec
    if not isinstance(spec, RankSpec):
        raise ValueError("the study is no rank")
    answer = study.ended.answer if study.ended is not None and isinstance(study.ended.answer, RankAnswer) else None
    failed = study.ended is not None and study.ended.reason == "failed"
    order, slo = order_of(study), study.began.settings.slo
    if agreements is None:
        agreements = answer.agreements if answer is not None else []
    rounds: dict[int, int] = {}
    for point in study.points:
        rounds[point.point] = rounds.get(point.point, 0) + 1
    places = {number: place for place, number in enumerate(order.by_throughput, 1)}
    points = sorted(points_of(study), key=lambda point: (places.get(point.point, len(rounds) + 1), point.point))
    rows = [_row(point, places.get(point.point), rounds[point.point], agreements, recording) for point in points]
    model = next((each.model for each in state.engines.values() if each.model), None) if state is not None else None
    return RankReport(
        schema=VERSION,
        ovtui=__version__,
        openvino=model.openvino if model is not None else None,
        model=study.began.settings.model,
        machine=_machine(state),
        devices=dict(model.available) if model is not None else {},
        slo=slo,
        ended=study.ended.reason if study.ended is not None else None,
        text=study.ended.text
        if failed and study.ended is not None
        else answer_text(rows, order, agreements, slo, closed_loop=is_closed_loop(study.began.settings)),
        rows=rows,
        by_latency=order.by_latency,
        latency=order.latency.name,
        tied=order.tied,
        tied_latency=order.tied_latency,
        agreements=list(agreements),
        lasted_s=answer.lasted_s if answer is not None else None,
        recording=recording,
    )


def refused_study(spec: RankSpec, settings: Settings, reasons: Mapping[str, str]) -> StudyState:
    """A rank that could not begin, because no device serves the model: each row is refused. `reasons`: by device."""
    study = StudyState(StudyBegan(t_ns=0, study=1, spec=spec, settings=settings))
    grid = [(device, hint) for device in spec.devices for hint in spec.hints]
    study.points += [
        StudyPoint(
            t_ns=0, study=1, point=number, text=f"{device} {hint}", values={"device": device, "hint": hint},
            settings=settings, outcome="refused", reason=reasons.get(device, "it was not tried"),
        )
        for number, (device, hint) in enumerate(grid, 1)
    ]  # fmt: skip
    text = f"none of {len(grid)} could be served"
    study.ended = StudyEnded(t_ns=0, study=1, reason="done", text=text)
    return study


def _row(
    point: StudyPoint, place: int | None, rounds: int, agreements: Sequence[DeviceAgreement], recording: str
) -> RankRow:
    figures = point.figures if point.outcome not in ("refused", "failed") else None
    known = figures or PointFigures(requests=0, measured_s=0.0)
    start = point.start or PointStart()
    agreement = agreement_of(start.execution_devices, agreements)
    return RankRow(
        point=point.point,
        place=place,
        device=point.values.get("device", point.settings.device),
        hint=point.values.get("hint", point.settings.hint),
        outcome=point.outcome,
        reason=point.reason,
        execution_devices=start.execution_devices,
        in_flight=start.in_flight,
        throughput=known.throughput,
        p50_ms=known.p50_ms,
        p90_ms=known.p90_ms,
        p99_ms=known.p99_ms,
        mean_ms=known.mean_ms,
        requests=figures.requests if figures is not None else None,
        measured_s=figures.measured_s if figures is not None else None,
        errors=figures.errors if figures is not None else None,
        rounds=rounds,
        compile_ms=start.compile_ms,
        first_inference_ms=start.first_inference_ms,
        handover_ms=start.handover_ms,
        compiled_before=start.compiled_before,
        memory_bytes=start.memory_bytes,
        device_memory_bytes=start.device_memory_bytes,
        joules_per_request=known.joules_per_request,
        agreement=agreement.verdict or None if agreement is not None else None,
        max_relative=agreement.max_relative if agreement is not None else None,
        why_no_agreement=agreement.why if agreement is not None else "",
        recording=point.recording or recording,
        begin_s=point.begin_ns / 1e9,
        until_s=point.until_ns / 1e9,
    )


def agreement_of(devices: Sequence[str], agreements: Sequence[DeviceAgreement]) -> DeviceAgreement | None:
    """Of what ran on these devices: the worst of them. None where it ran on the CPU, or nothing is known."""
    mine = [each for each in agreements if each.device in devices]
    if not mine:
        return None
    return min(
        mine, key=lambda each: _WORST_FIRST.index(each.verdict) if each.verdict in _WORST_FIRST else len(_WORST_FIRST)
    )


def accelerators(devices: Sequence[str]) -> list[str]:
    """Of EXECUTION_DEVICES those that are to agree with the CPU."""
    return [device for device in devices if kind_of(device.strip("()")) != "CPU"]


def _machine(state: SessionState | None) -> str:
    if state is None or state.session is None:
        return ""
    machine = state.session.machine
    return f"{machine.cpu}, {machine.cores} cores, {number_format.installed_memory(machine.memory_bytes)}"
