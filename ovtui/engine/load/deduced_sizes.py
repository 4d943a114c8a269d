"""Batch sizes deduced from the times of completions: under AUTO, MULTI and HETERO without the batch probe."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

MIN_TIMEOUT_RUNS = 10
"""Nothing is deduced unless the batch timeout is at least that many runs long: otherwise requests that run alone one
after another look like a batch."""
_TOGETHER_RUNS = 0.25
"""Completions closer to each other than this part of a run may be of one batch. On the simulated GPU the members of a
batch complete 22 us apart (median; 0.3 ms at p95 on busy cores), its run takes 2.7 ms."""
_SPREAD_RUNS, _MAX_SPREAD_NS = 10, 40_000_000
"""Completions further apart than this are not of one batch."""
MAX_HOLD_NS = 45_000_000
"""No record waits longer than that for the completions that decide its batch size."""
_FIRED_RUNS = 20
"""A full batch starts with its last request, so it completes within so many runs after that request came."""


Record = Callable[[int], None]
"""Writes a request's record, with its batch size; 0 is unknown."""


class _Held:
    """A completed request whose record waits for its batch size."""

    __slots__ = ("done_ns", "may_share", "record", "size", "submit_ns")

    def __init__(self, record: Record, submit_ns: int, done_ns: int) -> None:
        self.record = record
        self.submit_ns = submit_ns
        self.done_ns = done_ns
        self.may_share = False
        """True when it may have run in a batch with its neighbours, which is not clear."""
        self.size: int | None = None


class _Lane:
    """The completions of one callback thread that are not decided yet, in the order of their callbacks."""

    def __init__(self) -> None:
        self.together: list[_Held] = []
        """The newest ones, each close to the one before."""
        self.unclaimed: deque[_Held] = deque()
        """Those before, as far back as a batch may reach, which made up no whole batch."""
        self.last_done_ns = 0
        """When the request before `together` completed."""


class DeducedSizes:
    """Holds the records of completed requests until their batch sizes are decided. Owner: the load thread; `batch` may
    be set by any.

    OpenVINO completes the requests of a batch one after another on one thread, in direct succession. So a request ran
    in a full batch where exactly B completions (or a multiple) lie close together, all of them submitted before, the
    last one just before; and alone where no B neighbours can have run together. All else is unknown. On the simulated
    GPU, on two busy cores, 4 to 12 of 8,000 sizes were wrong and 15 to 20 % unknown at timeouts of 20 to 50 ms."""

    def __init__(self, timeout_ms: int, batch: int = 0) -> None:
        self._timeout_ns = timeout_ms * 1_000_000
        self.batch = batch
        """B of the device that batches; 0 until it is known, 1 where it batches nothing."""
        self._run_ns = 1 << 62
        """The shortest latency so far."""
        self._held: deque[_Held] = deque()
        self._lanes: dict[int, _Lane] = {}

    def hold(self, record: Record, submit_ns: int, done_ns: int, thread: int, *, alone: bool) -> None:
        """Takes over a completed request, in the order of callbacks. Times are session times; `thread` is the native id
        of the callback's thread; `alone`: the device that served it batches nothing."""
        held = _Held(record, submit_ns, done_ns)
        self._held.append(held)
        if alone or self.batch == 1:
            held.size = 1
            return
        self._run_ns = min(self._run_ns, max(done_ns - submit_ns, 1))
        if self.batch == 0 or self._timeout_ns < MIN_TIMEOUT_RUNS * self._run_ns:
            held.size = 0
            return
        lane = self._lanes.setdefault(thread, _Lane())
        if lane.together and done_ns - lane.together[-1].done_ns > _TOGETHER_RUNS * self._run_ns:
            self._close(lane)
            self._settle_before(lane, int(done_ns - self._spread_ns))
        lane.together.append(held)

    def decided(self, now_ns: int) -> Iterator[tuple[Record, int]]:
        """The records whose sizes are decided by now (session time), in the order of completion, each with the size; 0
        is unknown."""
        overdue_ns = now_ns - MAX_HOLD_NS
        for lane in self._lanes.values():
            oldest = lane.unclaimed or lane.together
            if oldest and oldest[0].done_ns < overdue_ns:
                if lane.together:
                    self._close(lane, whole=lane.together[-1].done_ns < overdue_ns)
                self._settle_before(lane, overdue_ns)
        held = self._held
        while held and held[0].size is not None:
            first = held.popleft()
            yield first.record, first.size or 0

    @property
    def next_ns(self) -> int | None:
        """When the oldest record is decided at the latest, session time; None where none is held."""
        return self._held[0].done_ns + MAX_HOLD_NS + 1 if self._held else None

    @property
    def _spread_ns(self) -> float:
        return min(_SPREAD_RUNS * self._run_ns, _MAX_SPREAD_NS)

    def _close(self, lane: _Lane, *, whole: bool = True) -> None:
        """Decides the completions that lie together. `whole`: no further one can belong to them."""
        found, lane.together = lane.together, []
        batch, before_ns = self.batch, lane.last_done_ns
        lane.last_done_ns = found[-1].done_ns
        if whole and len(found) % batch == 0 and self._are_batches(found, before_ns):
            for held in lane.unclaimed:
                self._settle(held)
            lane.unclaimed.clear()
            for held in found:
                held.size = batch
            return
        for held in found:
            lane.unclaimed.append(held)
            if len(lane.unclaimed) >= batch:
                self._mark_possible([lane.unclaimed[at] for at in range(-batch, 0)])
                if len(lane.unclaimed) > batch:
                    self._settle(lane.unclaimed.popleft())

    def _are_batches(self, found: list[_Held], before_ns: int) -> bool:
        for start in range(0, len(found), self.batch):
            members = found[start : start + self.batch]
            first_ns = members[0].done_ns
            youngest_ns = max(held.submit_ns for held in members)
            began_ns = max(youngest_ns, before_ns)
            if youngest_ns >= first_ns or first_ns - began_ns > _FIRED_RUNS * self._run_ns:
                return False
            before_ns = members[-1].done_ns
        return True

    def _mark_possible(self, members: list[_Held]) -> None:
        """Marks B neighbours that may have been a batch whose completions were torn apart."""
        first_ns = members[0].done_ns
        if members[-1].done_ns - first_ns < self._spread_ns and max(held.submit_ns for held in members) < first_ns:
            for held in members:
                held.may_share = True

    def _settle_before(self, lane: _Lane, done_ns: int) -> None:
        while lane.unclaimed and lane.unclaimed[0].done_ns < done_ns:
            self._settle(lane.unclaimed.popleft())

    @staticmethod
    def _settle(held: _Held) -> None:
        held.size = 0 if held.may_share else 1
