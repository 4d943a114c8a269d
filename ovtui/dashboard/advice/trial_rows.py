"""The figures of a trial as rows: a figure of each side, and what B is against A. The page of the trial and the view of
studies show the same ones."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.metrics import number_format
from ovtui.metrics.comparison import beside_text
from ovtui.metrics.comparison.block_tally import FigureName
from ovtui.metrics.comparison.trial_figures import TrialFigures
from ovtui.metrics.comparison.trial_text import side_names, side_value, verdict_text
from ovtui.records.events import TrialBegan
from ovtui.records.trial_events import least_pairs


def names_of(began: TrialBegan) -> tuple[str, str]:
    """What A and B are called."""
    return ("alone", "beside") if began.beside else side_names(began)


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
        TrialRow(name, side_value(name, a), side_value(name, b), _found(name, figures), verdict.finding != "unknown")
        for name, verdict in figures.verdicts.items()
    ]


def pairs_text(figures: TrialFigures) -> str:
    """How many pairs of blocks there are, and how many an interval needs where they are fewer."""
    about = f"{number_format.quantity(figures.pairs, 'pair')} of blocks"
    least = least_pairs(figures.state.began.confidence)
    return f"{about}; an interval needs {least}" if figures.pairs < least else about


def _found(name: FigureName, figures: TrialFigures) -> str:
    verdict = figures.verdicts[name]
    if verdict.ratio.estimate is None:
        return ""
    if figures.state.began.beside:
        return beside_text.found_text(name, figures)
    if figures.state.ended is None and verdict.finding == "unknown":
        return f"{number_format.plain_change(verdict.ratio.estimate)} so far"
    return verdict_text(name, verdict, goes_on=figures.state.ended is None).removeprefix(f"{name} ")
