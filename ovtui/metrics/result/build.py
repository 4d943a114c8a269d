"""A session as the one object that `ovtui run --json` writes."""

from __future__ import annotations

import msgspec

from ovtui.metrics.advice.advice_facts import advice_facts
from ovtui.metrics.advice.registry import advise
from ovtui.metrics.digest import SEGMENTS, Digest
from ovtui.metrics.groups.tally import Tally
from ovtui.metrics.handover.handover_phases import HandoverPhase, HandoverPhases
from ovtui.metrics.handover.startup import compile_ms_of, startup_timeline
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.result import build as judged
from ovtui.metrics.result import schema
from ovtui.metrics.result.schema import Result
from ovtui.metrics.session.machine_stats import ReadingStats
from ovtui.metrics.session.session_state import EngineState, SessionState
from ovtui.metrics.snapshot import Snapshot
from ovtui.records import device_codes
from ovtui.records.events import DeviceChanged, SegmentBegan
from ovtui.settings.schema.arrival import is_closed_loop


def build_result(digest: Digest) -> Result:
    snapshot, story = digest.snapshot(), digest.story
    session, engine = story.session, story.engine
    model = next((known.model for known in _newest_first(story) if known.model is not None), None)
    return Result(
        schema=schema.VERSION,
        ovtui=session.ovtui if session else None,
        openvino=model.openvino if model else None,
        host=session.machine if session else None,
        model=schema.Model(name=model.name, inputs=model.inputs, outputs=model.outputs) if model else None,
        device=_device(engine) if engine else None,
        settings=story.settings,
        startup=startup_of(digest),
        handovers=handovers_of(digest),
        load=_load(digest),
        requests=schema.Requests(
            due=digest.due,
            submitted=snapshot.submitted,
            completed=snapshot.completed,
            errors=snapshot.errors,
            late=snapshot.late,
            lost=snapshot.lost,
            shed=snapshot.shed,
            unsent=story.unsent,
        ),
        duration_s=round(snapshot.elapsed_s, 6),
        throughput=rounded(snapshot.mean_throughput, 3),
        latency_ms=latencies_ms(snapshot.latency),
        warm_up=judged.warm_up_of(snapshot),
        steadiness=judged.steadiness_of(digest),
        slo=judged.limits_of(digest),
        by_device=_by_device(digest),
        batching=_batching(digest.run, engine),
        segments=[_segment(digest, began) for began in story.segments[-SEGMENTS:]],
        advice=[
            schema.AdviceResult(
                id=said.id, severity=said.severity, text=said.text, evidence=said.evidence, remedy=said.remedy
            )
            for said in advise(advice_facts(digest))
        ],
        telemetry=_telemetry(digest),
    )


def json_schema() -> bytes:
    """JSON Schema of Result, indented."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Result)), indent=2)


def to_json(result: Result) -> bytes:
    """The object as `ovtui run --json` writes it: indented, with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"


def _device(engine: EngineState) -> schema.Device:
    return schema.Device(
        requested=engine.settings.device,
        compiled=engine.compiled.device if engine.compiled else None,
        execution=engine.devices,
        full_names=engine.model.available if engine.model else {},
        properties=engine.compiled.properties if engine.compiled else {},
    )


def _load(digest: Digest) -> schema.Load | None:
    story = digest.story
    settings = story.settings
    if settings is None:
        return None
    closed = is_closed_loop(settings)
    lags = digest.lag.figures()
    return schema.Load(
        schedule_error_ms=None if lags.schedule is None else latency_ms(lags.schedule),
        queued_ms=None if lags.queued is None else latency_ms(lags.queued),
        input_copy_ms=None if lags.input_copy is None else latency_ms(lags.input_copy),
        loop="closed" if closed else "open",
        rate=settings.rate or None,
        nireq=story.segment.nireq if story.segment else None,
        duration_s=settings.duration_s or None,
        requests=settings.requests or None,
        ended=story.ended.reason if story.ended else None,
    )


