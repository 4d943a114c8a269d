"""The JSON's `startup` and `handovers`: how the first engine came up, and each change of device as requests felt it."""

from __future__ import annotations

from ovtui.metrics import result_schema as schema
from ovtui.metrics.digest import Digest
from ovtui.metrics.handover import Phase, Phases
from ovtui.metrics.result_parts import device_names, latencies_ms, rounded
from ovtui.metrics.startup import compile_ms_of, timeline_of
from ovtui.records.events import DeviceChanged


def startup_of(digest: Digest) -> schema.Startup:
    story = digest.story
    first = story.engines[min(story.engines)] if story.engines else None
    if first is None:
        return schema.Startup(**dict.fromkeys(schema.Startup.__struct_fields__))
    line = timeline_of(story, first, digest.first_done_ns)

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
        for change in sorted(changes, key=_when)
    ]


def _handover(change: DeviceChanged, phases: Phases | None, compile_ms: float | None) -> schema.Handover:
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


def _phase(phase: Phase) -> schema.Phase:
    return schema.Phase(
        requests=phase.requests,
        errors=phase.errors,
        throughput=rounded(phase.throughput, 3),
        latency_ms=latencies_ms(phase.latency),
    )


def _when(change: DeviceChanged) -> int:
    return change.t_ns
