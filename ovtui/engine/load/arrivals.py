"""Open loop: the times when requests are due, in nanoseconds from the start of the schedule. Schedules are endless but
for that of a trace.

A schedule does not depend on the model: it never slows down because the model does."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from ovtui.engine.errors import ChangeRejected
from ovtui.engine.traces.csv_trace import TraceTimes
from ovtui.engine.traces.read_trace import read_trace
from ovtui.records.engine_protocol import ApplyLive, EngineCommand
from ovtui.settings.schema.arrival import Burst, Constant, Poisson, Ramp, Steps, Trace, is_closed_loop, parse_arrival
from ovtui.settings.schema.settings import Settings

SECOND_NS = 1e9
_DRAWS_AT_ONCE = 4096


def due_times(settings: Settings) -> Iterator[float]:
    """The due times of open-loop settings, ascending, ns from the start of the schedule. Raises ChangeRejected when a
    trace cannot be read."""
    arrival, rate = parse_arrival(settings.arrival), settings.rate
    match arrival:
        case Constant():
            return _constant(rate)
        case Poisson():
            return _poisson(rate, settings.seed)
        case Burst():
            return _bursts(rate, arrival.size)
        case Ramp():
            return _ramp(rate, arrival)
        case Steps():
            return _steps(arrival)
        case Trace():
            return iter(_trace_times(arrival.path))


def _constant(rate_per_s: float) -> Iterator[float]:
    # By multiplication: a sum of periods would drift.
    period_ns = SECOND_NS / rate_per_s
    return (number * period_ns for number in itertools.count())


def _poisson(rate_per_s: float, seed: int) -> Iterator[float]:
    rng = np.random.default_rng(seed)
    due_ns = 0.0
    while True:
        for gap_ns in rng.exponential(SECOND_NS / rate_per_s, _DRAWS_AT_ONCE).tolist():
            yield due_ns
            due_ns += gap_ns


def _bursts(rate_per_s: float, size: int) -> Iterator[float]:
    between_ns = size * SECOND_NS / rate_per_s
    return (number * between_ns for number in itertools.count() for _ in range(size))


def _ramp(rate_per_s: float, ramp: Ramp) -> Iterator[float]:
    """Request n is due when the integral of the rate has reached n."""
    a, b, seconds = rate_per_s, ramp.to_per_s, ramp.seconds
    slope = (b - a) / seconds
    on_the_ramp = (a + b) / 2 * seconds
    for number in itertools.count():
        if number >= on_the_ramp:
            yield (seconds + (number - on_the_ramp) / b) * SECOND_NS
        elif abs(slope) < 1e-12:
            yield number / a * SECOND_NS
        else:
            # n = a t + slope t^2 / 2, solved for t in the form that loses no digits when the slope is small.
            yield 2 * number / (a + (a * a + 2 * slope * number) ** 0.5) * SECOND_NS


def _steps(steps: Steps) -> Iterator[float]:
    began_s = 0.0
    for rate in itertools.cycle(steps.rates_per_s):
        for number in range(int(np.ceil(rate * steps.seconds - 1e-9))):
            yield (began_s + number / rate) * SECOND_NS
        began_s += steps.seconds


def prefetch_trace(command: EngineCommand) -> None:
    """Reads the trace of a coming change into the cache while the load goes on: half a million requests of a recording
    take 1.6 s, during which the load thread would stand still. Callable from any thread."""
    if isinstance(command, ApplyLive) and not is_closed_loop(command.settings):
        with contextlib.suppress(ChangeRejected):  # reported when the load thread applies the change
            trace_text(command.settings)


def trace_text(settings: Settings) -> str:
    """What was understood of the file of times, as a sentence for a person; empty where the load has none. Raises
    ChangeRejected when it cannot be read."""
    arrival = parse_arrival(settings.arrival)
    return _trace(arrival.path).text if isinstance(arrival, Trace) else ""


def _trace_times(path: str) -> list[float]:
    return _trace(path).due_ns


def _trace(path: str) -> TraceTimes:
    try:
        about = Path(path).stat()
    except (OSError, ValueError):
        return read_trace(path)
    return _cached_trace(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=1)
def _cached_trace(path: str, _mtime_ns: int, _size: int) -> TraceTimes:
    return read_trace(path)