def _by_device(digest: Digest) -> dict[str, schema.DeviceShare]:
    return {
        device_key(code): schema.DeviceShare(
            requests=tally.completed,
            share=_share(tally.completed, digest.run.completed),
            latency_ms=latencies_ms(tally.latency(digest.warm_up_rule)),
        )
        for code, tally in sorted(digest.devices.items())
    }


def _segment(digest: Digest, began: SegmentBegan) -> schema.Segment:
    tally = digest.segments.get(began.segment) or Tally()
    return schema.Segment(
        segment=began.segment,
        engine=began.engine,
        t_s=round(began.t_ns / 1e9, 6),
        first_seq=began.first_seq,
        nireq=began.nireq,
        changes=began.changes,
        settings=began.settings,
        completed=tally.completed,
        errors=tally.errors,
        duration_s=rounded(tally.span_s, 6),
        throughput=rounded(tally.throughput, 3),
        latency_ms=latencies_ms(tally.latency(digest.warm_up_rule)),
        batching=_batching(tally, digest.story.engines.get(began.engine)),
    )


def _batching(tally: Tally, engine: EngineState | None) -> schema.Batching:
    shares = tally.batches()
    plan = engine.compiled.batching if engine and engine.compiled else None
    known = shares.known > 0
    return schema.Batching(
        size=tally.largest_batch or (plan.size if plan else None),
        batches=shares.batches if known else None,
        batched=shares.batched if known else None,
        timed_out=shares.timed_out if known else None,
        single=shares.single if known else None,
        fill=_share(shares.batched, shares.known),
        first_wait_ms=_wait(shares.first_wait),
        waiting_cost_ms=rounded(shares.cost_ms, 4),
        waiting_cost_is=shares.cost_certainty if shares.cost_ms is not None else None,
        exact=plan.exact if plan else None,
    )


def _wait(wait: Latency) -> schema.WaitMs | None:
    if not wait.count:
        return None
    return schema.WaitMs(p50=rounded(wait.p50, 4), p99=rounded(wait.p99, 4), max=rounded(wait.max, 4))


def _telemetry(digest: Digest) -> dict[str, schema.Spread | None] | None:
    if digest.telemetry.newest is None:
        return None
    return {name: _spread(name, span) for name, span in digest.telemetry.by_name.items()}


def _spread(name: str, span: ReadingStats | None) -> schema.Spread | None:
    if span is None:
        return None
    decimals = None if name.endswith("_bytes") else 3
    return schema.Spread(min=round(span.min, decimals), mean=round(span.mean, decimals), max=round(span.max, decimals))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _newest_first(story: SessionState) -> list[EngineState]:
    """The engine in force, then the others from the newest."""
    serving = [story.engine] if story.engine else []
    return serving + [story.engines[number] for number in sorted(story.engines, reverse=True)]


def startup_of(digest: Digest) -> schema.Startup:
    story = digest.story
    first = story.engines[min(story.engines)] if story.engines else None
    if first is None:
        return schema.Startup(**dict.fromkeys(schema.Startup.__struct_fields__))
    line = startup_timeline(story, first, digest.first_done_ns)

    def at(moment_ns: int | None) -> float | None:
        return rounded(line.since_spawn_ms(moment_ns), 3)

    return schema.Startup(
        read_ms=rounded(first.model.read_ms, 3) if first.model else None,
        compile_ms=rounded(first.compiled.compile_ms, 3) if first.compiled else None,
        first_inference_ms=rounded(first.first.since_spawn_ms, 3) if first.first else None,
        model_read_at_ms=at(line.model_read_ns),
        compile_called_at_ms=at(line.compile_called_ns),
        stand_in_ready_at_ms=at(line.stand_in_ready_ns),
        accelerator=line.accelerator or None,
        accelerator_compiling_at_ms=at(line.compiling_ns),
        accelerator_compiled_at_ms=at(line.compiled_ns),
        accelerator_failed_at_ms=at(line.failed_ns),
        accelerator_compile_ms=rounded(line.accelerator_compile_ms, 3),
        device_changed_at_ms=at(line.changed_ns),
        accelerator_served_at_ms=at(line.first_served_ns),
        stand_in_released_at_ms=at(line.released_ns),
    )


