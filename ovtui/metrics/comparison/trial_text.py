"""A trial in words, for the dashboard, the summary and the reports."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.comparison import beside_text
from ovtui.metrics.comparison.trial_figures import FIGURES, FigureName, TrialFigures
from ovtui.metrics.comparison.verdict import SAME_WITHIN, Verdict
from ovtui.metrics.handover.event_text import trial_ending_text


def verdict_text(name: FigureName, verdict: Verdict, *, goes_on: bool = False) -> str:
    """'throughput +14 % (11 to 18 %)', 'p50 same within 3 %', 'p99 cannot tell'; of a trial that goes on also how much
    longer it would take to tell."""
    ratio = verdict.ratio
    if verdict.finding == "same":
        return f"{name} same within {SAME_WITHIN:.0%}".replace("%", " %")
    if verdict.finding == "unknown" or ratio.estimate is None or ratio.low is None or ratio.high is None:
        if not goes_on or verdict.more_s is None:
            return f"{name} cannot tell"
        return f"{name} cannot tell (about {number_format.rough_seconds(verdict.more_s)} more)"
    return f"{name} {number_format.change(ratio.estimate, ratio.low, ratio.high)}"


def verdicts_text(figures: TrialFigures, names: tuple[FigureName, ...] = ("throughput", "p50", "p99")) -> str:
    return ", ".join(verdict_text(name, figures.verdicts[name]) for name in names)


def outcome_text(figures: TrialFigures) -> str:
    """One sentence on what throughput and p50 say together."""
    if figures.state.began.beside:
        return beside_text.outcome_text(figures)
    ended = figures.state.ended is not None
    if ended and not figures.pairs:
        return "nothing was compared"
    if ended and not figures.comparable:
        return f"{number_format.quantity(figures.pairs, 'pair')} of blocks: too few to compare"
    match figures.outcome:
        case "better":
            return "the settings on trial are better"
        case "worse":
            return "the settings that were in force are better"
        case "same":
            return f"no difference beyond {SAME_WITHIN:.0%}".replace("%", " %")
        case "mixed":
            return "better in one figure and worse in the other"
        case "unknown":
            return "a difference could not be told" if ended else "a difference cannot be told yet"


def progress_text(figures: TrialFigures, now_ns: int) -> str:
    """'trial: block 5 of 16 · A, as it was, now · about 12 s left'; of a trial that runs."""
    state = figures.state
    if state.began.beside:
        return beside_text.progress_text(figures, now_ns)
    if not state.turns:
        return f"trial: engine {state.began.engine} compiles the settings on trial"
    turn = state.turns[-1]
    left = f"about {number_format.rough_seconds(max(turn.ends_ns - now_ns, 0) / 1e9)} left"
    if not turn.blocks:
        return f"trial: the settings on trial warm up · {left}"
    number = turn.first_block + sum(block.until_ns <= now_ns for block in turn.blocks[:-1])
    who = "A, as it was, now" if turn.side == "A" else "B, on trial, now"
    return f"trial: block {number} of {turn.planned_blocks} · {who} · {left}"


def trial_text(figures: TrialFigures) -> str:
    """Of a trial that is over, in one line: what broke it comes first, where lines are cut at their end."""
    state = figures.state
    if state.began.beside:
        return beside_text.beside_text(figures)
    what = ", ".join(state.began.changes) or "the same settings"
    broken = trial_ending_text(state.ended) if state.ended and state.ended.reason in ("failed", "cancelled") else ""
    if broken and not figures.comparable:
        return f"{what}: {broken}; {outcome_text(figures)}"
    pairs = number_format.quantity(figures.pairs, "pair")
    return f"{what}: {f'{broken}; ' if broken else ''}{verdicts_text(figures, tuple(FIGURES))}; {pairs}"
