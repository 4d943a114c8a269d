"""Throttling as spans: by each source, with reasons that flicker."""

from __future__ import annotations

from typing import Any

import pytest

from ovtui.host.machine.throttle_watch import QUIET_S, ThrottleEvent, ThrottleWatch, reason_name
from ovtui.records.events import ThrottleBegan, ThrottleEnded
from ovtui.records.machine_readings import MachineReading

S = 1_000_000_000


def watch(*readings: tuple[dict[str, Any], dict[str, tuple[str, ...]]]) -> list[ThrottleEvent]:
    """A reading a second from 0 on, with what is throttled then."""
    watch, events = ThrottleWatch(), list[ThrottleEvent]()
    for at, (values, throttled) in enumerate(readings):
        events += watch.look(MachineReading(t_ns=at * S, **values), throttled)  # type: ignore[arg-type]
    return events


QUIET: tuple[dict[str, Any], dict[str, tuple[str, ...]]] = ({"gpu_throttled": 0.0}, {})


def gpu(*reasons: str) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    return {"gpu_throttled": 1.0}, {"gpu": reasons}


def test_a_span_of_the_gpu_with_its_reasons() -> None:
    began, ended = watch(QUIET, QUIET, gpu("pl1"), gpu("pl1", "thermal"), QUIET, QUIET, QUIET)
    assert began == ThrottleBegan(t_ns=1 * S, source="gpu", reasons=["PL1"])
    assert ended == ThrottleEnded(t_ns=3 * S, since_ns=1 * S, source="gpu", reasons=["PL1", "thermal"])


def test_a_reason_that_flickers_is_one_span() -> None:
    events = watch(QUIET, gpu("pl1"), QUIET, gpu("pl2"), QUIET, QUIET, gpu("pl1"), *[QUIET] * 4)
    assert [type(event) for event in events] == [ThrottleBegan, ThrottleEnded]
    assert events[-1] == ThrottleEnded(t_ns=6 * S, since_ns=0, source="gpu", reasons=["PL1", "PL2"])


def test_two_spans_where_it_was_quiet_for_long() -> None:
    events = watch(QUIET, gpu("pl1"), *[QUIET] * int(QUIET_S + 1), gpu("pl1"))
    assert [type(event) for event in events] == [ThrottleBegan, ThrottleEnded, ThrottleBegan]


def test_a_driver_that_names_no_reason_counts() -> None:
    assert [event.reasons for event in watch(QUIET, ({"gpu_throttled": 1.0}, {}))] == [[]]


def test_the_cpu_by_its_counters() -> None:
    def cpu(percent: float | None) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
        return {"cpu_throttled_percent": percent}, {"cpu": ("package temperature",)} if percent else {}

    began, ended = watch(cpu(0.0), cpu(0.4), cpu(40.0), cpu(20.0), *[cpu(0.0)] * 4)
    assert began == ThrottleBegan(t_ns=S, source="cpu", reasons=["package temperature"], percent=40.0)
    assert isinstance(ended, ThrottleEnded)
    assert (ended.since_ns, ended.t_ns, ended.percent) == (S, 3 * S, 30.0)


def test_a_cpu_that_only_counts_how_often() -> None:
    (began,) = watch(({}, {}), ({}, {"cpu": ("core temperature",)}))
    assert (began.source, began.reasons, began.percent) == ("cpu", ["core temperature"], None)


def test_the_quota_by_its_share_of_periods() -> None:
    events = watch(*(({"throttled_percent": share}, {}) for share in (None, 0.0, 3.0, 50.0, 70.0, 0.0, 0.0, 0.0)))
    assert [event.percent for event in events] == [50.0, 60.0]
    assert {event.source for event in events} == {"quota"}


def test_sources_have_spans_of_their_own() -> None:
    both = {"gpu_throttled": 1.0, "throttled_percent": 40.0}
    events = watch(
        QUIET, (both, {"gpu": ("pl4",)}), (both, {"gpu": ("pl4",)}), *[({"throttled_percent": 30.0}, {})] * 4
    )
    assert [(type(event), event.source) for event in events] == [
        (ThrottleBegan, "gpu"), (ThrottleBegan, "quota"), (ThrottleEnded, "gpu"),
    ]  # fmt: skip


def test_a_span_does_not_reach_back_over_a_gap() -> None:
    watch = ThrottleWatch()
    watch.look(MachineReading(t_ns=0))
    (began,) = watch.look(MachineReading(t_ns=60 * S, gpu_throttled=1.0))
    assert began.t_ns == 58 * S


def test_where_nothing_is_read_any_more_spans_end_with_the_last_reading() -> None:
    watch = ThrottleWatch()
    for at in range(3):
        watch.look(MachineReading(t_ns=at * S, gpu_throttled=float(at > 0)))
    (ended,) = watch.end()
    assert (ended.source, ended.t_ns) == ("gpu", 2 * S)
    assert watch.end() == []


@pytest.mark.parametrize(
    ("driver", "shown"),
    [("pl1", "PL1"), ("prochot", "PROCHOT"), ("vr_tdc", "VR TDC"), ("thermal", "thermal"), ("a\x1b[31mb", "a b")],
)
def test_names_of_reasons(driver: str, shown: str) -> None:
    assert "\x1b" not in reason_name(driver)
    if "\x1b" not in driver:
        assert reason_name(driver) == shown