def handovers_of(digest: Digest) -> list[schema.Handover]:
    story = digest.story
    changes = [change for engine in story.engines.values() for change in engine.device_changes]
    known = {id(phases.change): phases for phases in digest.phases()}
    return [
        _handover(change, known.get(id(change)), compile_ms_of(story.engines[change.engine], change))
        for change in sorted(changes, key=_change_time_ns)
    ]


def _handover(change: DeviceChanged, phases: HandoverPhases | None, compile_ms: float | None) -> schema.Handover:
    return schema.Handover(
        t_s=round(change.t_ns / 1e9, 6),
        before=device_names(change.before),
        after=device_names(change.after),
        since_compile_s=round(change.since_compile_ms / 1e3, 6),
        engine=change.engine,
        compile_ms=rounded(compile_ms, 3),
        first_served_ms=_since(change, phases.first_served_ns if phases else None),
        settled_ms=_since(change, phases.settled_ns if phases else None),
        worst_ms=rounded(phases.worst_ms, 4) if phases else None,
        glitch_ms=rounded(phases.glitch_ms, 4) if phases else None,
        phases=schema.PhasesAround(
            before=_phase(phases.before), during=_phase(phases.during), after=_phase(phases.after)
        )
        if phases
        else None,
    )


def _since(change: DeviceChanged, moment_ns: int | None) -> float | None:
    return None if moment_ns is None else round((moment_ns - change.t_ns) / 1e6, 3)


def _phase(phase: HandoverPhase) -> schema.PhaseResult:
    return schema.PhaseResult(
        requests=phase.requests,
        errors=phase.errors,
        throughput=rounded(phase.throughput, 3),
        latency_ms=latencies_ms(phase.latency),
    )


def _change_time_ns(change: DeviceChanged) -> int:
    return change.t_ns


def warm_up_of(snapshot: Snapshot) -> schema.WarmUpResult:
    cut = snapshot.warm_up
    return schema.WarmUpResult(
        rule=cut.rule,
        requests=cut.requests,
        until_s=rounded(cut.until_s, 6),
        steady={"steady": True, "unsteady": False}.get(cut.state),
    )


def steadiness_of(digest: Digest) -> schema.SteadinessResult:
    found = digest.steadiness()
    return schema.SteadinessResult(
        word=found.label,
        seconds=found.seconds,
        findings=[schema.FindingResult(id=finding.id, text=finding.text) for finding in found.findings],
    )


def limits_of(digest: Digest) -> list[schema.LimitResult]:
    return [
        schema.LimitResult(
            limit=str(verdict.limit),
            met=verdict.met,
            value=rounded(verdict.value, 6),
            unit=verdict.limit.unit,
            since_s=round(verdict.since_s, 6),
            why=verdict.why,
        )
        for verdict in digest.slo()
    ]


_DEVICE_KEYS = {
    device_codes.STAND_IN: "CPU (standing in)",
    device_codes.AMBIGUOUS: "ambiguous",
    device_codes.UNKNOWN: "unknown",
}


def device_key(code: int) -> str:
    """A device's name in the JSON and in the summary, where '(CPU)' would not be understood."""
    return _DEVICE_KEYS.get(code) or device_codes.name_of(code)


def device_names(execution_devices: list[str]) -> str:
    """What EXECUTION_DEVICES returned, named as device_key names it."""
    code = device_codes.code_of(execution_devices)
    return device_key(code) if code == device_codes.STAND_IN else ", ".join(execution_devices)


def latencies_ms(found: dict[LatencyKind, Latency]) -> schema.Latencies:
    return schema.Latencies(
        inference=latency_ms(found["inference"]),
        service=latency_ms(found["service"]),
        response=latency_ms(found["response"]),
    )


def latency_ms(latency: Latency) -> schema.LatencyMs:
    return schema.LatencyMs(
        count=latency.count,
        min=rounded(latency.min, 4),
        p50=rounded(latency.p50, 4),
        p90=rounded(latency.p90, 4),
        p95=rounded(latency.p95, 4),
        p99=rounded(latency.p99, 4),
        p999=rounded(latency.p999, 4),
        max=rounded(latency.max, 4),
        mean=rounded(latency.mean, 4),
    )


def rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
