"""A comparison of A and B in words: what differs, the table, how it was measured, the sentence on it all."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.comparison.trial_figures import TrialFigures
from ovtui.metrics.comparison.trial_text import FAR, side_value, verdict_words, within_text
from ovtui.metrics.energy.source_names import SOURCE_NAMES
from ovtui.metrics.handover.event_text import trial_ending_text
from ovtui.records.events import TrialBegan
from ovtui.records.trial_events import least_pairs
from ovtui.settings.schema.arrival import is_closed_loop
from ovtui.settings.schema.settings import Settings

_NAME, _SIDE, _CHANGE = 12, 13, 30


def differences_text(began: TrialBegan) -> str:
    """'B against A: hint latency→throughput, in flight auto→8'."""
    return f"B against A: {', '.join(began.changes) or 'the same settings: a difference would be luck'}"


def head_lines(began: TrialBegan) -> list[str]:
    """What A is, what differs in B, and where the two are asked for different work."""
    lines = [f"A: {began.a.model} on {began.a.device}, {_load(began.a)}", differences_text(began)]
    if began.a.model != began.b.model:
        lines.append("two models: a request of A and one of B are different work")
    if is_closed_loop(began.a) != is_closed_loop(began.b):
        lines.append(
            f"A: {_load(began.a)}; B: {_load(began.b)}: an open loop that keeps up has the rate that was asked for"
        )
    return lines


def _load(settings: Settings) -> str:
    return "closed loop" if is_closed_loop(settings) else f"open loop, {number_format.rate(settings.rate)} requests/s"


def table_lines(figures: TrialFigures) -> list[str]:
    """A row for each figure: A, B, B against A with its interval, the verdict."""
    a, b = figures.sides["A"], figures.sides["B"]
    changes = {
        name: number_format.UNKNOWN if ratio.estimate is None else _change(ratio.estimate, ratio.low, ratio.high)
        for name, ratio in ((name, verdict.ratio) for name, verdict in figures.verdicts.items())
    }
    width = max(_CHANGE, *(len(change) + 2 for change in changes.values()))
    lines = [f"{'':<{_NAME}}{'A':>{_SIDE}}{'B':>{_SIDE}}   {'B against A':<{width}}verdict"]
    for name, verdict in figures.verdicts.items():
        row = f"{name:<{_NAME}}{side_value(name, a):>{_SIDE}}{side_value(name, b):>{_SIDE}}   "
        lines.append(f"{row}{changes[name]:<{width}}{verdict_words(name, verdict)}".rstrip())
    if "energy" not in figures.verdicts:
        lines.append(f"{'energy':<{_NAME}}{number_format.UNKNOWN:>{_SIDE}}{number_format.UNKNOWN:>{_SIDE}}   n/a")
    return lines


def _change(ratio: float, low: float | None, high: float | None) -> str:
    """'+14 % (11 to 18 %)'; '1/3.5 (1/102 to 2.06 times)' of an interval that reaches from far below to far above."""
    if low is None or high is None:
        return number_format.plain_change(ratio)
    if (low < 1 < high and (high >= FAR or low <= 1 / FAR)) or (1 / FAR < ratio < FAR) != (1 / FAR < low < high < FAR):
        ends = (number_format.plain_change(end) for end in (low, high))
        return f"{number_format.plain_change(ratio)} ({' to '.join(ends)})"
    return number_format.change(ratio, low, high)


def note_lines(figures: TrialFigures, no_energy: str, no_huge_pages: str = "") -> list[str]:
    """How it was measured, and what a reader has to know of the figures. `no_energy`: why there are no joules;
    `no_huge_pages`: why the engines did not ask for them."""
    state, a, b = figures.state, figures.sides["A"], figures.sides["B"]
    began = state.began
    lines = [
        f"{number_format.quantity(figures.pairs, 'pair')} of blocks, one loaded at a time, A B B A, "
        f"{number_format.run_length(figures.measured_s)}",
        f"each interval holds in {100 * began.confidence:.4g} % of comparisons"
        + (", those of throughput, p50, p90 and p99 together in 95 %" if began.for_p99 else ""),
        "p50, p90 and p99: of response times; those of A and B of all its blocks pooled, the change of the blocks' own",
    ]
    lines.append(
        f"memory: no huge pages, {no_huge_pages}: engines of the same settings may differ by 10 % (docs/ab.md)"
        if no_huge_pages
        else "memory: both engines asked for huge pages, in which the luck of where it lies is small (docs/ab.md)"
    )
    if a.items_per_s is not None:
        lines.append(
            f"a request of A holds {number_format.items(a.items_per_request)} items and one of B "
            f"{number_format.items(b.items_per_request)}: throughput counts requests, items their items"
        )
    if figures.power_source:
        each = "item" if a.items_per_s is not None else "request"
        lines.append(
            f"energy: of {SOURCE_NAMES[figures.power_source]}, joules per {each}, all that runs on it included; it is "
            "none of the figures whose intervals hold together"
        )
    else:
        lines.append(f"energy: n/a, {no_energy}")
    missing = figures.verdicts["p99"].ratio.pairs
    if began.for_p99 and 2 * missing <= figures.pairs:
        lines.append(
            "p99: most blocks have fewer than 100 requests, too few for one; longer blocks (--block) have more"
        )
    return lines


def summary_sentence(figures: TrialFigures) -> str:
    """What the figures that decide say of B, in one sentence; what broke it off comes first."""
    state = figures.state
    ended, began = state.ended, state.began
    broken = ""
    if ended is not None and ended.reason == "failed":
        broken = f"{trial_ending_text(ended)}; "
    elif ended is None or ended.reason == "cancelled":
        broken = "ended before its time; "
    if not figures.pairs:
        return f"{broken}nothing was compared"
    if not figures.comparable:
        least = least_pairs(began.confidence)
        pairs = number_format.quantity(figures.pairs, "pair")
        more = "more time (--limit)" if began.limit_s else f"--blocks {2 * least} or more"
        return f"{broken}{pairs} of blocks: too few to compare, an interval needs {least}; give it {more}"
    found = ", ".join(f"{name} {verdict_words(name, figures.verdicts[name])}" for name in figures.deciding)
    match figures.outcome:
        case "better":
            return f"{broken}B is better: {found}"
        case "worse":
            return f"{broken}A is better; B: {found}"
        case "same":
            return f"{broken}no difference beyond {within_text(began.within)}: {found}"
        case "mixed":
            return f"{broken}B is better in one figure and worse in another: {found}"
        case "unknown":
            return f"{broken}a difference could not be told: {found}"


def progress_line(figures: TrialFigures, now_ns: int, before: int = 0) -> str:
    """'block 5 of 16 · B serves · about 12 s left'. `before`: blocks of the recording that it resumes."""
    state = figures.state
    if not state.turns:
        return f"engine {state.began.engine} compiles B"
    turn = state.turns[-1]
    if not turn.blocks:
        return "B warms up"
    number = turn.first_block + sum(block.until_ns <= now_ns for block in turn.blocks[:-1])
    left = number_format.rough_seconds(max(turn.ends_ns - now_ns, 0) / 1e9)
    p50 = figures.verdicts["p50"].ratio.estimate
    so_far = f" · p50 {number_format.plain_change(p50)} so far" if p50 is not None else ""
    return f"block {before + number} of {before + turn.planned_blocks} · {turn.side} serves · about {left} left{so_far}"
