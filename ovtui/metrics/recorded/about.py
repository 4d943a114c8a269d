"""What a recording is of, beside its figures: where, with which versions and settings it was made. And in what two
recordings differ."""

from __future__ import annotations

from ovtui.metrics.digest import Digest
from ovtui.metrics.number_format import installed_memory, quantity
from ovtui.metrics.recorded.load import RecordedLoad
from ovtui.metrics.recorded.schema import CompareSide
from ovtui.records.descriptions import Machine
from ovtui.settings.changes import describe_changes
from ovtui.settings.listing import first_few
from ovtui.settings.schema.arrival import is_closed_loop

MOST_APART_S = 3_600.0
"""Recordings that began further apart than that have it said."""


def side_of(path: str, digest: Digest, load: RecordedLoad) -> CompareSide:
    state = digest.session_state
    session, engine = state.session, state.engines.get(load.began.engine)
    read = engine.model if engine is not None else None
    compiled = engine.compiled if engine is not None else None
    settings = load.began.settings
    return CompareSide(
        path=path,
        started_at_s=session.started_at_s if session is not None else None,
        ovtui=session.ovtui if session is not None else None,
        openvino=read.openvino if read is not None else None,
        machine=session.machine if session is not None else None,
        model=read.name if read is not None else settings.model,
        device=compiled.device if compiled is not None else settings.device,
        segment=load.began.segment,
        segments=load.segments,
        is_trial_side=load.is_side,
        part=load.device,
        served_by=list(load.devices),
        loop="closed" if is_closed_loop(settings) else "open",
        settings=settings,
        requests=load.requests,
        duration_s=load.span_s,
    )


def differences(a: CompareSide, b: CompareSide) -> list[str]:
    """Texts such as 'hint latency→throughput', the more telling first; empty where nothing that is recorded differs."""
    found = []
    for what, before, after in (
        ("model", a.model, b.model),
        ("OpenVINO", a.openvino, b.openvino),
        ("ovtui", a.ovtui, b.ovtui),
        ("served by", ", ".join(a.served_by), ", ".join(b.served_by)),
    ):
        if before != after and before and after:
            found.append(f"{what} {before}→{after}")
    found += _of_machines(a.machine, b.machine)
    changes = describe_changes(a.settings, b.settings)
    return found + [text for text in changes if not (text.startswith("model ") and found and a.model != b.model)]


def warnings(a: CompareSide, b: CompareSide) -> list[str]:
    """Why the figures may not be what a comparison needs, a sentence each."""
    found = []
    if a.started_at_s and (a.started_at_s, a.segment, a.requests) == (b.started_at_s, b.segment, b.requests):
        found.append("both are copies of one recording")
    if a.loop != b.loop:
        found.append(
            f"A is {_loop(a)} and B {_loop(b)}: throughput is what the device can do in the one and what was asked for "
            "in the other, and latencies are of different loads"
        )
    elif a.loop == "open" and a.settings.rate != b.settings.rate:
        found.append("the rates differ, and latency grows with the rate: compare at one rate, or by `ovtui find-rate`")
    if a.settings.warm_up != b.settings.warm_up:
        found.append("different requests are left out as warm-up; compare with the same --warm-up")
    for name, side in (("A", a), ("B", b)):
        if not side.part and len(side.served_by) > 1:
            found.append(f"in {name} {' and '.join(side.served_by)} served together: its figures describe neither")
        if side.is_trial_side:
            found.append(
                f"{name} is one side of a trial, with the guards between its turns; `ovtui report` has the trial itself"
            )
    if a.started_at_s and b.started_at_s and abs(b.started_at_s - a.started_at_s) > MOST_APART_S:
        hours = abs(b.started_at_s - a.started_at_s) / 3600
        apart = quantity(round(hours / 24), "day") if hours > 48 else quantity(round(hours), "hour")
        found.append(f"they were recorded {apart} apart: much may have changed on the machine")
    return found


def _loop(side: CompareSide) -> str:
    return "a closed loop" if side.loop == "closed" else "an open loop"


def _of_machines(a: Machine | None, b: Machine | None) -> list[str]:
    if a is None or b is None or a == b:
        return []
    parts = []
    for what, before, after in (
        ("CPU", a.cpu, b.cpu),
        ("cores", str(a.cores), str(b.cores)),
        ("CPU quota", f"{a.quota_cores or 'none'}", f"{b.quota_cores or 'none'}"),
        ("memory", installed_memory(a.memory_bytes), installed_memory(b.memory_bytes)),
        ("system", a.system, b.system),
    ):
        if before != after:
            parts.append(f"{what} {before}→{after}")
    return [f"machine: {first_few(parts, 5)}"] if parts else []
