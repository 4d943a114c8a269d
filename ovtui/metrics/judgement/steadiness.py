"""Judges whether the segment in force is steady: finds drift, a rise that looks like throttling, and two modes.

A finding needs both a significant test and a change that is large enough to matter. Constant noise is steady."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from ovtui.metrics import number_format
from ovtui.metrics.judgement.bimodality import TwoModes, find_two_modes
from ovtui.metrics.judgement.trend_test import trend
from ovtui.metrics.latency.per_second import PerSecondSeries
from ovtui.metrics.number_format import milliseconds, significant
from ovtui.records.arrays import Floats, Ints

MIN_DRIFT_S = 20
"""Seconds with completions that are needed to find a drift."""
MIN_MODES_S = 10
"""Seconds that are needed to find two modes, so that a short disturbance is not called a mode."""
MIN_PER_SECOND = 5
"""Requests in a second that are needed for its median to be used."""
DRIFT_SHARE = 0.10
"""The least change over the span that is called drift, as a share of the median."""
DRIFT_Z = 4.0
THROTTLING_S = 40
THROTTLING_TAU = 0.5
SAME_LOAD_SHARE = 0.15
"""An open loop's load is called the same if the rates of its three thirds differ by less than this share."""

FindingId = Literal["drift", "throttling", "bimodal", "state-growth"]


@dataclass(frozen=True, slots=True)
class Finding:
    id: FindingId
    text: str
    """One sentence, for the screen."""
    evidence: str = ""
    """The figures behind it."""


@dataclass(frozen=True, slots=True)
class Steadiness:
    findings: tuple[Finding, ...]
    seconds: int
    """Seconds that were looked at."""

    @property
    def label(self) -> str:
        """'steady', the ids of the findings, or 'too short to tell (n of 20 s)'."""
        if self.findings:
            return " and ".join(finding.id for finding in self.findings)
        return "steady" if self.seconds >= MIN_DRIFT_S else f"too short to tell ({self.seconds} of {MIN_DRIFT_S} s)"


def assess_steadiness(
    series: PerSecondSeries,
    counts: Ints,
    *,
    closed_loop: bool,
    groups: Callable[[], str] = str,
    growth: Finding | None = None,
) -> Steadiness:
    """Judges one segment on one device.

    `series`: its seconds after the warm-up. `counts`: its distribution of inference latencies. `groups`: called if
    there are two modes; returns which requests make them up, or an empty string. `growth`: that the state of the model
    grows, which explains a drift."""
    known = series.count >= MIN_PER_SECOND
    series = PerSecondSeries(series.t_s[known], series.p50_ms[known], series.count[known])
    found = [growth or find_drift(series, closed_loop=closed_loop)]
    if len(series.t_s) >= MIN_MODES_S:
        found.append(find_bimodality(counts, groups))
    findings = [finding for finding in found if finding is not None]
    return Steadiness(tuple(findings), len(series.t_s))


def find_drift(series: PerSecondSeries, *, closed_loop: bool) -> Finding | None:
    n = len(series.t_s)
    if n < MIN_DRIFT_S:
        return None
    found = trend(series.t_s, series.p50_ms)
    span_s = float(series.t_s[-1] - series.t_s[0]) + 1
    median_ms = float(np.median(series.p50_ms))
    change_ms = found.slope * span_s
    if abs(found.z) < DRIFT_Z or abs(change_ms) < DRIFT_SHARE * median_ms:
        return None
    span = f"{number_format.count(round(span_s))} s"
    quarters = [float(np.median(part)) for part in np.array_split(series.p50_ms, 4)]
    first, last = milliseconds(quarters[0]), milliseconds(quarters[-1])
    medians = ", ".join(milliseconds(q) for q in quarters)
    evidence = f"medians of {n} seconds, in quarters {medians} ms; Mann-Kendall z {significant(found.z, 3)}"
    same_load = closed_loop or _is_level(series.count)
    slowly = all(a < b for a, b in pairwise(quarters)) and not _is_step(quarters)
    if found.rises and n >= THROTTLING_S and found.tau >= THROTTLING_TAU and slowly and same_load:
        return Finding(
            "throttling",
            f"inference rose steadily from {first} to {last} ms in {span} at the same load: the processor may "
            "be throttling (heat, power limit), or something beside it takes more and more",
            evidence,
        )
    direction = "up" if found.rises else "down"
    text = f"the median inference drifts {direction}, from {first} to {last} ms in {span}"
    return Finding("drift", text, evidence)


def find_bimodality(counts: Ints, groups: Callable[[], str] = str) -> Finding | None:
    modes = find_two_modes(counts)
    if modes is None:
        return None
    evidence = f"{int(counts.sum()):,} requests of this segment; the valley lies at {milliseconds(modes.border_ms)} ms"
    return Finding("bimodal", _two_modes_text(modes, groups()), evidence)


def _two_modes_text(modes: TwoModes, groups: str) -> str:
    low, high = (
        f"{milliseconds(median_ms)} ms ({number_format.share(share)})"
        for median_ms, share in ((modes.low_ms, modes.low_share), (modes.high_ms, 1 - modes.low_share))
    )
    groups_text = f": {groups}" if groups else ""
    return f"inference has two modes, {low} and {high}{groups_text}; no percentile describes both"


def _is_level(count: Floats) -> bool:
    thirds = [float(part.mean()) for part in np.array_split(count, 3)]
    return max(thirds) - min(thirds) <= SAME_LOAD_SHARE * max(thirds)


def _is_step(quarters: list[float]) -> bool:
    """True if nearly all of the change lies between two neighbouring quarters."""
    steps = [b - a for a, b in pairwise(quarters)]
    return max(steps) > 0.8 * (quarters[-1] - quarters[0])
