"""What every surface says in words of batches that do not come about."""

from __future__ import annotations

from ovtui.metrics.batching.batch_wait import BatchShares
from ovtui.metrics.number_format import significant
from ovtui.metrics.session.session_state import EngineState
from ovtui.records.events import SegmentBegan


def due_in_timeout(segment: SegmentBegan) -> float | None:
    """How many requests of an open loop come due within one batch timeout on average; None in a closed loop, and where
    a trace gives the times."""
    rate = segment.settings.rate
    if not rate or segment.settings.arrival.startswith("trace"):
        return None
    return rate * segment.settings.batch_timeout_in_force_ms / 1e3


def shortfall_text(engine: EngineState | None, segment: SegmentBegan | None, shares: BatchShares) -> str:
    """Why batches do not fill: '100 of 256 come in 1000 ms', '4 of 16 in flight'; empty where most requests run in one
    or B is unknown."""
    size = shares.size or (engine.full_batch if engine is not None else None)
    if size is None or segment is None or shares.timed_out <= shares.batched:
        return ""
    if segment.nireq < size:
        return f"{segment.nireq} of {size} in flight"
    due = due_in_timeout(segment)
    if due is None or due >= size:
        return ""
    return f"{significant(due, 3)} of {size} come in {segment.settings.batch_timeout_in_force_ms} ms"


def why_no_batches(engine: EngineState | None, shares: BatchShares) -> str:
    """Why requests are not batched, or batches not observed, as a phrase; empty where they are, or no reason is
    known."""
    if engine is None or engine.compiled is None or shares.batched + shares.timed_out:
        return ""
    learnt = engine.batching_learnt
    if shares.undecided:
        return "requests run alone, and whether they wait for the timer is not known yet"
    if shares.withdrawn:
        device = learnt.device if learnt is not None and learnt.size else engine.compiled.device
        return f"{device} tells that it batches {engine.full_batch}, but no request waits for the timer"
    if learnt is not None and learnt.size == 1 and not engine.compiled.batching.why_not:
        return f"{learnt.device} runs every request of this model alone"
    if not engine.compiled.batching.why_not and only_cpu(engine):
        return "the CPU makes no batches by itself"
    return engine.compiled.batching.why_not


def only_cpu(engine: EngineState) -> bool:
    """True where the CPU alone serves, and nobody told OpenVINO to batch: its plugin never does by itself."""
    compiled = engine.compiled
    return compiled is not None and engine.devices == ["CPU"] and not compiled.device.upper().startswith("BATCH")


def reason_text(engine: EngineState | None, segment: SegmentBegan | None, shares: BatchShares) -> str:
    """Why no batch fills, none is made, or none can be seen; empty where batches are made."""
    plan = engine.compiled.batching if engine is not None and engine.compiled is not None else None
    if not shares.known and plan is not None and plan.why_not:
        return plan.why_not
    return why_no_batches(engine, shares) or shortfall_text(engine, segment, shares)
