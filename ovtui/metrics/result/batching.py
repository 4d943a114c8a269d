"""The Result of how the requests were batched."""

from __future__ import annotations

from typing import Literal

from ovtui.metrics.batching.batch_wait import BatchShares
from ovtui.metrics.batching.batch_words import due_in_timeout, shortfall_text, why_no_batches
from ovtui.metrics.groups.group_figures import GroupFigures, share_of
from ovtui.metrics.latency.latency import Latency
from ovtui.metrics.result import batching_schema, schema
from ovtui.metrics.session.session_state import EngineState
from ovtui.records.events import SegmentBegan


def batching_result(group: GroupFigures, engine: EngineState | None, segment: SegmentBegan | None) -> schema.Batching:
    """`segment`: whose load it was; None where there was none, or several of the group's are to be told apart."""
    shares = group.batches
    plan = engine.compiled.batching if engine and engine.compiled else None
    learnt = engine.batching_learnt if engine else None
    told = (plan.size if plan else None) or (learnt.size if learnt else None)
    known = shares.known > 0
    size = shares.size or (engine.full_batch if engine else None)
    return schema.Batching(
        size=None if shares.withdrawn else size or told or None,
        size_is=_size_is(shares, engine) if size and not shares.withdrawn else None,
        batches=shares.batches if known else None,
        batched=shares.batched if known else None,
        timed_out=shares.timed_out if known and not shares.undecided else None,
        single=shares.single if known and not shares.undecided else None,
        stood_in=shares.stood_in if known else None,
        fill=share_of(shares.batched, shares.known),
        held=_held(shares),
        first_wait_ms=_wait(shares.first_wait),
        waiting_cost_ms=shares.cost_ms,
        waiting_cost_is=shares.cost_certainty if shares.cost_ms is not None else None,
        evidence=plan.evidence if plan else None,
        known=shares.known - shares.deduced,
        deduced=shares.deduced,
        unknown=shares.unknown,
        left_out=group.completed - group.measured,
        probe_cost_us=learnt.probe_cost_us if learnt else None,
        probe_cost_low_us=learnt.probe_cost_low_us if learnt else None,
        probe_cost_high_us=learnt.probe_cost_high_us if learnt else None,
        exact=plan.exact if plan else None,
        shortfall=shortfall_text(engine, segment, shares) or None,
        due_in_timeout=due_in_timeout(segment) if segment and size and not shares.withdrawn else None,
        shared_inputs=engine.shared_inputs if engine and not shares.withdrawn else [],
        why_not=why_no_batches(engine, shares) or None,
    )


def _size_is(shares: BatchShares, engine: EngineState | None) -> Literal["known", "deduced"] | None:
    return "known" if shares.size and not shares.deduced else engine.full_batch_is if engine else None


def _held(shares: BatchShares) -> batching_schema.Held | None:
    if not shares.known:
        return None
    return batching_schema.Held(batches=shares.held_batches, requests=shares.held, wait_ms=shares.held_wait_ms)


def _wait(wait: Latency) -> batching_schema.WaitMs | None:
    return batching_schema.WaitMs(p50=wait.p50, p99=wait.p99, max=wait.max) if wait.count else None
