"""Sleeping until a due time: never too short, and ended by a command."""

from __future__ import annotations

import threading

import pytest

from ovtui.engine.load.punctual_sleep import MAX_LEAD_NS, PunctualSleep
from ovtui.records.clock import now_ns

HOUR_NS = 3_600_000_000_000


def test_a_punctual_sleep_never_ends_before_its_time() -> None:
    sleeper = PunctualSleep()
    for _ in range(20):
        until_ns = now_ns() + 200_000
        sleeper.sleep_until(until_ns, punctually=True)
        assert now_ns() >= until_ns
        assert 0 <= sleeper._lead_ns <= MAX_LEAD_NS


@pytest.mark.parametrize("punctually", [False, True])
def test_a_command_ends_the_sleep(punctually: bool) -> None:
    sleeper = PunctualSleep()
    sleeper.wake()  # while the load thread is awake: ends its next sleep
    sleeper.sleep_until(now_ns() + HOUR_NS, punctually=punctually)
    waker = threading.Thread(target=sleeper.wake)
    waker.start()
    sleeper.sleep_until(now_ns() + HOUR_NS, punctually=punctually)
    waker.join()


def test_a_time_that_is_over_is_not_waited_for() -> None:
    PunctualSleep().sleep_until(now_ns() - 1, punctually=True)
