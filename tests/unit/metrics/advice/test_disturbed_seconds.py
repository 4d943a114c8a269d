"""The seconds with a disturbance against those without, and what is said of them."""

from __future__ import annotations

import numpy as np

from ovtui.metrics.advice.advice_facts import AdviceFacts
from ovtui.metrics.advice.disturbed_seconds import disturbed_seconds
from ovtui.metrics.advice.rules_machine import disturbed
from ovtui.metrics.latency.per_second import PerSecondSeries
from ovtui.metrics.session.disturbances import Disturbance

S = 1_000_000_000
THROTTLED = Disturbance("throttle", 10 * S, 18 * S, source="gpu", reasons=("PL1",))
BUSY = Disturbance("other-load", 30 * S, None, name="make", pid=7, percent=40.0)


def seconds(count: int, ms_of: dict[int, float], per_second: int = 100) -> PerSecondSeries:
    """So many seconds from 0 on, with a median of 9 ms but for those in `ms_of`."""
    at = np.arange(count, dtype=np.float64)
    p50_ms = np.array([ms_of.get(second, 9.0) for second in range(count)])
    return PerSecondSeries(at, p50_ms, np.full(count, float(per_second)))


def test_the_seconds_in_it_are_longer() -> None:
    found = disturbed_seconds([THROTTLED], seconds(40, dict.fromkeys(range(10, 18), 12.0)), 40 * S)
    assert found is not None
    assert (found.what, found.seconds, found.median_ms, found.others, found.others_ms) == (
        "the GPU was throttled (PL1)", 8, 12.0, 32, 9.0,
    )  # fmt: skip
    advice = disturbed(AdviceFacts(disturbed=found))
    assert advice is not None
    assert advice.text.startswith("the GPU was throttled (PL1) for 8 s, and inferences took longer in them")
    assert advice.evidence == "median inference of the 8 seconds 12.0 ms, and 9.00 ms in the other 32"


def test_what_disturbs_and_lengthens_nothing_is_no_advice() -> None:
    found = disturbed_seconds([THROTTLED], seconds(40, {}), 40 * S)
    assert found is not None
    assert disturbed(AdviceFacts(disturbed=found)) is None


def test_of_two_that_with_the_longer_median_and_neither_is_quiet_for_the_other() -> None:
    series = seconds(40, {**dict.fromkeys(range(10, 18), 10.5), **dict.fromkeys(range(30, 40), 20.0)})
    found = disturbed_seconds([THROTTLED, BUSY], series, 40 * S)
    assert found is not None
    assert (found.what, found.seconds, found.others, found.others_ms) == (
        "another process (make, 7) took the cores", 10, 22, 9.0,
    )  # fmt: skip


def test_too_few_seconds_say_nothing() -> None:
    short = Disturbance("throttle", 10 * S, 12 * S, source="cpu")
    assert disturbed_seconds([short], seconds(40, {}), 40 * S) is None
    assert disturbed_seconds([Disturbance("throttle", 0, None, source="cpu")], seconds(40, {}), 40 * S) is None
    assert disturbed_seconds([THROTTLED], seconds(40, {}, per_second=2), 40 * S) is None
    assert disturbed_seconds([], seconds(0, {}), 0) is None
