"""Which overdue requests found no idle infer request when they came due: after a stall of the load thread, against a
queue whose thread never stalls."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.engine.load.dispatch import FifoDispatch
from ovtui.engine.load.driver import FOREVER, LoadPlan
from ovtui.engine.load.due_requests import DueRequests

NEVER_AGAIN = 1 << 40


class StalledThread:
    """A load thread that looks at every due time and every completion, but for one stall. The device takes `service`
    for each request, stall or not."""

    def __init__(self, due: list[int], servers: int, service: int) -> None:
        recorder: Any = SimpleNamespace(next_seq=0, open_loop=False, set_waiting=lambda _: None)
        self.requests = DueRequests(recorder, 0)
        self.requests.begin(LoadPlan(iter([float(at) for at in due]), due_from_ns=0))
        self.plan = LoadPlan()
        self.idle = FifoDispatch(range(servers))
        self.service = service
        self.flights: list[tuple[int, int, int]] = []
        """Completion, submission, infer request."""
        self.found_none: dict[int, list[bool]] = {}
        self.now = 0

    def look(self, now: int) -> None:
        self.now = now
        done = sorted(flight for flight in self.flights if flight[0] <= now)
        self.flights = [flight for flight in self.flights if flight[0] > now]
        for done_ns, submit_ns, k in done:
            self.idle.put(k)
            self.requests.idle_times.note(submit_ns, done_ns)
        self.requests.collect(self.plan, now, None)
        self.requests.submit(self.idle, self._start)

    def _start(self, k: int, due_ns: int, found_none: bool) -> None:
        self.flights.append((self.now + self.service, self.now, k))
        self.found_none.setdefault(due_ns, []).append(found_none)

    def run(self, due: list[int], stall: tuple[int, int]) -> dict[int, list[bool]]:
        now = -1
        while True:
            coming = [at for at in due if at > now] + [flight[0] for flight in self.flights]
            if not coming:
                return self.found_none
            now = min(coming)
            if stall[0] < now < stall[1]:
                now = stall[1]
            self.look(now)


def never_stalled(due: list[int], servers: int, service: int) -> dict[int, list[bool]]:
    """A queue of several servers, tick by tick."""
    busy_until: list[int] = []
    waiting, found = 0, dict[int, list[bool]]()
    for now in range(max(due) + 1):
        busy_until = [until for until in busy_until if until > now]
        while waiting and len(busy_until) < servers:
            waiting -= 1
            busy_until.append(now + service)
        for _ in range(due.count(now)):
            none = len(busy_until) >= servers
            found.setdefault(now, []).append(none)
            if none:
                waiting += 1
            else:
                busy_until.append(now + service)
    return found


@settings(max_examples=400)
@given(
    due=st.lists(st.integers(0, 60), min_size=1, max_size=40).map(sorted),
    servers=st.integers(1, 4),
    service=st.integers(1, 12),
    stall=st.tuples(st.integers(0, 50), st.integers(0, 40)).map(lambda s: (s[0], s[0] + s[1])),
)
def test_what_a_stall_delays_is_judged_as_if_there_had_been_none(
    due: list[int], servers: int, service: int, stall: tuple[int, int]
) -> None:
    """Up to the end of the stall. After it the requests that it delayed keep the infer requests busy, and what comes
    due meanwhile does wait for one."""
    thread = StalledThread(due, servers, service)
    thread.requests.idle_times._service_ns = service  # as after the first ones
    found, truth = thread.run(due, stall), never_stalled(due, servers, service)
    assert sorted(found) == sorted(set(due))
    assert {at: found[at] for at in found if at <= stall[1]} == {at: truth[at] for at in truth if at <= stall[1]}


def test_before_the_first_has_come_back_infer_requests_stay_busy() -> None:
    thread = StalledThread([0, 0, 0], 2, 5)
    thread.look(0)
    assert thread.requests.idle_times._service_ns == 0
    assert thread.run([0, 0, 0], (NEVER_AGAIN, NEVER_AGAIN)) == {0: [False, False, True]}


def test_one_long_request_does_not_make_the_others_long() -> None:
    """As after a stall, in which a request was in flight: it was as long as the stall."""
    thread = StalledThread([], 1, 1)
    times = thread.requests.idle_times
    for at in range(0, 20_000, 1000):
        times.note(at, at + 100)
    times.note(20_000, 420_000)
    assert times._service_ns < 120
    assert times._service_ns < FOREVER
