"""How requests ran in batches and what waiting for a batch cost: a line for the overview, two for the batches view."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.batches.batch_reason import batch_reason, way_to_batches
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, first_that_fits, line_of, one_line
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.metrics import number_format
from ovtui.metrics.batching.batch_wait import BatchShares
from ovtui.metrics.batching.batch_words import shortfall_text, why_no_batches
from ovtui.metrics.handover.event_text import probe_cost_text
from ovtui.metrics.session.model_state import ModelState, model_state
from ovtui.metrics.session.session_state import EngineState
from ovtui.metrics.snapshot import Snapshot

BEFORE_TRIAL = "before trial"
"""Marks figures of the segment in force while the two sides of a trial serve in turns."""


class BatchTotals(Panel):
    """Two lines on the segment in force: shares of the runs, then the waits and what they cost. Where no batch is made
    the second one, and a third where needed, says why."""

    _snapshot: Snapshot | None = None

    changeable = True
    """Settings can be changed here: the session is neither a recording nor read-only."""

    def show(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._snapshot is None:
            return Content()
        segment = self._snapshot.session_state.segment
        number = f"  segment {segment.segment}" if segment else ""
        rate: list[Piece] = [("  ", ""), (f"{number_format.rate(self._snapshot.throughput):>8}", ""), (" /s", "$dim")]
        if self._snapshot.in_force_device:
            number += f" on {self._snapshot.in_force_device}"
        if self._snapshot.session_state.in_turns:
            rate = []  # of now, unlike the others
        forms = [[*form, *rate, (number, "$dim")] for form in batch_forms(self._snapshot, waits=False)]
        lines = [first_that_fits(forms, width), first_that_fits(_wait_forms(self._snapshot), width)]
        if self._snapshot.batches.cost_ms is None:
            # Without batches there is no wait; the second line says why, and which key changes that.
            told = batch_reason(self._snapshot) in "".join(text for text, _ in lines[0])
            why = "" if told else batch_reason(self._snapshot)
            way = way_to_batches(self._snapshot, keys_of(self)) if self.changeable else ""
            wrapped = Content("; ".join(text for text in (why, way) if text)).wrap(width - 2)
            lines[1:] = [[(f" {line.plain}", "")] for line in wrapped]
        self._fit_height(len(lines))
        return Content("\n").join(line_of(line).truncate(width, ellipsis=True) for line in lines)

    def _fit_height(self, lines: int) -> None:
        height = self.styles.height
        if height is None or height.value != max(lines, 2):
            self.styles.height = max(lines, 2)


def _wait_forms(snapshot: Snapshot) -> list[list[Piece]]:
    shares = snapshot.batches
    if shares.cost_ms is None:
        return [[("", "")]]
    wait = shares.first_wait
    pieces: list[Piece] = []
    for name, value in (("first waited p50", wait.p50), ("p99", wait.p99), ("max", wait.max)):
        pieces += [(f" {name} ", "$dim"), (f"{number_format.milliseconds(value):>7}", "")]
    pieces.append((" ms", "$dim"))
    if not wait.count:
        pieces = [(" no batch was full", "$dim")]
    cost = number_format.milliseconds(shares.cost_ms)
    costs: list[Piece] = [("   costs ", "$dim"), (f"{shares.cost_certainty.sign}+{cost}", "bold"), (" ms", "$dim")]
    endings = (" a request on average", " a request", "")
    return [*([*pieces, *costs, (ending, "$dim")] for ending in endings), costs]


def batching_matters(snapshot: Snapshot) -> bool:
    """True when batching affects the measurement: a batch ran, a batch timer expired, or either can still happen. Also
    in the experiment that shows each request alone, to be compared with those that have batches."""
    session = snapshot.session_state.session
    if session is not None and session.experiment is not None and session.experiment.check == "served-alone":
        return True
    engine, shares = snapshot.session_state.engine, snapshot.batches
    plan = engine.compiled.batching if engine and engine.compiled else None
    expected = plan is not None and plan.evidence != "none" and engine is not None and engine.full_batch is not None
    return bool(shares.batched or shares.timed_out or (expected and not shares.withdrawn))


def batch_forms(snapshot: Snapshot, *, waits: bool = True) -> list[list[Piece]]:
    """One line in forms from the fullest to the shortest. `waits`: with the first member's wait and its cost. They say
    so where the figures are of before a trial, or are left out."""
    forms = _batch_forms(snapshot, waits=waits)
    if not snapshot.session_state.in_turns or model_state(snapshot.session_state) is not None:
        return forms
    mark: Piece = (f" {BEFORE_TRIAL}:", "$warning")
    return [*([mark, *form] for form in forms), [("", "")]]


def _batch_forms(snapshot: Snapshot, *, waits: bool) -> list[list[Piece]]:
    engine, shares = snapshot.session_state.engine, snapshot.batches
    state = model_state(snapshot.session_state)
    if state is not None and not shares.batched and not shares.timed_out:
        return _state_forms(state, snapshot.throughput)
    plan = engine.compiled.batching if engine and engine.compiled else None
    head: Piece = (" batch ", "$dim")
    if not shares.known:
        why = one_line(plan.why_not) if plan else ""
        # Whole or not at all: where it does not fit, the reason has lines of its own (BatchReason).
        return [[head, (f"{number_format.UNKNOWN}  {why}", "$dim")], [head, (number_format.UNKNOWN, "")]]
    if not shares.batched and not shares.timed_out:
        why = one_line(why_no_batches(engine, shares))
        texts = [f"   alone: {why}"] * bool(why) + ["   every request ran alone"]
        return [*([head, ("1", ""), (text, "$dim")] for text in texts), [head, ("1", "")]]
    size = number_format.count((engine.full_batch if engine else None) or shares.size)
    guessed = engine is not None and engine.full_batch_is == "deduced" and not shares.size
    if shares.deduced or guessed or (plan and plan.evidence == "deduced"):
        size = f"~{size}"
    full, held, timer, alone = (
        number_format.percent(part, shares.known)
        for part in (shares.full, shares.held, shares.timed_out, shares.single)
    )
    by = _evidence_pieces(engine, shares)
    base: list[Piece] = [head, (size, ""), ("  full ", "$dim"), (f"{full:>7}", "")]
    if shares.held:
        base += [("  held ", "$dim"), (f"{held:>7}", "$error")]
    with_timer = [*base, ("  timer ", "$dim"), (f"{timer:>7}", "$warning" if shares.timed_out else "")]
    with_alone: list[Piece] = [*with_timer, ("  alone ", "$dim"), (f"{alone:>7}", "")]
    shortfall = shortfall_text(engine, snapshot.session_state.segment, shares)
    short: list[Piece] = [(f"  {shortfall}", "$warning")] if shortfall else []
    wait, cost = (_first_wait_pieces(shares), _cost_pieces(shares)) if waits else ([], [])
    return [
        *([*with_alone, *short, *wait, *cost, *form] for form in by),
        *([*with_timer, *short, *wait, *cost, *form] for form in by),
        [*with_timer, *short, *wait, *cost],
        *([[*with_timer, *short], [*base[:2], *with_timer[-2:-1], (timer, "$warning"), *short]] if short else []),
        [*with_timer, *cost],
        with_timer,
        *([[head, (f"full {full}", ""), (f" held {held}", "$error")]] if shares.held else []),
        [head, (f"{size}: {full:>7} full", ""), *cost],
        [head, (f"{size}: {full:>7} full", "")],
        [head, (size, "")],
    ]


def _state_forms(state: ModelState, throughput: float | None) -> list[list[Piece]]:
    """In place of batches, which a stateful model never makes: its state, and tokens a second."""
    head: Piece = (" stateful ", "$dim")
    size: Piece = (state.size_text, "$warning" if state.grows else "")
    policy: Piece = (f", {state.policy_text}", "$dim")
    tokens_per_s = state.tokens_per_s(throughput)
    rate: list[Piece] = []
    if tokens_per_s is not None:
        rate = [("  ", ""), (number_format.rate(tokens_per_s), "bold"), (f" {state.rate_unit}", "$dim")]
    short: list[list[Piece]] = []
    if state.tokens is not None:
        tokens: Piece = (number_format.quantity(state.tokens, "token"), size[1])
        short = [[head, tokens, *rate], [(" ", ""), tokens, *rate], [head, tokens]]
    return [[head, size, policy, *rate], [head, size, *rate], *short, [head, size], [(" stateful", "$dim")]]


def _evidence_pieces(engine: EngineState | None, shares: BatchShares) -> list[list[Piece]]:
    """How sizes and ids are found, the longest form first: '  by the probe (about 45 us a run), ids deduced'."""
    plan = engine.compiled.batching if engine and engine.compiled else None
    if engine is None or plan is None:
        return [[]]
    ids = ", ids deduced" if plan.exact is False else ""
    unknown = (
        f", {number_format.percent(shares.unknown, shares.known + shares.unknown)} unknown" if shares.unknown else ""
    )
    match plan.evidence:
        case "witness":
            forms = [f"known by the witness{unknown}", f"known{unknown}", ""]
        case "probe":
            learnt = engine.batching_learnt
            costs = f" ({probe_cost_text(learnt)} a run)" if learnt and learnt.probe_cost_us is not None else ""
            short = ids.removeprefix(", ")
            forms = [f"known by the probe{costs}{ids}{unknown}", f"by the probe{costs}{ids}", short]
        case "deduced":
            forms = [f"sizes and ids deduced{unknown}", f"sizes deduced{unknown}", "sizes deduced"]
        case _:
            forms = [""]
    return [[(f"  {text}", "$dim")] if text else [] for text in dict.fromkeys(forms)]


def _first_wait_pieces(shares: BatchShares) -> list[Piece]:
    """The median wait of a batch's first member; empty where no batch ran full."""
    if not shares.first_wait.count:
        return []
    return [("  first waited p50 ", "$dim"), (number_format.milliseconds(shares.first_wait.p50), ""), (" ms", "$dim")]


def _cost_pieces(shares: BatchShares) -> list[Piece]:
    if shares.cost_ms is None:
        return []
    return [
        ("  costs ", "$dim"),
        (f"{shares.cost_certainty.sign}+{number_format.milliseconds(shares.cost_ms)}", ""),
        (" ms", "$dim"),
    ]
