"""Whether latency was another one while something disturbed: the seconds with it against the seconds without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ovtui.metrics.latency.per_second import PerSecondSeries
from ovtui.metrics.session.disturbances import Disturbance
from ovtui.metrics.session.machine_event_text import what_disturbs

LEAST_SECONDS = 3
"""On either side: of fewer a median says nothing."""
MIN_PER_SECOND = 5
"""Completions that a second needs for its median to count."""


@dataclass(frozen=True, slots=True)
class DisturbedSeconds:
    what: str
    """'the GPU was throttled (PL1)'."""
    seconds: int
    median_ms: float
    """Of the medians of inference of those seconds."""
    others: int
    others_ms: float
    """The same of the seconds in which nothing disturbed."""

    @property
    def factor(self) -> float:
        return self.median_ms / self.others_ms


def disturbed_seconds(spans: Sequence[Disturbance], series: PerSecondSeries, now_ns: int) -> DisturbedSeconds | None:
    """Of what lengthened the median most; None where nothing disturbed long enough to tell."""
    known = series.count >= MIN_PER_SECOND
    begin_s, p50_ms = series.t_s[known], series.p50_ms[known]
    by_what: dict[str, list[Disturbance]] = {}
    for span in spans:
        by_what.setdefault(what_disturbs(span), []).append(span)
    inside = {what: _inside(begin_s, group, now_ns) for what, group in by_what.items()}
    quiet = ~np.logical_or.reduce([*inside.values(), np.zeros(len(begin_s), np.bool_)])
    found = [
        DisturbedSeconds(
            what, int(in_it.sum()), float(np.median(p50_ms[in_it])), int(quiet.sum()), float(np.median(p50_ms[quiet]))
        )
        for what, in_it in inside.items()
        if in_it.sum() >= LEAST_SECONDS and quiet.sum() >= LEAST_SECONDS
    ]
    return max(found, key=lambda each: each.factor, default=None)


def _inside(begin_s: np.ndarray, spans: Sequence[Disturbance], now_ns: int) -> np.ndarray:
    """[n] of seconds: True for those of which at least half lies in one of the spans."""
    found = np.zeros(len(begin_s), np.bool_)
    for span in spans:
        until_s = (now_ns if span.until_ns is None else span.until_ns) / 1e9
        shared_s = np.minimum(begin_s + 1, until_s) - np.maximum(begin_s, span.since_ns / 1e9)
        found |= shared_s >= 0.5
    return found
