"""Builds the Result of a session from its Digest."""

from __future__ import annotations

from itertools import groupby

import msgspec

from ovtui.metrics.advice.advice_facts import advice_facts
from ovtui.metrics.advice.registry import advise
from ovtui.metrics.digest import Digest
from ovtui.metrics.expectations.expectation import expectation_of
from ovtui.metrics.groups.throughputs import S_DECIMALS
from ovtui.metrics.handover.device_state import device_indicator
from ovtui.metrics.handover.event_text import describe_event
from ovtui.metrics.handover.handover_phases import HandoverPhase, HandoverPhases
from ovtui.metrics.handover.startup import compile_ms_of, startup_timeline
from ovtui.metrics.latency.schedule_lag import schedule_kept
from ovtui.metrics.queries.power import part_power, segment_power
from ovtui.metrics.queries.segments import SegmentRow, segment_rows
from ovtui.metrics.result import schema
from ovtui.metrics.result.advice import advice_results
from ovtui.metrics.result.batching import batching_result
from ovtui.metrics.result.beside import beside_result
from ovtui.metrics.result.energy import disturbances_result, energy_result, sources_result
from ovtui.metrics.result.limit_result import limit_result
from ovtui.metrics.result.model_state import state_result
from ovtui.metrics.result.recording import recording_result
from ovtui.metrics.result.schema import Result
from ovtui.metrics.result.shares import (
    by_device,
    by_shape,
    device_key,
    items_are,
    latencies_result,
    latency_result,
)
from ovtui.metrics.result.studies import studies_result
from ovtui.metrics.result.trials import trial_result
from ovtui.metrics.session.failures import failure_reasons
from ovtui.metrics.session.machine_stats import ReadingStats
from ovtui.metrics.session.session_state import EngineState, SessionState
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.events import (
    DeviceChanged,
    EngineDiagnosed,
    EngineExited,
    EngineFailed,
    EngineResumed,
    EngineStalled,
    Event,
    IdleMeasured,
    LoadPaused,
    ModelRead,
    Note,
    OtherLoadBegan,
    OtherLoadEnded,
    RecordingEnded,
    Refused,
    SegmentBegan,
    ThrottleBegan,
    ThrottleEnded,
)
from ovtui.records.json_text import json_text
from ovtui.settings.schema.arrival import is_closed_loop

MS_OF_EVENTS = 3
"""Decimals of the times in ms that events carry. All other figures are rounded where they are made."""


def build_result(digest: Digest) -> Result:
    snapshot, session_state = digest.snapshot(), digest.session_state
    session, engine = session_state.session, session_state.engine
    model = next((known.model for known in _newest_first(session_state) if known.model is not None), None)
    segments = _segments(digest)
    return Result(
        schema=schema.VERSION,
        started_at_s=session.started_at_s if session else None,
        ovtui=session.ovtui if session else None,
        openvino=model.openvino if model else None,
        host=session.machine if session else None,
        model=_model(model, engine) if model else None,
        device=_device(engine) if engine else None,
        serving=_serving(snapshot),
        settings=session_state.settings,
        startup=_startup(digest),
        handovers=_handovers(digest),
        load=_load(digest),
        state=state_result(digest),
        requests=schema.Requests(
            due=digest.due,
            submitted=snapshot.submitted,
            completed=snapshot.completed,
            errors=snapshot.errors,
            error_share=snapshot.error_share,
            error_reasons=failure_reasons(session_state),
            late=snapshot.late,
            out_of_order=snapshot.out_of_order,
            lost=snapshot.lost,
            shed=snapshot.shed,
            unsent=digest.unsent,
            unfinished=digest.unfinished,
        ),
        duration_s=snapshot.elapsed_s,
        throughput=snapshot.mean_throughput,
        items_per_request=digest.run.items_per_request,
        items_are=items_are(digest),
        items_per_s=digest.run.items_per_s,
        latency_ms=latencies_result(snapshot.latency),
        warm_up=_warm_up(snapshot),
        steadiness=_steadiness(digest),
        slo=[limit_result(verdict) for verdict in digest.slo()],
        expectation=expectation_of(digest),
        by_device=by_device(digest),
        by_shape=by_shape(digest),
        batching=batching_result(digest.run, engine, session_state.segment),
        earlier_segments=session_state.segments_begun - len(segments),
        segments=segments,
        trials=[trial_result(figures) for figures in digest.trials() if not figures.state.began.beside],
        beside=beside_result(digest),
        studies=studies_result(session_state),
        advice=advice_results(advise(advice_facts(digest))),
        recording=recording_result(digest),
        energy=energy_result(digest),
        disturbances=disturbances_result(digest, snapshot.now_ns),
        events=_events(session_state),
        telemetry=_telemetry(digest),
    )


