"""The Result of how the requests were batched."""

from __future__ import annotations

from ovtui.metrics.groups.group_figures import GroupFigures
from ovtui.metrics.latency.latency import Latency
from ovtui.metrics.result import schema
from ovtui.metrics.session.session_state import EngineState

SHARE_DECIMALS = 4


def batching_result(group: GroupFigures, engine: EngineState | None) -> schema.Batching:
    shares = group.batches
    plan = engine.compiled.batching if engine and engine.compiled else None
    learnt = engine.batching_learnt if engine else None
    known = shares.known > 0
    return schema.Batching(
        size=shares.size or (plan.size if plan else None) or (learnt.size if learnt else None),
        batches=shares.batches if known else None,
        batched=shares.batched if known else None,
        timed_out=shares.timed_out if known else None,
        single=shares.single if known else None,
        stood_in=shares.stood_in if known else None,
        fill=share(shares.batched, shares.known),
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
        why_not=(plan.why_not or None) if plan and not shares.batched + shares.timed_out else None,
    )


def _wait(wait: Latency) -> schema.WaitMs | None:
    return schema.WaitMs(p50=wait.p50, p99=wait.p99, max=wait.max) if wait.count else None


def share(part: int, whole: int) -> float | None:
    return round(part / whole, SHARE_DECIMALS) if whole else None
