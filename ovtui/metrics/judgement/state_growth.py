"""Latency that rises because the state of the model grows: a run on a state that is kept measures no steady state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ovtui.metrics import number_format
from ovtui.metrics.judgement.steadiness import MIN_PER_SECOND, Finding
from ovtui.metrics.judgement.trend_test import trend
from ovtui.metrics.latency.per_second import PerSecondSeries
from ovtui.metrics.number_format import milliseconds, significant
from ovtui.records.arrays import Floats

MIN_S = 6
"""Seconds that are needed to find a rise. Fewer than for a drift, since the cause is known."""
RISE_Z = 2.5
RISE_SHARE = 0.10
"""The least change over the span that counts, as a share of the median."""


@dataclass(frozen=True, slots=True)
class StateGrowth:
    """Of a state that grows with each request."""

    finding: Finding
    ms_per_1000_tokens: float | None
    """By how much the median inference of a second rises for every 1,000 tokens (Theil-Sen); None where it does not
    rise, or too few seconds tell."""


def assess_state_growth(
    series: PerSecondSeries, tokens: Floats, longest: int, memory_bytes: tuple[float, float] | None
) -> StateGrowth:
    """`tokens` [n]: the length of the state in each second of `series`. `longest`: its length now. `memory_bytes`: the
    engine's memory, the least and the newest; None where that is not known."""
    known = series.count >= MIN_PER_SECOND
    tokens, p50_ms = tokens[known], series.p50_ms[known]
    slope_ms = _ms_per_1000_tokens(tokens, p50_ms)
    memory = ""
    if memory_bytes is not None:
        least, now = map(number_format.size, memory_bytes)
        memory = f"; the engine's memory {least} at its least, {now} now"
    if slope_ms is None:
        text = f"the state grows with each request, {longest:,} tokens so far: no two requests do the same work"
        evidence = f"{number_format.quantity(len(tokens), 'second')}, in which latency has not risen with it{memory}"
    else:
        text = (
            f"latency grows with the state: {significant(slope_ms, 3)} ms per 1,000 tokens, from "
            f"{milliseconds(float(p50_ms[0]))} to {milliseconds(float(p50_ms[-1]))} ms at {longest:,} tokens"
        )
        evidence = f"medians of {len(tokens)} seconds{memory}"
    return StateGrowth(Finding("state-growth", text, evidence), slope_ms)


def _ms_per_1000_tokens(tokens: Floats, p50_ms: Floats) -> float | None:
    if len(tokens) < MIN_S:
        return None
    found = trend(tokens, p50_ms)
    change_ms = found.slope * float(tokens[-1] - tokens[0])
    if found.z < RISE_Z or change_ms < RISE_SHARE * float(np.median(p50_ms)):
        return None
    return round(found.slope * 1000, 6)
