"""What is said of the machine's events, and the spans that a session makes of them."""

from __future__ import annotations

import pytest

from ovtui.metrics.session.disturbances import DISTURBANCES, Disturbance, Disturbances, MachineEvent
from ovtui.metrics.session.machine_event_text import describe_machine_event, disturbance_text, idle_text
from ovtui.records.events import (
    IdleMeasured,
    LoadPaused,
    OtherLoadBegan,
    OtherLoadEnded,
    PowerSource,
    PowerSources,
    ThrottleBegan,
    ThrottleEnded,
)

S = 1_000_000_000
OPEN = PowerSource(name="cpu_watts", path="/a", readable=True)
CLOSED = PowerSource(name="dram_watts", path="/b", readable=False, reason="no", command="sudo chmod a+r /b")


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (ThrottleBegan(t_ns=S, source="gpu", reasons=["PL1", "thermal"]), "the GPU is throttled (PL1, thermal)"),
        (ThrottleBegan(t_ns=S, source="cpu"), "the CPU is throttled"),
        (
            ThrottleBegan(t_ns=S, source="quota", percent=40.0),
            "the session is throttled (by the CPU quota, in 40 % of its periods)",
        ),
        (
            ThrottleEnded(t_ns=139 * S, source="gpu", since_ns=131 * S, reasons=["PL1"]),
            "the GPU was throttled from 02:11 to 02:19 (PL1)",
        ),
        (OtherLoadBegan(t_ns=S, name="make", pid=7, percent=38.2), "another process (make, 7) takes 38 % of the cores"),
        (OtherLoadBegan(t_ns=S, name="", pid=0, percent=38.2), "other processes take 38 % of the cores"),
        (
            OtherLoadEnded(t_ns=70 * S, name="", pid=0, since_ns=60 * S, percent=50.0, unseen=True),
            "other processes that cannot be seen here took 50 % of the cores from 01:00 to 01:10",
        ),
        (PowerSources(t_ns=S, sources=[OPEN, CLOSED]), "watts of CPU packages; 1 counter cannot be read"),
        (PowerSources(t_ns=S, sources=[]), "nothing tells the watts"),
        (
            LoadPaused(t_ns=S, engine=1, until_ns=6 * S),
            "the load pauses for 5.0 s: the idle machine is measured",
        ),
        (
            IdleMeasured(t_ns=6 * S, since_ns=S, watts={"cpu_watts": 5.125, "gpu_watts": 3.0}, reason="asked"),
            "idle with the model loaded: CPU packages 5.12 W, GPU 3 W (while the load paused)",
        ),
        (IdleMeasured(t_ns=S, since_ns=S, watts={}, reason="asked", text="a trial runs"), "a trial runs"),
    ],
)
def test_events_in_words(event: MachineEvent, text: str) -> None:
    assert describe_machine_event(event)[1] == text


def test_idle_without_a_model() -> None:
    idle = IdleMeasured(t_ns=6 * S, since_ns=S, watts={"cpu_watts": 3.0}, reason="paused", loaded=False)
    assert idle_text(idle) == "idle without a model: CPU packages 3 W (while there was no load)"


def test_how_much_of_the_load_it_took() -> None:
    span = Disturbance("throttle", 50 * S, 58 * S, source="gpu", reasons=("PL1",))
    assert span.seconds_in([(0, 52 * S), (55 * S, 60 * S)], 99 * S) == 5.0
    assert disturbance_text(span, 5.0, 57.0) == "the GPU was throttled for 5.0 s of 57.0 s (PL1)"
    other = Disturbance("other-load", 50 * S, None, name="make", pid=7, percent=38.4)
    assert other.seconds_in([(0, 60 * S)], 55 * S) == 5.0
    assert (
        disturbance_text(other, 12.0, 60.0) == "another process (make, 7) took 38 % of the cores for 12.0 s of 60.0 s"
    )


def folded(*events: MachineEvent) -> Disturbances:
    known = Disturbances()
    for event in events:
        known.fold(event)
    return known


def test_an_end_takes_the_place_of_its_beginning() -> None:
    known = folded(
        ThrottleBegan(t_ns=1 * S, source="gpu", reasons=["PL1"]),
        ThrottleBegan(t_ns=1 * S, source="cpu"),
        OtherLoadBegan(t_ns=2 * S, name="make", pid=7, percent=60.0),
        ThrottleEnded(t_ns=5 * S, source="gpu", since_ns=1 * S, reasons=["PL1", "PL2"]),
    )
    assert [(span.source, span.until_ns, span.reasons) for span in known.spans] == [
        ("gpu", 5 * S, ("PL1", "PL2")), ("cpu", None, ()), (None, None, ()),
    ]  # fmt: skip
    assert [span.source for span in known.now] == ["cpu", None]
    known.fold(OtherLoadEnded(t_ns=9 * S, name="make", pid=7, since_ns=2 * S, percent=45.0))
    assert (known.spans[-1].until_ns, known.spans[-1].percent) == (9 * S, 45.0)


def test_an_end_without_its_beginning_is_a_span_all_the_same() -> None:
    """Of a recording whose beginning is gone."""
    known = folded(ThrottleEnded(t_ns=5 * S, source="gpu", since_ns=1 * S))
    assert [(span.since_ns, span.until_ns) for span in known.spans] == [(1 * S, 5 * S)]


def test_so_many_are_kept_the_newest() -> None:
    known = folded(*(ThrottleBegan(t_ns=at * S, source="gpu") for at in range(DISTURBANCES + 5)))
    assert (len(known.spans), known.spans[0].since_ns) == (DISTURBANCES, 5 * S)


def test_the_load_pauses_until_the_idle_machine_is_measured() -> None:
    paused = LoadPaused(t_ns=S, engine=1, until_ns=6 * S)
    assert folded(paused).paused == paused
    refused = IdleMeasured(t_ns=2 * S, since_ns=2 * S, watts={}, reason="asked", text="it is being measured already")
    assert folded(paused, refused).paused == paused
    measured = folded(paused, IdleMeasured(t_ns=6 * S, since_ns=S, watts={"cpu_watts": 4.0}, reason="asked"))
    assert measured.paused is None
    assert measured.idle is not None


def test_what_begins_and_goes_on_is_told_before_what_ends_with_it() -> None:
    """The GPU throttles in the second in which another process gives the cores back."""
    made = OtherLoadBegan(t_ns=1 * S, name="make", pid=7, percent=60.0)
    began = ThrottleBegan(t_ns=20 * S, source="gpu")
    known = folded(made, began, OtherLoadEnded(t_ns=20 * S, name="make", pid=7, since_ns=1 * S, percent=45.0))
    assert known.news is began
    over = ThrottleEnded(t_ns=22 * S, source="gpu", since_ns=20 * S)
    known.fold(over)
    assert known.news is over
    late = folded(made, began, OtherLoadEnded(t_ns=31 * S, name="make", pid=7, since_ns=1 * S, percent=45.0))
    assert late.news is late.newest
    other = OtherLoadBegan(t_ns=21 * S, name="stress", pid=8, percent=60.0)
    assert folded(made, began, other).news is other
