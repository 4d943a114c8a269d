"""The price of a second model in words: a trial whose sides are this load alone and beside that model."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.comparison.block_tally import FigureName
from ovtui.metrics.comparison.trial_figures import SideFigures, TrialFigures
from ovtui.metrics.comparison.verdict import SAME_WITHIN
from ovtui.records.events import TrialTurn

PRICED: tuple[FigureName, ...] = ("p99", "p50", "throughput")
"""In the order in which they are told."""


def side_word(side: str) -> str:
    return "alone" if side == "A" else "beside"


def value_text(name: FigureName, side: SideFigures) -> str:
    """'8.10 ms', '812 /s'."""
    if name == "throughput":
        return f"{number_format.rate(side.throughput)} /s"
    response = side.response
    value_ms = {"p50": response.p50, "p90": response.p90}.get(name, response.p99)
    return f"{number_format.milliseconds(value_ms)} ms"


def price_text(name: FigureName, figures: TrialFigures) -> str:
    """'p99 alone 8.10 ms, beside 19.4 ms (+120 to +160 %)'; without the values where a side has too few requests for
    one: 'p99 +120 to +160 %'."""
    alone, beside = (value_text(name, figures.sides[side]) for side in ("A", "B"))
    if number_format.UNKNOWN in (alone.partition(" ")[0], beside.partition(" ")[0]):
        return f"{name} {found_text(name, figures)}"
    return f"{name} alone {alone}, beside {beside} ({found_text(name, figures)})"


def found_text(name: FigureName, figures: TrialFigures) -> str:
    """'+120 to +160 %', 'same within 3 %', 'cannot tell'; of a trial that runs also how much longer that would
    take."""
    verdict = figures.verdicts[name]
    ratio = verdict.ratio
    if verdict.finding == "same":
        return f"same within {SAME_WITHIN:.0%}".replace("%", " %")
    if verdict.finding == "unknown" or ratio.low is None or ratio.high is None:
        if figures.state.ended is None and verdict.more_s is not None:
            return f"cannot tell, about {number_format.rough_seconds(verdict.more_s)} more"
        return "cannot tell"
    return number_format.change_range(ratio.low, ratio.high)


def progress_text(figures: TrialFigures, now_ns: int) -> str:
    """'demo-cnn: block 5 of 16 · alone now · about 12 s left'; of one that runs."""
    state = figures.state
    head = state.began.beside
    if not state.turns:
        return f"{head}: it starts beside"
    turn: TrialTurn = state.turns[-1]
    left = f"about {number_format.rough_seconds(max(turn.ends_ns - now_ns, 0) / 1e9)} left"
    if not turn.blocks:
        return f"{head}: {'both run in' if turn.side == 'B' else 'this one alone'} · {left}"
    number = turn.first_block + sum(block.until_ns <= now_ns for block in turn.blocks[:-1])
    return f"{head}: block {number} of {turn.planned_blocks} · {side_word(turn.side)} now · {left}"


def outcome_text(figures: TrialFigures) -> str:
    """One sentence on what throughput and p50 say together."""
    ended = figures.state.ended is not None
    if ended and not figures.pairs:
        return "nothing was compared"
    if ended and not figures.comparable:
        return f"{number_format.quantity(figures.pairs, 'pair')} of blocks: too few to compare"
    match figures.outcome:
        case "better":
            return "faster beside it"
        case "worse":
            return "slower beside it"
        case "same":
            return f"no difference beyond {SAME_WITHIN:.0%}".replace("%", " %")
        case "mixed":
            return "better in one figure and worse in the other"
        case "unknown":
            return "a difference could not be told" if ended else "a difference cannot be told yet"


def beside_text(figures: TrialFigures) -> str:
    """Of one that is over, in one line: what broke it comes first, where lines are cut at their end."""
    state = figures.state
    head, pairs = f"beside {state.began.beside}: ", number_format.quantity(figures.pairs, "pair")
    ended = state.ended
    broken = ""
    if ended is not None and ended.reason in ("failed", "cancelled"):
        broken = f"it ended: {ended.text}; " if ended.text else "it was stopped; "
    if not figures.comparable:
        return f"{head}{broken}{outcome_text(figures)}"
    return f"{head}{broken}{', '.join(price_text(name, figures) for name in PRICED)}; {pairs} of blocks"
