"""Open loop: what has come due, in order, until it is submitted or shed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from ovtui.engine.load.dispatch import IdleRequests
from ovtui.engine.load.driver import FOREVER, LoadPlan
from ovtui.engine.load.idle_times import IdleTimes
from ovtui.engine.request_recorder import RequestRecorder
from ovtui.records.clock import now_ns

MAX_DUE_PER_TURN = 10_000
"""Due requests taken in one turn of the loop: at a rate beyond what can be counted (0.5 million/s) commands and
completions still get their turn."""

TOLD = 1_000
"""At most so many due times of unsent requests are told: a message has a size limit."""


class DueRequests:
    """The schedule of an open loop and its backlog: the requests that are due and wait for an idle infer request. In a
    closed loop there is no schedule, and nothing is ever due. Times are session times in nanoseconds. Owner: the load
    thread, in a driver."""

    def __init__(self, recorder: RequestRecorder, origin_ns: int) -> None:
        self._recorder = recorder
        self._origin_ns = origin_ns
        self._schedule: Iterator[float] | None = None
        self.began_ns = 0
        """When the schedule began."""
        self.next_ns = FOREVER
        """When the schedule's next request is due; FOREVER at the end of the schedule and without one."""
        self._backlog: deque[int] = deque()
        """Due times of the requests that wait for an idle infer request, oldest first."""
        self._beyond: deque[int] = deque()
        """Those of them that are beyond the last whole round: they will not be sent."""
        self._published = 0
        """How many of them the ring's header counts: those that waited at the end of the last turn."""
        self._past_limit_ns: int | None = None
        """When the request after the plan's limit is due, once it is."""
        self.idle_times = IdleTimes()
        self._plan: LoadPlan | None = None
        """The plan of the last run: each request that is shed counts against its limit."""

    def __len__(self) -> int:
        """How many requests are due and wait."""
        return len(self._backlog)

    @property
    def open_loop(self) -> bool:
        return self._schedule is not None

    @property
    def exhausted(self) -> bool:
        """True when a schedule has ended and nothing waits."""
        return self._schedule is not None and self.next_ns == FOREVER and not self._backlog

    @property
    def next_due_ns(self) -> int | None:
        """When the next request of the schedule is due, of the load or after its limit; None at the schedule's end."""
        if self._past_limit_ns is not None:
            return self._past_limit_ns
        return None if self.next_ns == FOREVER else self.next_ns

    def begin(self, plan: LoadPlan) -> None:
        """Takes the plan of a run. A new schedule begins, and the backlog of the one before is shed; the same schedule
        goes on across commands."""
        before, self._plan = self._plan or plan, plan
        schedule = plan.schedule
        if schedule is not self._schedule:
            now = now_ns() - self._origin_ns
            # After a halt a time is given; then the schedule before has gone on without this engine.
            self.end_schedule(before, now if plan.due_from_ns is None else 0)
            self._schedule = schedule
            self.idle_times.begin()
            self.began_ns = now if plan.due_from_ns is None else plan.due_from_ns
            plan.due_from_ns = self._past_limit_ns = None
            self._recorder.set_schedule(None if schedule is None else self.began_ns)
            self.next_ns = self._advance()
        self._recorder.open_loop = schedule is not None
        if plan.rounds is not None:
            while self._backlog and self._recorder.next_seq + len(self._backlog) > plan.stop_seq:
                self._beyond.appendleft(self._backlog.pop())

    def _advance(self) -> int:
        if self._schedule is None:
            return FOREVER
        offset_ns = next(self._schedule, None)
        return FOREVER if offset_ns is None else self.began_ns + int(offset_ns)

    def collect(self, plan: LoadPlan, now: int, submit: Callable[[], None] | None) -> None:
        """Moves requests that have come due by `now` into the backlog, or sheds them where it is full. Stops at the
        plan's limit, which counts due requests, submitted or not. `submit` starts what it can of the backlog; None
        at its end."""
        backlog, recorder = self._backlog, self._recorder
        for _ in range(MAX_DUE_PER_TURN):
            if self.next_ns > now:
                break
            if recorder.next_seq + len(backlog) >= plan.stop_seq:
                self._past_limit_ns, self.next_ns = self.next_ns, FOREVER
                break
            if len(backlog) >= plan.backlog and submit is not None:
                submit()  # makes room: a burst may be larger than the backlog
            if len(backlog) < plan.backlog:
                backlog.append(self.next_ns)
            else:
                self._count_shed()
            self.next_ns = self._advance()

    def submit(self, idle: IdleRequests, start: Callable[[int, int], None]) -> None:
        """Starts the oldest requests of the backlog, as many as there are idle infer requests: `start` is called with
        the infer request and the due time."""
        backlog, recorder = self._backlog, self._recorder
        if backlog and not idle:
            self.idle_times.wait()
        while idle and backlog:
            if self._published:
                self._published -= 1
                recorder.set_waiting(self._published)  # before the start: a kill in between counts no request twice
            start(idle.take(), backlog.popleft())
        plan = self._plan
        if plan is not None and recorder.next_seq >= plan.stop_seq and plan.all_sent_ns is None:
            plan.all_sent_ns = now_ns() - self._origin_ns
        self._publish()

    def end(self, plan: LoadPlan, now: int, submit: Callable[[], None]) -> None:
        """At the end of the load: takes what has come due since the last turn and before the end. What finds an idle
        infer request is still sent, because only the load thread was late for it; the rest counts as waiting."""
        last_ns = min(now, plan.until_ns - 1)
        while self.next_ns <= last_ns:
            self.collect(plan, last_ns, None)
        submit()

    def count_due(self, plan: LoadPlan, until_ns: int) -> None:
        """Counts what has come due since the last turn and before `until_ns`, where the load has been halted."""
        last_ns = min(until_ns, plan.until_ns) - 1
        while self.next_ns <= last_ns:
            self.collect(plan, last_ns, None)
        self._publish()

    def waiting_due_ns(self) -> tuple[list[int], int]:
        """When those that wait were due, the oldest first, and the step: 1, or more where they are over TOLD."""
        waiting = [*self._backlog, *self._beyond]
        step = -(-len(waiting) // TOLD) or 1
        return waiting[::step], step

    @property
    def waiting(self) -> int:
        return len(self._backlog) + len(self._beyond)

    def shed(self) -> None:
        """Sheds the requests that wait."""
        waiting = self.waiting
        self._backlog.clear()
        self._beyond.clear()
        self._publish()
        for _ in range(waiting):
            self._count_shed()

    def end_schedule(self, plan: LoadPlan, until_ns: int) -> None:
        """Another load begins: what this schedule had due until then will not be sent."""
        self.count_due(plan, until_ns)
        self.shed()
        self._schedule, self.next_ns = None, FOREVER
        self._recorder.set_schedule(None)

    def _publish(self) -> None:
        self._published = len(self._backlog)
        self._recorder.set_waiting(self._published)

    def _count_shed(self) -> None:
        self._recorder.count_shed()
        if self._plan is not None and self._plan.rounds is None:
            self._plan.stop_seq -= 1