def _model(model: ModelRead, engine: EngineState | None) -> schema.Model:
    preparation = engine.compiled.inputs if engine and engine.compiled else []
    return schema.Model(name=model.name, inputs=model.inputs, outputs=model.outputs, preparation=preparation)


def json_schema() -> bytes:
    """JSON Schema of Result, indented."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Result)), indent=2)


def to_json(result: Result) -> bytes:
    """The object as `ovtui run --json` writes it: indented, with a newline at its end."""
    return json_text(result)


def _device(engine: EngineState) -> schema.Device:
    return schema.Device(
        requested=engine.settings.device,
        compiled=engine.compiled.device if engine.compiled else None,
        execution=engine.devices,
        full_names=engine.model.available if engine.model else {},
        properties=engine.compiled.properties if engine.compiled else {},
    )


def _serving(snapshot: Snapshot) -> schema.Serving:
    state = device_indicator(snapshot.session_state, snapshot.now_ns)
    return schema.Serving(device=state.device, sentence=state.sentence)


def _load(digest: Digest) -> schema.Load | None:
    session_state = digest.session_state
    settings = session_state.settings
    if settings is None:
        return None
    lags = digest.lag.figures()
    return schema.Load(
        loop="closed" if is_closed_loop(settings) else "open",
        rate=settings.rate or None,
        nireq=session_state.segment.nireq if session_state.segment else None,
        api=session_state.segment.api if session_state.segment else None,
        duration_s=settings.duration_s or None,
        requests=settings.requests or None,
        schedule_error_ms=None if lags.schedule is None else latency_result(lags.schedule),
        schedule_kept=schedule_kept(digest.lag.schedule_p99_ms()),
        queued_ms=None if lags.queued is None else latency_result(lags.queued),
        input_copy_ms=None if lags.input_copy is None else latency_result(lags.input_copy),
        state_reset_ms=None if lags.state_reset is None else latency_result(lags.state_reset),
        ended=session_state.ended.reason if session_state.ended else None,
    )


def _segments(digest: Digest) -> list[schema.Segment]:
    rows = [row for row in segment_rows(digest) if not row.began.trial]  # those of a trial serve in turns
    by_segment = groupby(rows, key=lambda row: row.began.segment)
    return [_segment(digest, list(of_segment)) for _, of_segment in by_segment]


def _segment(digest: Digest, rows: list[SegmentRow]) -> schema.Segment:
    began = rows[0].began
    group, engine = digest.segment(began.segment), digest.session_state.engines.get(began.engine)
    return schema.Segment(
        segment=began.segment,
        engine=began.engine,
        t_s=round(began.t_ns / 1e9, S_DECIMALS),
        first_seq=began.first_seq,
        nireq=began.nireq,
        api=began.api,
        changes=began.changes,
        settings=began.settings,
        completed=group.completed,
        errors=group.errors,
        error_share=group.error_share,
        duration_s=group.span_s,
        throughput=group.throughput,
        latency_ms=latencies_result(group.latency),
        batching=batching_result(group, engine, began),
        energy=sources_result(segment_power(digest, began.segment)),
        first_inference_s=rows[0].first_inference_s,
        devices=[
            schema.SegmentDevice(
                device=device_key(row.device),
                requests=row.requests,
                errors=row.errors,
                throughput=row.throughput,
                latency_ms=latencies_result(row.latency),
                batching=batching_result(digest.part(began.segment, row.device), engine, began),
                energy=sources_result(part_power(digest, began.segment, row.device)),
                handover_s=row.handover_s,
            )
            for row in rows
            if row.device is not None
        ],
    )


def _telemetry(digest: Digest) -> dict[str, schema.Spread | None] | None:
    if digest.telemetry.newest is None:
        return None
    return {name: _spread(name, stats) for name, stats in digest.telemetry.by_name.items()}


def _spread(name: str, stats: ReadingStats | None) -> schema.Spread | None:
    if stats is None:
        return None
    decimals = None if name.endswith("_bytes") else 3
    return schema.Spread(
        min=round(stats.min, decimals), mean=round(stats.mean, decimals), max=round(stats.max, decimals)
    )


def _newest_first(session_state: SessionState) -> list[EngineState]:
    """The engine in force, then the others from the newest."""
    serving = [session_state.engine] if session_state.engine else []
    return serving + [session_state.engines[number] for number in sorted(session_state.engines, reverse=True)]


def _startup(digest: Digest) -> schema.Startup:
    session_state = digest.session_state
    first = session_state.engines[min(session_state.engines)] if session_state.engines else None
    if first is None:
        return schema.Startup(**dict.fromkeys(schema.Startup.__struct_fields__))
    line = startup_timeline(first, digest.first_served_ns)

    def at(moment_ns: int | None) -> float | None:
        return _event_ms(line.since_spawn_ms(moment_ns))

    return schema.Startup(
        read_ms=_event_ms(first.model.read_ms) if first.model else None,
        compile_ms=_event_ms(first.compiled.compile_ms) if first.compiled else None,
        first_inference_ms=_event_ms(first.first.since_spawn_ms) if first.first else None,
        model_read_at_ms=at(line.model_read_ns),
        compile_called_at_ms=at(line.compile_called_ns),
        stand_in_ready_at_ms=at(line.stand_in_ready_ns),
        accelerator=line.accelerator or None,
        accelerator_compiling_at_ms=at(line.compiling_ns),
        accelerator_compiled_at_ms=at(line.compiled_ns),
        accelerator_failed_at_ms=at(line.failed_ns),
        accelerator_compile_ms=_event_ms(line.accelerator_compile_ms),
        device_changed_at_ms=at(line.changed_ns),
        accelerator_served_at_ms=at(line.first_served_ns),
        stand_in_released_at_ms=at(line.released_ns),
    )


def _handovers(digest: Digest) -> list[schema.Handover]:
    session_state = digest.session_state
    changes = [change for engine in session_state.engines.values() for change in engine.device_changes]
    known = {id(phases.change): phases for phases in digest.phases()}
    return [
        _handover(change, known.get(id(change)), compile_ms_of(session_state.engines[change.engine], change))
        for change in sorted(changes, key=_change_time_ns)
    ]


def _handover(change: DeviceChanged, phases: HandoverPhases | None, compile_ms: float | None) -> schema.Handover:
    return schema.Handover(
        t_s=round(change.t_ns / 1e9, S_DECIMALS),
        before=", ".join(change.before),
        after=", ".join(change.after),
        since_compile_s=round(change.since_compile_ms / 1e3, S_DECIMALS),
        engine=change.engine,
        compile_ms=_event_ms(compile_ms),
        first_served_ms=_since(change, phases.first_served_ns if phases else None),
        settled_ms=_since(change, phases.settled_ns if phases else None),
        worst_ms=phases.worst_ms if phases else None,
        glitch_ms=phases.glitch_ms if phases else None,
        phases=schema.PhasesAround(
            before=_phase(phases.before), during=_phase(phases.during), after=_phase(phases.after)
        )
        if phases
        else None,
    )


def _since(change: DeviceChanged, moment_ns: int | None) -> float | None:
    return None if moment_ns is None else _event_ms((moment_ns - change.t_ns) / 1e6)


def _phase(phase: HandoverPhase) -> schema.PhaseResult:
    return schema.PhaseResult(
        requests=phase.requests,
        errors=phase.errors,
        throughput=phase.throughput,
        latency_ms=latencies_result(phase.latency),
    )


def _change_time_ns(change: DeviceChanged) -> int:
    return change.t_ns


def _warm_up(snapshot: Snapshot) -> schema.WarmUpResult:
    cut = snapshot.warm_up
    return schema.WarmUpResult(
        rule=cut.rule,
        requests=cut.requests,
        until_s=None if cut.until_s is None else round(cut.until_s, S_DECIMALS),
        steady={"steady": True, "unsteady": False}.get(cut.state),
    )


def _steadiness(digest: Digest) -> schema.SteadinessResult:
    found = digest.steadiness()
    return schema.SteadinessResult(
        word=found.label,
        seconds=found.seconds,
        findings=[schema.FindingResult(id=finding.id, text=finding.text) for finding in found.findings],
    )


def _events(session_state: SessionState) -> list[schema.EventResult]:
    found = []
    for event in sorted(filter(_matters, session_state.log), key=lambda event: event.t_ns):
        text = describe_event(event, session_state)
        found.append(
            schema.EventResult(
                t_s=round(event.t_ns / 1e9, S_DECIMALS), kind=text.label.lower(), severity=text.severity, text=text.text
            )
        )
    return found


def _matters(event: Event) -> bool:
    """True for what a reader of the result needs to know of; the dashboard lists every event."""
    match event:
        case (
            DeviceChanged() | EngineFailed() | EngineStalled() | EngineResumed() | Refused() | RecordingEnded() | Note()
        ):
            return True
        case ThrottleBegan() | ThrottleEnded() | OtherLoadBegan() | OtherLoadEnded() | LoadPaused() | IdleMeasured():
            return True
        case EngineDiagnosed():
            return event.diagnosis.stuck
        case SegmentBegan():
            return bool(event.changes) and not event.trial
        case EngineExited():
            return not event.expected
        case _:
            return False


def _event_ms(value_ms: float | None) -> float | None:
    return None if value_ms is None else round(value_ms, MS_OF_EVENTS)
