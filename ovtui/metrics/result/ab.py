"""The result of `ovtui ab`, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from ovtui import __version__
from ovtui.metrics.comparison.ab_text import summary_sentence
from ovtui.metrics.comparison.block_tally import FigureName
from ovtui.metrics.comparison.paired_blocks import PairedRatio
from ovtui.metrics.comparison.trial_figures import TrialFigures
from ovtui.metrics.comparison.verdict import with_luck
from ovtui.metrics.result.trials import TrialResult, trial_result
from ovtui.settings.schema.fail_if import FailFigure, FailIf, is_false, is_true

COMPARED: dict[FailFigure, FigureName] = {
    "throughput": "throughput", "p50": "p50", "p90": "p90", "p99": "p99", "joules": "energy",
}  # fmt: skip
"""The figures of a condition that blocks have."""

State = Literal["true", "false", "unknown"]


class ConditionResult(msgspec.Struct, frozen=True, kw_only=True):
    """A condition of `--fail-if`."""

    condition: str
    state: State
    """true: of the whole interval; unknown: the interval reaches over the bound, or there is none (`low` is null)."""
    low: float | None
    high: float | None
    """The interval of the ratio B / A, whichever two engines are compared."""
    text: str
    """All of it in one sentence."""


class AbResult(msgspec.Struct, frozen=True, kw_only=True):
    kind: Literal["ab"] = "ab"
    ovtui: str
    recording: str | None
    """Null where nothing was recorded."""
    comparison: TrialResult | None
    """Null where nothing was compared."""
    no_huge_pages: str
    """Why the engines did not ask for memory in huge pages; empty where they did."""
    fail_if: list[ConditionResult]
    text: str
    """The sentence on it all."""


def condition_result(condition: FailIf, figures: TrialFigures | None) -> ConditionResult:
    verdict = None if figures is None else figures.verdicts.get(COMPARED[condition.figure])
    ratio = PairedRatio(0) if verdict is None else verdict.ratio
    state: State = "unknown"
    interval = "there is no interval of it"
    ends = None if figures is None else with_luck(ratio, figures.state.began.luck)
    if ends is not None:
        low, high = ends
        interval = f"it changes by {100 * (low - 1):+z.1f} to {100 * (high - 1):+z.1f} %"
        if is_true(condition, low, high):
            state = "true"
        elif is_false(condition, low, high):
            state = "false"
    word = {"true": "is true", "false": "is not true", "unknown": "cannot be told"}[state]
    return ConditionResult(
        condition=str(condition), state=state, low=ends and ends[0], high=ends and ends[1],
        text=f"fail-if {condition} {word}: {interval}",
    )  # fmt: skip


def fails(condition: ConditionResult) -> bool:
    """As in `ovtui compare`: a figure that is not known passes no gate, an interval that reaches over the bound may."""
    return condition.state == "true" or condition.low is None


def ab_result(
    figures: TrialFigures | None,
    conditions: Sequence[FailIf],
    recording: str,
    text: str = "",
    no_huge_pages: str = "",
) -> AbResult:
    """`text`: why nothing was compared, where there are no figures."""
    return AbResult(
        ovtui=__version__,
        recording=recording or None,
        comparison=None if figures is None else trial_result(figures),
        no_huge_pages=no_huge_pages,
        fail_if=[condition_result(condition, figures) for condition in conditions],
        text=text if figures is None else summary_sentence(figures),
    )
