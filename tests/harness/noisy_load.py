"""Rows of a load on a machine that is not quiet, for the statistics of comparisons: what one block of a closed loop has
as its figures. Latencies drift, other load comes and goes, bursts make the tail, and neighbours resemble each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ovtui.metrics.comparison.paired_blocks import PairedRatio, paired_ratio
from ovtui.metrics.comparison.verdict import Verdict, is_narrow, judge
from ovtui.records.arrays import Bools, Floats
from ovtui.records.trial_events import ENGINE_LUCK, least_pairs

Name = Literal["throughput", "p50", "p90", "p99"]
NAMES: tuple[Name, ...] = ("throughput", "p50", "p90", "p99")
CONFIDENCE = 0.9875
"""As `ovtui ab` has it: of four intervals that hold together in 95 %."""
PER_S, MEDIAN_MS, IN_FLIGHT = 200, 20.0, 4
GUARD_S = 0.15
"""Between two turns, with the time to drain."""
SLOWED = 0.02
"""The share of requests that an effect on p99 alone makes slower."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What B does to the requests that A would have."""

    all_by: float = 1.0
    """Each latency times this."""
    slowed_ms: float = 0.0
    """SLOWED of the requests take so much longer."""


def noise(rng: np.random.Generator, seconds: float) -> Floats:
    """[n] latencies in ms of requests that come back PER_S times a second over so long a time."""
    count = int(seconds * PER_S)
    drift = _autocorrelated(rng, count, tau=20.0 * PER_S, spread=0.06)
    ripple = _autocorrelated(rng, count, tau=0.2 * PER_S, spread=0.03)
    load = 0.14 * _episodes(rng, count, every_s=25.0, last_s=5.0)
    burst = _episodes(rng, count, every_s=2.0, last_s=0.06) * rng.gamma(2.0, 0.35, count)
    own = rng.normal(0.0, 0.06, count)
    latency: Floats = MEDIAN_MS * np.exp(drift + ripple + load + burst + own)
    return latency


def _autocorrelated(rng: np.random.Generator, count: int, tau: float, spread: float) -> Floats:
    """[count] of a process that forgets within `tau` samples, made of every tenth, linear in between."""
    step = 10
    points = count // step + 2
    keep = np.exp(-step / tau)
    shocks = rng.normal(0.0, spread * np.sqrt(1 - keep * keep), points)
    walk = np.empty(points)
    walk[0] = rng.normal(0.0, spread)
    for at in range(1, points):
        walk[at] = keep * walk[at - 1] + shocks[at]
    values: Floats = np.interp(np.arange(count), np.arange(points) * step, walk)
    return values


def _episodes(rng: np.random.Generator, count: int, every_s: float, last_s: float) -> Bools:
    """[count]: True in episodes that begin at random and last some time."""
    on = np.zeros(count, np.bool_)
    for begin in np.flatnonzero(rng.random(count) < 1 / (every_s * PER_S)):
        on[begin : begin + 1 + int(rng.exponential(last_s * PER_S))] = True
    return on


def with_effect(latency: Floats, effect: Effect, rng: np.random.Generator) -> Floats:
    slowed = rng.random(len(latency)) < SLOWED if effect.slowed_ms else np.zeros(len(latency), np.bool_)
    changed: Floats = latency * effect.all_by + effect.slowed_ms * slowed
    return changed


def slowed_for_p99(by: float) -> float:
    """By how many ms SLOWED of the requests have to be slower for a pooled p99 that is `by` times as long."""
    rng = np.random.default_rng(0)
    latency = np.concatenate([noise(rng, 100.0) for _ in range(100)])
    wanted, low, high = by * np.percentile(latency, 99), 0.0, 20 * MEDIAN_MS
    slowed = np.random.default_rng(1).random(len(latency)) < SLOWED
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if np.percentile(latency + middle * slowed, 99) < wanted else (low, middle)
    return low


def figures_of(latency: Floats) -> dict[Name, float]:
    """Of one block of a closed loop."""
    p50, p90, p99 = np.percentile(latency, (50, 90, 99), method="inverted_cdf")
    return {
        "throughput": 1e3 * IN_FLIGHT / float(latency.mean()),
        "p50": float(p50),
        "p90": float(p90),
        "p99": float(p99),
    }


@dataclass(frozen=True, slots=True)
class Comparison:
    pairs: int
    verdicts: dict[Name, Verdict]

    @property
    def found(self) -> set[Name]:
        """The figures of which it says that B is faster or slower."""
        return {name for name, verdict in self.verdicts.items() if verdict.finding in ("faster", "slower")}


def compare(
    seed: int, effect: Effect, *, pairs: int, block_s: float, confidence: float = CONFIDENCE, fixed: bool = True
) -> Comparison:
    """A B B A blocks of one load, as `ovtui ab` has them; with `fixed` False it ends, as that does, once the intervals
    of throughput, p50 and p99 are narrow."""
    rng = np.random.default_rng(seed)
    length = int(block_s * PER_S)
    latency = noise(rng, pairs * (2 * block_s + GUARD_S) + 1)
    blocks: dict[bool, list[dict[Name, float]]] = {False: [], True: []}
    at = 0
    for number in range(2 * pairs):
        is_b = number % 4 in (1, 2)
        at += int(GUARD_S * PER_S) if number % 2 else 0
        own = latency[at : at + length]
        blocks[is_b].append(figures_of(with_effect(own, effect, rng) if is_b else own))
        at += length
    for done in range(pairs if fixed else least_pairs(confidence), pairs + 1):
        ratios: dict[Name, PairedRatio] = {
            name: paired_ratio(
                [x[name] for x in blocks[False][:done]], [x[name] for x in blocks[True][:done]], confidence
            )
            for name in NAMES
        }
        if all(is_narrow(ratios[name]) for name in ("throughput", "p50", "p99")):
            break
    better = {name: "higher" if name == "throughput" else "lower" for name in NAMES}
    return Comparison(done, {name: judge(ratios[name], better[name], luck=ENGINE_LUCK) for name in NAMES})  # type: ignore[arg-type]
