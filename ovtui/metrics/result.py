"""A session as the one object that `ovtui run --json` writes."""

from __future__ import annotations

import msgspec

from ovtui.metrics import result_schema as schema
from ovtui.metrics.advice import advise
from ovtui.metrics.advice.situation import situation_of
from ovtui.metrics.digest import SEGMENTS, Digest
from ovtui.metrics.result_schema import Result
from ovtui.metrics.snapshot import Latency
from ovtui.metrics.story import EngineStory, Story
from ovtui.metrics.tally import Tally
from ovtui.records import devices
from ovtui.records.events import DeviceChanged, SegmentBegan
from ovtui.settings.rate import CLOSED_LOOP

_DEVICE_KEYS = {
    devices.STAND_IN: "CPU (standing in)",
    devices.AMBIGUOUS: "ambiguous",
    devices.UNKNOWN: "unknown",
}


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
        startup=_startup(story),
        handovers=_handovers(story),
        load=_load(story),
        requests=schema.Requests(
            submitted=snapshot.submitted,
            completed=snapshot.completed,
            errors=snapshot.errors,
            late=snapshot.late,
            lost=snapshot.lost,
        ),
        duration_s=round(snapshot.elapsed_s, 6),
        throughput=_rounded(snapshot.mean_throughput, 3),
        latency_ms=_latencies(digest.run),
        by_device=_by_device(digest),
        batching=_batching(digest.run, engine),
        segments=[_segment(digest, began) for began in story.segments[-SEGMENTS:]],
        advice=[
            schema.Advice(
                id=said.id, severity=said.severity, text=said.text, evidence=said.evidence, remedy=said.remedy
            )
            for said in advise(situation_of(digest))
        ],
        telemetry=None,
    )


def device_key(code: int) -> str:
    """A device's name in the JSON and in the summary, where '(CPU)' would not be understood."""
    return _DEVICE_KEYS.get(code) or devices.name_of(code)


def device_names(execution_devices: list[str]) -> str:
    """What EXECUTION_DEVICES returned, named as device_key names it."""
    code = devices.code_of(execution_devices)
    return device_key(code) if code == devices.STAND_IN else ", ".join(execution_devices)


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
    )


def _startup(story: Story) -> schema.Startup:
    first = story.engines[min(story.engines)] if story.engines else None
    return schema.Startup(
        read_ms=_rounded(first.model.read_ms, 3) if first and first.model else None,
        compile_ms=_rounded(first.compiled.compile_ms, 3) if first and first.compiled else None,
        first_inference_ms=_rounded(first.first.since_spawn_ms, 3) if first and first.first else None,
    )


def _handovers(story: Story) -> list[schema.Handover]:
    changes = [change for engine in story.engines.values() for change in engine.device_changes]
    return [
        schema.Handover(
            t_s=round(change.t_ns / 1e9, 6),
            before=device_names(change.before),
            after=device_names(change.after),
            since_compile_s=round(change.since_compile_ms / 1e3, 6),
            engine=change.engine,
        )
        for change in sorted(changes, key=_when)
    ]


def _when(change: DeviceChanged) -> int:
    return change.t_ns


def _load(story: Story) -> schema.Load | None:
    settings = story.settings
    if settings is None:
        return None
    closed = settings.rate == CLOSED_LOOP
    return schema.Load(
        loop="closed" if closed else "open",
        rate=None if closed else settings.rate,
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
            latency_ms=_latencies(tally),
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
        duration_s=_rounded(tally.span_s, 6),
        throughput=_rounded(tally.throughput, 3),
        latency_ms=_latencies(tally),
        batching=_batching(tally, digest.story.engines.get(began.engine)),
    )


def _batching(tally: Tally, engine: EngineStory | None) -> schema.Batching:
    shares = tally.batches()
    plan = engine.compiled.batching if engine and engine.compiled else None
    known = shares.known > 0
    return schema.Batching(
        size=(plan.size if plan else None) or tally.largest_batch,
        batches=shares.batches if known else None,
        batched=shares.batched if known else None,
        timed_out=shares.timed_out if known else None,
        single=shares.single if known else None,
        fill=_share(shares.batched, shares.known),
        first_wait_ms=_wait(shares.first_wait),
        waiting_cost_ms=_rounded(shares.cost_ms, 4),
        exact=plan.exact if plan else None,
    )


def _wait(wait: Latency) -> schema.WaitMs | None:
    if not wait.count:
        return None
    return schema.WaitMs(p50=_rounded(wait.p50, 4), p99=_rounded(wait.p99, 4), max=_rounded(wait.max, 4))


def _latencies(tally: Tally) -> schema.Latencies:
    found = tally.latency()
    return schema.Latencies(
        inference=_ms(found["inference"]), service=_ms(found["service"]), response=_ms(found["response"])
    )


def _ms(latency: Latency) -> schema.LatencyMs:
    return schema.LatencyMs(
        count=latency.count,
        min=_rounded(latency.min, 4),
        p50=_rounded(latency.p50, 4),
        p90=_rounded(latency.p90, 4),
        p95=_rounded(latency.p95, 4),
        p99=_rounded(latency.p99, 4),
        p999=_rounded(latency.p999, 4),
        max=_rounded(latency.max, 4),
        mean=_rounded(latency.mean, 4),
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _newest_first(story: Story) -> list[EngineStory]:
    """The engine in force, then the others from the newest."""
    serving = [story.engine] if story.engine else []
    return serving + [story.engines[number] for number in sorted(story.engines, reverse=True)]
