"""A session as the one object that `ovtui run --json` writes."""

from __future__ import annotations

import msgspec

from ovtui.metrics import result_judged as judged
from ovtui.metrics import result_schema as schema
from ovtui.metrics.advice import advise
from ovtui.metrics.advice.situation import situation_of
from ovtui.metrics.digest import SEGMENTS, Digest
from ovtui.metrics.result_handovers import handovers_of, startup_of
from ovtui.metrics.result_parts import device_key, latencies_ms, latency_ms, rounded
from ovtui.metrics.result_schema import Result
from ovtui.metrics.snapshot import Latency
from ovtui.metrics.story import EngineStory, Story
from ovtui.metrics.tally import Tally
from ovtui.metrics.telemetry import Span
from ovtui.records.events import SegmentBegan
from ovtui.settings.arrival import is_closed_loop


def result_of(digest: Digest) -> Result:
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
            schema.Advice(
                id=said.id, severity=said.severity, text=said.text, evidence=said.evidence, remedy=said.remedy
            )
            for said in advise(situation_of(digest))
        ],
        telemetry=_telemetry(digest),
    )


def json_schema() -> bytes:
    """JSON Schema of Result, indented."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Result)), indent=2)


def to_json(result: Result) -> bytes:
    """The object as `ovtui run --json` writes it: indented, with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"


def _device(engine: EngineStory) -> schema.Device:
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
    lags = digest.lag.frozen()
    return schema.Load(
        schedule_error_ms=None if lags.schedule is None else latency_ms(lags.schedule),
        queued_ms=None if lags.queued is None else latency_ms(lags.queued),
        input_copy_ms=None if lags.copied is None else latency_ms(lags.copied),
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


def _batching(tally: Tally, engine: EngineStory | None) -> schema.Batching:
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
    return {name: _spread(name, span) for name, span in digest.telemetry.spans.items()}


def _spread(name: str, span: Span | None) -> schema.Spread | None:
    if span is None:
        return None
    decimals = None if name.endswith("_bytes") else 3
    return schema.Spread(min=round(span.min, decimals), mean=round(span.mean, decimals), max=round(span.max, decimals))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _newest_first(story: Story) -> list[EngineStory]:
    """The engine in force, then the others from the newest."""
    serving = [story.engine] if story.engine else []
    return serving + [story.engines[number] for number in sorted(story.engines, reverse=True)]
