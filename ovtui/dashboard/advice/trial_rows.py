"""The figures of a trial as rows: a figure of each side, and what B is against A. The page of the trial and the view of
studies show the same ones."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.metrics import number_format
from ovtui.metrics.comparison.paired_blocks import LEAST_PAIRS
from ovtui.metrics.comparison.trial_figures import FIGURES, FigureName, SideFigures, TrialFigures
from ovtui.metrics.comparison.trial_text import verdict_text
from ovtui.records.events import TrialBegan


def side_names(began: TrialBegan) -> tuple[str, str]:
    """What A and B are called."""
    if getattr(began, "beside", ""):
        return "alone", "beside"
    return ("A, pinned", "B, as it is") if began.pinned else ("A, as it was", "B, on trial")


@dataclass(frozen=True, slots=True)
class TrialRow:
    name: FigureName
    a: str
    b: str
    found: str
    """B against A, with its interval; empty where there is no pair yet."""
    known: bool


def trial_rows(figures: TrialFigures) -> list[TrialRow]:
    a, b = figures.sides["A"], figures.sides["B"]
    return [
        TrialRow(
            name, _value(name, a), _value(name, b), _found(name, figures), figures.verdicts[name].finding != "unknown"
        )
        for name in FIGURES
    ]


def pairs_text(figures: TrialFigures) -> str:
    """How many pairs of blocks there are, and how many an interval needs where they are fewer."""
    about = f"{number_format.quantity(figures.pairs, 'pair')} of blocks"
    return f"{about}; an interval needs {LEAST_PAIRS}" if figures.pairs < LEAST_PAIRS else about


def _found(name: FigureName, figures: TrialFigures) -> str:
    verdict = figures.verdicts[name]
    if verdict.ratio.estimate is None:
        return ""
    if figures.state.ended is None and verdict.finding == "unknown":
        return f"{number_format.plain_change(verdict.ratio.estimate)} so far"
    return verdict_text(name, verdict, goes_on=figures.state.ended is None).removeprefix(f"{name} ")


def _value(name: FigureName, side: SideFigures) -> str:
    if name == "throughput":
        return f"{number_format.rate(side.throughput)} /s"
    response = side.response
    value_ms = {"p50": response.p50, "p90": response.p90}.get(name, response.p99)
    return f"{number_format.milliseconds(value_ms)} ms"
