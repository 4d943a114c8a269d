"""Which requests waited for an idle infer request and which for the load thread: a thread that stalls now and then,
against what its rows say."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from harness.queued_rows import queued_by_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.engine.load.dispatch import FifoDispatch
from ovtui.engine.load.driver import LoadPlan
from ovtui.engine.load.due_requests import DueRequests
from ovtui.records.record import RECORD, Flag, Records

TICK_NS = 300_000
"""Three of them are on time, four are late."""
NONE: Mapping[int, int] = {}


class StallingThread:
    """A load thread that looks at every due time and every completion, but for its stalls."""

    def __init__(self, due: list[int], servers: int, services: list[int], hidden: Mapping[int, int] = NONE) -> None:
        """`hidden`: of requests, by number, how many looks later their completion is found, after those that come
        then."""
        recorder: Any = SimpleNamespace(
            next_seq=0, open_loop=False, set_waiting=lambda _: None, set_schedule=lambda _: None
        )
        self.requests = DueRequests(recorder, 0)
        self.requests.begin(LoadPlan(iter([float(at * TICK_NS) for at in due]), due_from_ns=0))
        self.plan = LoadPlan()
        self.idle = FifoDispatch(range(servers))
        self.services = services
        self.hidden = dict(hidden)
        self.found: list[int] = []
        """Requests by number, in the order in which their completions were found."""
        self.in_flight: list[tuple[int, int, int]] = []
        """Completion, infer request, number of the request."""
        self.rows: list[tuple[int, int, int, int, int]] = []
        """Due, submitted, done, infer request, flags."""
        self.now = 0

    def look(self, now: int) -> None:
        self.now = now
        done = sorted(flight for flight in self.in_flight if flight[0] <= now)
        hidden = [flight for flight in done if self.hidden.get(flight[2], 0)]
        for _, _, number in hidden:
            self.hidden[number] -= 1
        done = sorted(set(done) - set(hidden), key=lambda flight: (flight[2] in self.hidden, flight))
        self.in_flight = [flight for flight in self.in_flight if flight not in done]
        for done_ns, k, number in done:
            self.found.append(number)
            self.idle.put(k)
            self.requests.idle_times.note(k, done_ns)
        self.requests.collect(self.plan, now, None)
        self.requests.submit(self.idle, self._start)

    def _start(self, k: int, due_ns: int) -> None:
        queued = self.requests.idle_times.take(k, due_ns, self.now, len(self.idle))
        done_ns = self.now + self.services[len(self.rows) % len(self.services)] * TICK_NS
        self.in_flight.append((done_ns, k, len(self.rows)))
        self.rows.append((due_ns, self.now, done_ns, k, int(Flag.QUEUED) if queued else 0))

    def run(self, due: list[int], stalls: list[tuple[int, int]]) -> Records:
        now = -1
        times = {at * TICK_NS for at in due}
        while coming := [at for at in (*times, *(flight[0] for flight in self.in_flight)) if at > now] or [
            now + TICK_NS for _ in self.in_flight
        ]:
            now = min(coming)
            for begin, ticks in stalls:
                if begin * TICK_NS < now < (begin + ticks) * TICK_NS:
                    now = (begin + ticks) * TICK_NS
            self.look(now)
        rows = np.zeros(len(self.rows), RECORD)
        for place, name in enumerate(("due_ns", "submit_ns", "done_ns", "request", "flags")):
            rows[name] = [row[place] for row in self.rows]
        rows["order"][self.found] = np.arange(len(rows))
        return rows


def run(
    due: list[int], servers: int, services: list[int], stalls: list[tuple[int, int]], hidden: Mapping[int, int] = NONE
) -> tuple[Records, list[bool]]:
    rows = StallingThread(due, servers, services, hidden).run(due, stalls)
    return rows, [bool(flags & Flag.QUEUED) for flags in rows["flags"]]


@settings(max_examples=400)
@given(
    due=st.lists(st.integers(0, 60), min_size=1, max_size=40).map(sorted),
    servers=st.integers(1, 4),
    services=st.lists(st.integers(1, 12), min_size=1, max_size=5),
    stalls=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40)), max_size=5).map(sorted),
    hidden=st.dictionaries(st.integers(0, 40), st.integers(1, 4), max_size=8),
)
def test_the_flag_is_what_the_rows_say(
    due: list[int], servers: int, services: list[int], stalls: list[tuple[int, int]], hidden: dict[int, int]
) -> None:
    rows, flagged = run(due, servers, services, stalls, hidden)
    assert len(rows) == len(due)
    assert flagged == queued_by_rows(rows, servers).tolist()


@settings(max_examples=200)
@given(
    due=st.lists(st.integers(0, 60), min_size=1, max_size=40).map(sorted),
    servers=st.integers(1, 4),
    service=st.integers(1, 12),
)
def test_without_a_stall_what_waits_is_queued(due: list[int], servers: int, service: int) -> None:
    rows, flagged = run(due, servers, [service], [])
    assert flagged == (rows["submit_ns"] > rows["due_ns"]).tolist()


def test_what_a_stall_delays_is_not_queued() -> None:
    """80 are overdue at its end, four infer requests are idle all along; what comes due while the 80 are sent waits
    behind them, and is queued where it finds none idle."""
    rows, flagged = run(list(range(0, 480, 5)), 4, [1], [(20, 400)])
    overdue = (rows["due_ns"] > 20 * TICK_NS) & (rows["due_ns"] < (420 - 4) * TICK_NS)
    assert overdue.sum() == 79
    assert not np.array(flagged)[overdue].any()
    assert any(flagged)


def test_behind_a_queue_the_moment_between_two_requests_is_no_idleness() -> None:
    """The thread sees each completion three ticks late, and the device takes 20: a request that comes due in these
    three waits for the device all the same."""
    stalls = [(20 + 23 * n - 1, 4) for n in range(20)]
    rows, flagged = run(list(range(0, 200, 7)), 1, [20], stalls)
    in_flight = [((rows["submit_ns"] <= due) & (rows["done_ns"] > due)).any() for due in rows["due_ns"]]
    assert flagged == [False] + [True] * (len(rows) - 1)
    assert not all(in_flight[1:])


def test_what_is_due_nearly_at_once_does_not_find_the_same_idle_infer_request() -> None:
    """The thread looks two ticks late, on time as it counts; by then the infer request in flight has come back too."""
    rows, flagged = run([0, 2, 2], 2, [3], [(1, 3)])
    assert (rows["submit_ns"] // TICK_NS).tolist() == [0, 4, 4]
    assert flagged == queued_by_rows(rows, 2).tolist() == [False, False, True]
