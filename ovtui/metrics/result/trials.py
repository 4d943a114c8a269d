"""The Result of the trials."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.metrics.comparison.trial_figures import SideFigures, TrialFigures
from ovtui.metrics.comparison.trial_text import outcome_text, trial_text
from ovtui.metrics.comparison.verdict import Verdict
from ovtui.records.trial_events import CONFIDENCE, STOP_WITHIN
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
    items_per_request: float | None = None
    """Null where that is not known."""
    items_per_s: float | None = None
    """Where the requests of the two sides hold different numbers of items."""
    joules: float | None = None
    """Per request, or per item where `items_per_s` is told; null where no watts were read within the blocks."""


class TrialRatio(msgspec.Struct, frozen=True, kw_only=True):
    """A figure under B divided by the same figure under A, from the blocks' own figures in pairs."""

    pairs: int
    estimate: float | None
    """Hodges-Lehmann; null without a pair."""
    low: float | None
    high: float | None
    """The exact interval of `confidence` that belongs to Wilcoxon's signed-rank test; null with too few pairs."""
    p_value: float | None
    finding: Literal["faster", "slower", "same", "unknown"]
    """Of B. same: the whole interval lies within `within`. Of energy: less or more."""
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
    """In force when the trial began; with `pinned` what a person had pinned."""
    b: Settings
    pinned: bool = False
    """`b` was in force, and `a` was tried."""
    confidence: float = CONFIDENCE
    """Of each interval."""
    within: float = STOP_WITHIN
    """What counts as the same, as a share."""
    luck: float = 0.0
    """By so much two engines of the same settings may differ; a figure that does not differ by more, its interval
    regarded, is unknown."""
    power_source: str | None = None
    """The reading that the joules are from; null where none was read."""
    measured_s: float = 0.0
    """From the first block to the last, those of the recording that it resumed included."""
    resumes: str | None = None
    """The recording whose blocks count on in `ovtui ab`'s result; elsewhere a trial's own blocks alone do."""
    pairs: int
    sides: dict[str, TrialSideResult]
    """`A` and `B`."""
    ratios: dict[str, TrialRatio]
    """By figure: throughput, p50, p90, p99 (of the responses); where they are known items (a second, where requests of
    the two sides hold different numbers of them) and energy."""
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
        pinned=began.pinned,
        confidence=began.confidence,
        within=began.within,
        luck=began.luck,
        power_source=figures.power_source or None,
        measured_s=round(figures.measured_s, 3),
        resumes=began.resumes or None,
        pairs=figures.pairs,
        sides={side: _side(of) for side, of in figures.sides.items()},
        ratios={name: _ratio(figures.verdicts[name]) for name in figures.verdicts},
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
        items_per_request=side.items_per_request,
        items_per_s=side.items_per_s,
        joules=side.joules,
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
