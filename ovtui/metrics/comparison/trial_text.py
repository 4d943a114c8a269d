"""A trial in words, for the dashboard, the summary and the reports."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.comparison import beside_text
from ovtui.metrics.comparison.block_tally import FigureName
from ovtui.metrics.comparison.trial_figures import SideFigures, TrialFigures
from ovtui.metrics.comparison.verdict import Verdict
from ovtui.metrics.handover.event_text import trial_ending_text
from ovtui.records.events import TrialBegan

FAR = 2.0
"""From a double or a half on a change is told as a factor."""


def verdict_text(name: FigureName, verdict: Verdict, *, goes_on: bool = False) -> str:
    """'throughput +14 % (11 to 18 %)', 'p50 same within 3 %', 'p99 cannot tell'; of a trial that goes on also how much
    longer it would take to tell."""
    ratio = verdict.ratio
    if verdict.finding == "same":
        return f"{name} same within {within_text(verdict.within)}"
    if verdict.finding == "unknown" or ratio.estimate is None or ratio.low is None or ratio.high is None:
        if not goes_on or verdict.more_s is None:
            return f"{name} cannot tell"
        return f"{name} cannot tell (about {number_format.rough_seconds(verdict.more_s)} more)"
    return f"{name} {number_format.change(ratio.estimate, ratio.low, ratio.high)}"


def verdict_words(name: FigureName, verdict: Verdict) -> str:
    """'faster by 12 to 18 %', 'slower by a factor of 2.2 to 2.6', 'less by 4 to 6 %' (energy), 'same within 3 %',
    'cannot tell (about 40 s more)': the ends of the interval, of the figure's own change."""
    ratio = verdict.ratio
    if verdict.finding == "same":
        return f"same within {within_text(verdict.within)}"
    if verdict.finding == "unknown" or ratio.low is None or ratio.high is None:
        if verdict.more_s is None:
            lucky = ratio.low is not None and ratio.high is not None and not ratio.low <= 1 <= ratio.high
            return "cannot tell (two engines differ as much)" if lucky else "cannot tell"
        more = number_format.rough_seconds(verdict.more_s)
        return f"cannot tell ({'' if more == 'hours' else 'about '}{more} more)"
    word = {"faster": "less", "slower": "more"}[verdict.finding] if name == "energy" else verdict.finding
    low, high = ratio.low, ratio.high
    if high < 1 / FAR or low > FAR:
        low, high = (low, high) if low > 1 else (1 / high, 1 / low)
        return f"{word} by a factor of {number_format.significant(low, 3)} to {number_format.significant(high, 3)}"
    near, far = sorted((abs(100 * (low - 1)), abs(100 * (high - 1))))
    decimals = 0 if far - near >= 2 and near >= 1 else 1
    return f"{word} by {near:.{decimals}f} to {far:.{decimals}f} %"


def within_text(within: float) -> str:
    """'3 %'."""
    return f"{100 * within:.3g} %"


def side_names(began: TrialBegan) -> tuple[str, str]:
    """What A and B are, as headings."""
    if began.beside:
        return "alone", "beside"
    return ("A, pinned", "B, now") if began.pinned else ("A, as it was", "B, on trial")


def side_value(name: FigureName, side: SideFigures) -> str:
    """A side's figure with its unit: '412.3 /s', '8.10 ms', '31.2 mJ'."""
    if name == "throughput":
        return f"{number_format.rate(side.throughput)} /s"
    if name == "items":
        return f"{number_format.rate(side.items_per_s)} /s"
    if name == "energy":
        return number_format.joules(side.joules)
    response = side.response
    value_ms = {"p50": response.p50, "p90": response.p90}.get(name, response.p99)
    return f"{number_format.milliseconds(value_ms)} ms"


def verdicts_text(figures: TrialFigures, names: tuple[FigureName, ...] = ("throughput", "p50", "p99")) -> str:
    return ", ".join(verdict_text(name, figures.verdicts[name]) for name in names)


def outcome_text(figures: TrialFigures) -> str:
    """One sentence on what throughput and p50 say together."""
    if figures.state.began.beside:
        return beside_text.outcome_text(figures)
    began = figures.state.began
    ended = figures.state.ended is not None
    if ended and not figures.pairs:
        return "nothing was compared"
    if ended and not figures.comparable:
        return f"{number_format.quantity(figures.pairs, 'pair')} of blocks: too few to compare"
    match figures.outcome:
        case "better":
            return "the settings in force are better" if began.pinned else "the settings on trial are better"
        case "worse":
            return "the pinned settings are better" if began.pinned else "the settings that were in force are better"
        case "same":
            return f"no difference beyond {within_text(began.within)}"
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
    who = f"{side_names(state.began)[turn.side == 'B']}{'' if state.began.pinned else ', now'}"
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
    return f"{what}: {f'{broken}; ' if broken else ''}{verdicts_text(figures, tuple(figures.verdicts))}; {pairs}"
