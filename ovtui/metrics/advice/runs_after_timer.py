"""How long a lone request runs, told from latencies that are mostly wait for the batch timer.

The timer runs freely: its worker waits for T, starts what is queued, and waits for the runs to end before it waits
again. So its period is T + D, where D is what the runs of one period take. At a steady rate a request waits for half a
period on average, and then for half of the runs, its own included: mean latency = (T + D) / 2 + D / 2 = T / 2 + D. With
rate * (T + D) requests in a period, a run takes D divided by that. On the rig at 100/s and 1000 ms: mean 622 ms, so
D = 122 ms of 112 requests, 1.09 ms each; measured at a timeout of 2 ms: response p50 2.3 ms, 1 ms of it wait."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ovtui.metrics.advice.advice_facts import AdviceFacts
from ovtui.metrics.number_format import milliseconds

LEAST_SHARE = 0.95
"""Of the requests that must have waited for the timer: their mean tells nothing of a mixture."""
LEAST_PERIODS = 3
STARTING_ANEW_MS = 2.0
"""A run by itself takes longer than one in a row: threads that sleep are woken first (on the rig 0.8 ms against
0.33 ms)."""
TOO_SHORT_MS = 0.01
"""A shorter run is lost in the mean wait, which is known no better than that."""
RUN_SPREAD = 3.0
"""The median run is taken to be at most this many times the one in a row."""


@dataclass(frozen=True, slots=True)
class RunAfterTimer:
    run_ms: float
    """A run in a row with others."""
    most_ms: float
    """At most that for the median of runs by themselves."""
    how: str


def run_after_timer(facts: AdviceFacts) -> RunAfterTimer | None:
    """None where the latencies are not those of a steady rate that waits for the timer: bursts, a queue that grows, a
    pool that is smaller than what one period collects, less than two requests in a period, or too few periods."""
    rate, mean_ms, timer_ms = facts.settings.rate / 1e3, facts.service_ms, facts.timeout_ms
    if not rate or mean_ms is None or facts.timer_share < LEAST_SHARE:
        return None
    if (
        facts.settings.arrival.startswith("burst")
        or facts.unserved
        or (facts.queue is not None and facts.queue.overloaded)
    ):
        return None
    runs_ms = max(mean_ms - timer_ms / 2, 0.0)
    together = rate * (timer_ms + runs_ms)
    periods = facts.timed_out / max(together, 1)
    if together < 2 or together > facts.nireq or periods < LEAST_PERIODS:
        return None
    # Mean waits of periods differ by where in the period the first request falls, if they come evenly; else as the mean
    # of uniform waits does. A first period that was cut short adds to that.
    error_ms = max(0.5 / rate, 2 * timer_ms / math.sqrt(12 * facts.timed_out)) + timer_ms / (8 * periods)
    run_ms = runs_ms / together
    # Streams that run side by side each take that many times as long.
    streams = max(facts.streams or 1, 1)
    most_ms = max(max(RUN_SPREAD, streams) * run_ms, streams * (runs_ms + error_ms) / together)
    if run_ms < TOO_SHORT_MS:
        mean = milliseconds(mean_ms)
        how = f"the mean latency, {mean} ms, is no longer than half the timer: a run is too short to tell"
    else:
        how = (
            f"a run from the mean latency, {milliseconds(mean_ms)} ms: less half the timer, it is what the "
            f"{together:.0f} requests of one period take one after another, {milliseconds(run_ms)} ms each"
        )
    return RunAfterTimer(run_ms, max(most_ms, STARTING_ANEW_MS), how)
