"""Open loop: the times when requests are due, in nanoseconds from the start of the schedule, without those of traces,
which are read from a file (engine.load.arrivals). Schedules are endless.

The engine sends by them. The view counts by them what came due before an engine died that could tell nothing any more,
so they start from any request."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ovtui.settings.schema.arrival import Burst, Constant, Poisson, Ramp, Steps, Trace, parse_arrival
from ovtui.settings.schema.settings import Settings

SECOND_NS = 1e9
_DRAWS_AT_ONCE = 4096
_FIELDS = ("rate", "arrival", "seed")
"""The settings that a schedule follows from."""


def begins_anew(old: Settings, new: Settings) -> bool:
    """True where a change of settings begins another schedule."""
    return any(getattr(old, name) != getattr(new, name) for name in _FIELDS)


def due_times(settings: Settings, first: int = 0) -> Iterator[float] | None:
    """The due times of open-loop settings from request `first` on, ascending; None for a trace."""
    arrival, rate = parse_arrival(settings.arrival), settings.rate
    match arrival:
        case Constant():
            return _constant(rate, first)
        case Poisson():
            return _poisson(rate, settings.seed if arrival.seed is None else arrival.seed, first)
        case Burst():
            return itertools.islice(_bursts(rate, arrival.size, first // arrival.size), first % arrival.size, None)
        case Ramp():
            return _ramp(rate, arrival, first)
        case Steps():
            return _steps(arrival, first)
        case Trace():
            return None


def _constant(rate_per_s: float, first: int) -> Iterator[float]:
    # By multiplication: a sum of periods would drift.
    period_ns = SECOND_NS / rate_per_s
    return (number * period_ns for number in itertools.count(first))


def _poisson(rate_per_s: float, seed: int, first: int) -> Iterator[float]:
    rng = np.random.default_rng(seed)
    due_ns = 0.0
    while True:
        gaps_ns = rng.exponential(SECOND_NS / rate_per_s, _DRAWS_AT_ONCE)
        if first >= _DRAWS_AT_ONCE:
            first -= _DRAWS_AT_ONCE
            gaps_ns[0] += due_ns
            due_ns = float(np.cumsum(gaps_ns)[-1])  # one after another, as below: not rounded otherwise
            continue
        for gap_ns in gaps_ns.tolist():
            if first:
                first -= 1
            else:
                yield due_ns
            due_ns += gap_ns


def _bursts(rate_per_s: float, size: int, first_burst: int) -> Iterator[float]:
    between_ns = size * SECOND_NS / rate_per_s
    return (number * between_ns for number in itertools.count(first_burst) for _ in range(size))


def _ramp(rate_per_s: float, ramp: Ramp, first: int) -> Iterator[float]:
    """Request n is due when the integral of the rate has reached n."""
    a, b, seconds = rate_per_s, ramp.to_per_s, ramp.seconds
    slope = (b - a) / seconds
    on_the_ramp = (a + b) / 2 * seconds
    for number in itertools.count(first):
        if number >= on_the_ramp:
            yield (seconds + (number - on_the_ramp) / b) * SECOND_NS
        elif abs(slope) < 1e-12:
            yield number / a * SECOND_NS
        else:
            # n = a t + slope t^2 / 2, solved for t in the form that loses no digits when the slope is small.
            yield 2 * number / (a + (a * a + 2 * slope * number) ** 0.5) * SECOND_NS


def _steps(steps: Steps, first: int) -> Iterator[float]:
    began_s = 0.0
    for rate in itertools.cycle(steps.rates_per_s):
        count = int(np.ceil(rate * steps.seconds - 1e-9))
        for number in range(first, count):
            yield (began_s + number / rate) * SECOND_NS
        first = max(first - count, 0)
        began_s += steps.seconds
