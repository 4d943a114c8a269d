"""The Result of the trials."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.metrics.comparison.trial_figures import FIGURES, SideFigures, TrialFigures
from ovtui.metrics.comparison.trial_text import outcome_text, trial_text
from ovtui.metrics.comparison.verdict import Verdict
from ovtui.settings.schema.settings import Settings

RATIO_DECIMALS = 6


class TrialSideResult(msgspec.Struct, frozen=True, kw_only=True):
    """All measured blocks of one side together; a block without a partner does not count."""

    blocks: int
    requests: int
    """That came due in those blocks and came back."""
    throughput: float | None
    """Requests per second of those blocks. One in flight at an edge counts by the share of its time within."""
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    """Of the responses; null without enough requests."""


class TrialRatio(msgspec.Struct, frozen=True, kw_only=True):
    """A figure under B divided by the same figure under A, from the blocks' own figures in pairs."""

    pairs: int
    estimate: float | None
    """Hodges-Lehmann; null without a pair."""
    low: float | None
    high: float | None
    """The exact interval of 95 % that belongs to Wilcoxon's signed-rank test; null with fewer than six pairs."""
    p_value: float | None
    finding: Literal["faster", "slower", "same", "unknown"]
    """Of B. same: the whole interval lies within 3 %."""
    more_s: float | None
    """Of `unknown`: an estimate of the time that would decide it."""


class TrialResult(msgspec.Struct, frozen=True, kw_only=True):
    """Two settings that served in alternating blocks, A B B A, each from an engine of its own. Their requests are part
    of the run's figures and of no entry of `segments`."""

    trial: int
    t_s: float
    ended_s: float | None
    """Null where the session ended first."""
    ending: Literal["done", "narrow", "cancelled", "failed"] | None
    changes: list[str]
    """Of B against A."""
    a: Settings
    """In force when the trial began."""
    b: Settings
    pairs: int
    sides: dict[str, TrialSideResult]
    """`A` and `B`."""
    ratios: dict[str, TrialRatio]
    """By figure: throughput, p50, p90, p99 (of the responses)."""
    outcome: Literal["better", "worse", "same", "mixed", "unknown"]
    """What throughput and p50 say of B."""
    text: str
    """All of it in one sentence."""


def trial_result(figures: TrialFigures) -> TrialResult:
    state = figures.state
    began, ended = state.began, state.ended
    return TrialResult(
        trial=began.trial,
        t_s=round(began.t_ns / 1e9, RATIO_DECIMALS),
        ended_s=None if ended is None else round(ended.t_ns / 1e9, RATIO_DECIMALS),
        ending=None if ended is None else ended.reason,
        changes=began.changes,
        a=began.a,
        b=began.b,
        pairs=figures.pairs,
        sides={side: _side(of) for side, of in figures.sides.items()},
        ratios={name: _ratio(figures.verdicts[name]) for name in FIGURES},
        outcome=figures.outcome,
        text=f"{trial_text(figures)}; {outcome_text(figures)}" if figures.pairs else trial_text(figures),
    )


def _side(side: SideFigures) -> TrialSideResult:
    response = side.response
    return TrialSideResult(
        blocks=side.blocks,
        requests=side.requests,
        throughput=side.throughput,
        p50_ms=response.p50,
        p90_ms=response.p90,
        p99_ms=response.p99,
    )


def _ratio(verdict: Verdict) -> TrialRatio:
    ratio = verdict.ratio
    return TrialRatio(
        pairs=ratio.pairs,
        estimate=_rounded(ratio.estimate),
        low=_rounded(ratio.low),
        high=_rounded(ratio.high),
        p_value=_rounded(ratio.p_value),
        finding=verdict.finding,
        more_s=None if verdict.more_s is None else round(verdict.more_s, 1),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, RATIO_DECIMALS)
