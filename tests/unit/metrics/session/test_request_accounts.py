"""The account of all requests where an engine, its host or the recording could not tell its end."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

import msgspec
import pytest
from samples import SECOND, segment, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.summary_text import missing_text, summary_lines
from ovtui.metrics.session.accounts import Accounts
from ovtui.records.engine_counts import EngineCounts
from ovtui.records.events import EngineExited, Event, LoadEnded
from ovtui.records.schedules import due_times
from ovtui.settings.schema.settings import Settings

OPEN = Settings(device="CPU", rate=100.0)
ARRIVALS = ["constant", "poisson", "burst:7", "ramp:300:2", "steps:50,200:0.5"]


def open_loop(settings: Settings = OPEN) -> list[Event]:
    return [*started()[:-1], segment(1, settings=settings)]


def counts(**given: Any) -> EngineCounts:
    fields = {"t_ns": 4 * SECOND, "submitted": 100, "completed": 90, "shed": 0, "waiting": 3, "schedule_ns": 1 * SECOND}
    return EngineCounts(**{**fields, "schedule_segment": 1, **given})


def died(at_s: float, seen: EngineCounts) -> EngineExited:
    t_ns = int(at_s * SECOND)
    return EngineExited(
        t_ns=t_ns, engine=1, expected=False, code=-9, signal="SIGKILL", unfinished=seen.unfinished,
        unsent=seen.waiting, counts=seen,
    )  # fmt: skip


def fed(*events: Event, **given: Any) -> Digest:
    digest = Digest()
    digest.feed(update(None, *events, now_s=9, submitted=100, **given))
    return digest


def longer(accounts: Accounts, limit_ms: float) -> int:
    """How many unsent requests of the segment had waited for longer than that."""
    return sum(part.waited_longer(limit_ms) or 0 for part in accounts.parts_in_segment)


@pytest.mark.parametrize("arrival", ARRIVALS)
def test_what_came_due_while_an_engine_stood_still_before_its_death_is_unsent(arrival: str) -> None:
    settings = Settings(device="CPU", rate=100.0, arrival=arrival, seed=3)
    digest = fed(*open_loop(settings), died(5.0, counts()), finished=True)
    due = sum(1 for _ in takewhile(lambda at_ns: SECOND + int(at_ns) <= 5 * SECOND, due_times(settings) or ()))
    assert due > 150
    assert (digest.due, digest.unsent) == (due, due - 100)
    accounts = digest.session_state.accounts
    assert accounts.unsent_in_segment == due - 100
    late = sum(1 for _ in takewhile(lambda at_ns: int(at_ns) < 3 * SECOND, due_times(settings) or ())) - 100
    assert longer(accounts, 1000.0) == pytest.approx(max(late, 0), abs=7)


@pytest.mark.parametrize(("alive_s", "known"), [(4.9, True), (4.0, False)])
def test_what_a_trace_had_due_while_its_engine_stood_still_is_not_known(alive_s: float, known: bool) -> None:
    """The host died in the one case, the engine in the other."""
    events = open_loop(Settings(device="CPU", arrival="trace:times.csv"))
    seen = counts(t_ns=5 * SECOND, alive_ns=int(alive_s * SECOND))
    for digest in (
        fed(*events, died(5.0, seen), finished=True),
        fed(*events, finished=True, host_gone=True, engines={1: seen}),
    ):
        assert (digest.due, digest.unsent) == ((103, 3) if known else (None, None))


def test_nothing_comes_due_after_an_engine_was_told_that_the_load_is_over() -> None:
    """It stood still, and was killed for not having drained."""
    killed = msgspec.structs.replace(died(8.0, counts()), told_over_ns=3 * SECOND)
    digest = fed(*open_loop(), killed, finished=True)
    assert (digest.due, digest.unsent) == (201, 101)


@pytest.mark.parametrize("arrival", ARRIVALS)
@pytest.mark.parametrize("first", [1, 13, 4096, 9000])
def test_a_schedule_starts_from_any_request(arrival: str, first: int) -> None:
    settings = Settings(rate=100.0, arrival=arrival, seed=5)
    whole, later = due_times(settings), due_times(settings, first)
    assert whole is not None
    assert later is not None
    expected = [at_ns for number, at_ns in zip(range(first + 20), whole, strict=False) if number >= first]
    assert [at_ns for _, at_ns in zip(range(20), later, strict=False)] == expected


def test_no_more_is_due_than_the_load_had_left() -> None:
    assert fed(*open_loop(), died(5.0, counts(due_limit=120)), finished=True).due == 120
    until = segment(1, settings=OPEN)
    ends = type(until)(**{**{name: getattr(until, name) for name in until.__struct_fields__}, "until_ns": 3 * SECOND})
    assert fed(*started()[:-1], ends, died(5.0, counts()), finished=True).due == 200


def test_the_end_of_a_load_counts_what_waited_and_its_engine_nothing_more() -> None:
    ended = LoadEnded(
        t_ns=4 * SECOND, engine=1, reason="stopped", submitted=100, unsent=3, ended_ns=4 * SECOND,
        unsent_due_ns=[SECOND, 2 * SECOND, 3 * SECOND + 1],
    )  # fmt: skip
    digest = fed(*open_loop(), ended, died(5.0, counts(waiting=0)), finished=True)
    accounts = digest.session_state.accounts
    assert (digest.due, digest.unsent) == (103, 3)
    assert [longer(accounts, ms) for ms in (0.0, 1000.0, 1500.0, 5000.0)] == [3, 2, 2, 0]


def test_a_dead_host_leaves_what_its_engine_counted() -> None:
    """The last sign of life is the engine's, or the time at which the host was last there."""
    seen = {1: counts(t_ns=4 * SECOND, alive_ns=int(4.5 * SECOND))}
    digest = fed(*open_loop(), finished=True, host_gone=True, engines=seen)
    requests = build_result(digest).requests
    assert (requests.due, requests.unsent, requests.unfinished) == (351, 251, 100)
    assert missing_text(build_result(digest)) == ", 251 unsent, 100 unfinished"


def test_a_recording_that_cannot_tell_says_so() -> None:
    digest = fed(*open_loop(), finished=True)
    result = build_result(digest)
    assert (result.requests.due, result.requests.unsent) == (None, None)
    assert "unsent not known" in " ".join("\n".join(summary_lines(result)).split())
    closed = build_result(fed(*started(), finished=True)).requests
    assert (closed.due, closed.unsent) == (100, 0)


def test_while_a_load_goes_on_nothing_is_unsent() -> None:
    digest = fed(*open_loop(), engines={1: counts()})
    assert (digest.due, digest.unsent, digest.unfinished) == (100, 0, 0)
