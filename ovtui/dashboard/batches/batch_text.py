"""How requests ran in batches, and what waiting for them cost, in forms from the fullest to the shortest."""

from __future__ import annotations

from ovtui.dashboard.drawing.text_fit import Piece, cut, one_line
from ovtui.metrics import number_format
from ovtui.metrics.batching.batch_wait import BatchShares
from ovtui.metrics.session.session_state import EngineState
from ovtui.metrics.snapshot import Snapshot


def batching_matters(snapshot: Snapshot) -> bool:
    """Whether batching has a part in what is measured: a batch ran, a timer ran out, or one of the two will."""
    engine, shares = snapshot.story.engine, snapshot.batches
    plan = engine.compiled.batching if engine and engine.compiled else None
    return bool(shares.batched or shares.timed_out or (plan and plan.probe and (plan.size or 0) > 1))


def _expects_batches(engine: EngineState | None) -> bool:
    """Whether a person would expect batches: the plain CPU never makes any."""
    if engine is None or engine.compiled is None:
        return False
    return engine.compiled.device.upper().startswith("BATCH") or engine.devices != ["CPU"]


def batch_forms(snapshot: Snapshot, *, waits: bool = True) -> list[list[Piece]]:
    """For a panel's line; `waits`: with what waiting cost."""
    engine, shares = snapshot.story.engine, snapshot.batches
    plan = engine.compiled.batching if engine and engine.compiled else None
    head: Piece = (" batch ", "$dim")
    if not shares.known:
        why = one_line(plan.why_not) if plan else ""
        words = f"{number_format.UNKNOWN}  {why}"
        return [[head, (cut(words, room), "$dim")] for room in (len(words), *range(72, 30, -6))] + [
            [head, (number_format.UNKNOWN, "")]
        ]
    if not shares.batched and not shares.timed_out:
        words = "   every request ran alone"
        if plan and plan.why_not and _expects_batches(engine):
            words = f"   alone: {one_line(plan.why_not)}"
        return [[head, ("1", ""), (cut(words, room), "$dim")] for room in (len(words), *range(72, 25, -6))] + [
            [head, ("1", "")]
        ]
    known = (plan.size if plan else None) or shares.size
    size = number_format.count(known)
    full, timer = (
        number_format.percent(shares.batched, shares.known),
        number_format.percent(shares.timed_out, shares.known),
    )
    alone = number_format.percent(shares.single, shares.known)
    # Deduced batch ids say so, for they are a guess.
    deduced: list[Piece] = [("  deduced", "$dim")] if plan and plan.exact is False else []
    base: list[Piece] = [head, (size, ""), ("  full ", "$dim"), (f"{full:>7}", "")]
    with_timer = [*base, ("  timer ", "$dim"), (f"{timer:>7}", "$warning" if shares.timed_out else "")]
    with_alone: list[Piece] = [*with_timer, ("  alone ", "$dim"), (f"{alone:>7}", "")]
    waited, cost = (_first_wait_pieces(shares), _cost_pieces(shares)) if waits else ([], [])
    return [
        [*with_alone, *waited, *cost, *deduced],
        [*with_timer, *waited, *cost, *deduced],
        [*with_timer, *waited, *cost],
        [*with_timer, *cost],
        with_timer,
        [head, (f"{size}: {full:>7} full", ""), *cost],
        [head, (f"{size}: {full:>7} full", "")],
        [head, (size, "")],
    ]


def _first_wait_pieces(shares: BatchShares) -> list[Piece]:
    """The typical wait of a batch's first member; nothing where no batch ran full."""
    if not shares.first_wait.count:
        return []
    return [("  first waited p50 ", "$dim"), (_ms(shares.first_wait.p50), ""), (" ms", "$dim")]


def _cost_pieces(shares: BatchShares) -> list[Piece]:
    if shares.cost_ms is None:
        return []
    return [("  costs ", "$dim"), (f"{shares.cost_certainty.sign}+{_ms(shares.cost_ms)}", ""), (" ms", "$dim")]


def _ms(value_ms: float | None) -> str:
    return number_format.milliseconds(value_ms)
