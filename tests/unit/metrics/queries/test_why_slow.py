"""Why a request took so long: each reason from a flag, from its own times, or from an event of that time."""

from __future__ import annotations

from samples import MS, device_changed, records, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.queries.why_slow import members_of, times_median, why_slow
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import AcceleratorChanged, Event, OtherLoadBegan, OtherLoadEnded
from ovtui.records.record import Flag, Records

OTHER = {"name": "stress", "pid": 4711, "percent": 50.0}


def state_of(*more: Event) -> SessionState:
    digest = Digest()
    digest.feed(update(None, *started(), *more, now_s=60.0))
    return digest.session_state


def reasons(rows: Records, *more: Event, around: Records | None = None) -> str:
    return " · ".join(why_slow(rows, state_of(*more), rows if around is None else around))


def test_nothing_is_said_without_evidence() -> None:
    assert reasons(records(30_000, 20.0)) == ""


def test_waited_for_an_idle_infer_request() -> None:
    rows = records(30_000, 5.0)
    rows["due_ns"] -= 15 * MS
    rows["flags"] = Flag.QUEUED | Flag.LATE
    assert reasons(rows) == "it waited 15.0 ms of its 20.0 ms for an idle infer request before it was sent"


def test_flags() -> None:
    for flag, said in (
        (Flag.HELD, "its batch was full, and OpenVINO held it"),
        (Flag.TIMED_OUT, "it waited for the batch timer of 1000 ms"),
        (Flag.WARM_UP, "the first inference"),
        (Flag.LEFT_OUT, "warm-up"),
        (Flag.ERROR, "it failed"),
    ):
        assert said in reasons(records(30_000, 5.0, flags=flag, segment=1)), flag


def test_waited_for_the_others_of_its_batch() -> None:
    rows = records([30_000, 30_000.001, 30_000.002], [20.0, 8.0, 2.0], batch_id=3, batch_size=3, segment=1)
    first = rows[:1]
    assert "it waited 18.0 ms for the last of the 3 requests of its batch" in reasons(first, around=rows)
    assert reasons(rows[2:], around=rows) == ""
    assert members_of(first, rows)["seq"].tolist() == [0, 1, 2]
    assert len(members_of(records(1.0), rows)) == 0


def test_events_of_its_time_and_no_others() -> None:
    change = device_changed(["(CPU)"], ["GPU.0"], 20.0)
    assert "the device changed from (CPU) to GPU.0 meanwhile" in reasons(records(20_001, 5.0), change)
    assert reasons(records(30_000, 5.0), change) == ""
    began = OtherLoadBegan(t_ns=25_000 * MS, **OTHER)
    ended = OtherLoadEnded(t_ns=26_000 * MS, since_ns=25_000 * MS, **OTHER)
    assert "stress" in reasons(records(25_500, 5.0), began, ended)
    assert reasons(records(27_000, 5.0), began, ended) == ""


def test_compared_with_the_median() -> None:
    assert times_median(records(30_000, 20.0), 5.0) == 4.0
    assert times_median(records(30_000, 20.0), None) is None


def test_no_cause_is_told_for_a_request_that_was_not_slow() -> None:
    rows = records(30_000, 5.0, flags=Flag.TIMED_OUT, segment=1)
    rows["due_ns"] -= 5 * MS
    change = device_changed(["(CPU)"], ["GPU.0"], 29.999)
    state = state_of(change)
    slow = why_slow(rows, state, rows, 2.0)
    assert len(slow) == 3
    assert why_slow(rows, state, rows, 9.0) == [reason for reason in slow if "timer" in reason]


def test_the_compile_of_an_accelerator_that_serves_has_ended() -> None:
    """AUTO's log may lack its end."""
    began = AcceleratorChanged(t_ns=1_000 * MS, engine=1, device="GPU.0", state="compiling")
    change = device_changed(["(CPU)"], ["GPU.0"], 20.0)
    said = "GPU.0 compiled the model meanwhile"
    assert said in reasons(records(19_000, 5.0), began, change)
    assert said in reasons(records(30_000, 5.0), began)
    assert said not in reasons(records(30_000, 5.0), began, change)
