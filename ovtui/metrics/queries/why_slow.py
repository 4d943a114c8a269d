"""Why a request took as long as it did: what the recording or the session knows of it and of that time.

Each reason is evidence: a part of the request's own time, one of its flags, or an event that fell into its time. Where
there is none, nothing is said."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ovtui.metrics import number_format
from ovtui.metrics.session.machine_event_text import what_disturbs
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.completion_order import batch_keys
from ovtui.records.events import EngineResumed, EngineStalled
from ovtui.records.record import LATENCY_MS, Flag, Records, copy_ms, lag_ms, reset_ms

NOTHING_KNOWN = "nothing recorded explains it"
NOTHING_TO_EXPLAIN = "nothing to explain"
SLOW_FROM = 1.5
"""From so many times the median on a request is called slow."""
_PART_FROM = 0.2
"""A step of a request is a reason from this share of its response on."""
REACH = 1024
"""How far apart in the order of completion the members of a batch are, at most."""


def times_median(records: Records, median_ms: float | None) -> float | None:
    """How many times the median the response of the one request is; None without a median."""
    return float(LATENCY_MS["response"](records)[0]) / median_ms if median_ms else None


def why_slow(records: Records, state: SessionState, around: Records, median_ms: float | None = None) -> list[str]:
    """The reasons for the response of the one request in `records`, the most telling first; empty where nothing is
    known. `around`: what completed just before and after it, for the other members of its batch.

    `median_ms`: of its segment and device. Of a request that took less than SLOW_FROM times of it only its flags are
    told: what took none of its time, or what all others wait for too, is no cause."""
    flags = [*_failed(records), *_timer(records, state), *_starts(records)]
    times = times_median(records, median_ms)
    if times is not None and times < SLOW_FROM:
        return flags
    waits = [*_own_steps(records), *_batch(records, around)]
    failed = [*_failed(records)]
    return [*failed, *waits, *flags[len(failed) :], *events_around(records, state)]


def _failed(records: Records) -> Iterator[str]:
    if int(records["flags"][0]) & Flag.ERROR:
        yield "it failed"


def _own_steps(records: Records) -> Iterator[str]:
    """What happened before it was submitted."""
    flags = int(records["flags"][0])
    response = float(LATENCY_MS["response"](records)[0])
    lag, copied, reset = (float(of(records)[0]) for of in (lag_ms, copy_ms, reset_ms))
    if lag >= _PART_FROM * response > 0:
        whom = "for an idle infer request " if flags & Flag.QUEUED else ""
        yield f"it waited {_ms(lag)} of its {_ms(response)} {whom}before it was sent"
    for part, what in ((copied, "its input took"), (reset, "resetting the state took")):
        if part >= _PART_FROM * response > 0:
            yield f"{what} {_ms(part)} of its {_ms(response)}"


def _timer(records: Records, state: SessionState) -> Iterator[str]:
    flags = int(records["flags"][0])
    segment = next((known for known in state.segments if known.segment == int(records["segment"][0])), None)
    timer = f"of {segment.settings.batch_timeout_in_force_ms} ms " if segment is not None else ""
    if flags & Flag.HELD:
        yield f"its batch was full, and OpenVINO held it until the batch timer {timer}ran out"
    elif flags & Flag.TIMED_OUT:
        yield f"it waited for the batch timer {timer}and ran alone"


def _batch(records: Records, around: Records) -> Iterator[str]:
    flags, size = int(records["flags"][0]), int(records["batch_size"][0])
    if size > 1 and not flags & Flag.HELD:
        members = members_of(records, around)
        waited = float(members["submit_ns"].max(initial=0) - int(records["submit_ns"][0])) / 1e6
        service = float(LATENCY_MS["service"](records)[0])
        if len(members) > 1 and waited >= _PART_FROM * service > 0:
            yield f"it waited {_ms(waited)} for the last of the {size} requests of its batch"


def _starts(records: Records) -> Iterator[str]:
    flags = int(records["flags"][0])
    if flags & Flag.WARM_UP:
        yield "it was the first inference of the engine or of its data shape"
    elif flags & Flag.LEFT_OUT:
        yield "it was warm-up of its engine"


def events_around(records: Records, state: SessionState) -> Iterator[str]:
    """What events say of the time between its due time and its completion."""
    record = records[0]
    due_ns, done_ns = int(record["due_ns"]), int(record["done_ns"])

    def overlaps(since_ns: int, until_ns: int | None) -> bool:
        return since_ns <= done_ns and (until_ns is None or until_ns >= due_ns)

    for engine in state.engines.values():
        for change in engine.device_changes:
            if overlaps(change.t_ns, change.t_ns):
                yield f"the device changed from {', '.join(change.before)} to {', '.join(change.after)} meanwhile"
        began_ns = engine.compile_began_ns
        exited_ns = engine.exited.t_ns if engine.exited is not None else None
        ended_ns = engine.compiled.t_ns if engine.compiled is not None else exited_ns
        if engine.number > 1 and overlaps(began_ns, ended_ns):
            yield f"engine {engine.number} compiled its model meanwhile"
        since_ns: int | None = None
        # AUTO's log may lack the end of the compile; who serves has compiled.
        taken_over_ns = {device: change.t_ns for change in reversed(engine.device_changes) for device in change.after}
        for event in engine.accelerator_events:
            if event.state == "compiling":
                since_ns = event.t_ns
            elif since_ns is not None and event.state in ("compiled", "failed"):
                if overlaps(since_ns, event.t_ns):
                    yield f"{event.device} compiled the model meanwhile"
                since_ns = None
        if since_ns is not None:
            device = engine.accelerator_events[-1].device
            if overlaps(since_ns, taken_over_ns.get(device, exited_ns)):
                yield f"{device} compiled the model meanwhile"
    for span in state.disturbances.spans:
        if overlaps(span.since_ns, span.until_ns):
            yield f"{what_disturbs(span)} meanwhile"
    for segment in state.segments:
        if segment.segment > 1 and overlaps(segment.t_ns, segment.t_ns):
            changed = f" ({', '.join(segment.changes)})" if segment.changes else ""
            yield f"segment {segment.segment} began meanwhile{changed}"
    for told in state.log:
        still = isinstance(told, EngineStalled)
        if not isinstance(told, EngineResumed | EngineStalled) or (still and told.engine not in state.stalls):
            continue
        if overlaps(told.since_ns, None if still else told.t_ns):
            yield f"engine {told.engine} stood still meanwhile"


def members_of(records: Records, around: Records) -> Records:
    """Those of `around` that ran in the batch of the one request, in the order of submission; none for one alone."""
    key = int(batch_keys(records)[0])
    found: Records = around[batch_keys(around) == key] if key else around[:0]
    return found[np.argsort(found["submit_ns"], kind="stable")]


def _ms(value: float) -> str:
    return f"{number_format.milliseconds(value)} ms"
