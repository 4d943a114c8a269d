"""Which requests shared a batch: ids from completions."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.engine.devices import virtual_of


@dataclass(slots=True)
class _OpenBatch:
    """A batch of which some members have completed."""

    batch: int
    size: int
    remaining: int
    first_done_ns: int
    """When its first member completed. A request submitted later than that cannot be of it: so a member that never
    came back (it failed) spoils one batch and not all that follow."""

    def accepts(self, size: int, submit_ns: int) -> bool:
        return self.remaining > 0 and self.size == size and submit_ns <= self.first_done_ns


class BatchIds:
    """Numbers batches in the order in which their first members complete. Ids go up from `first` over the session.

    Exact where requests are bound to workers in sight: request k, in order of creation, belongs to worker k // B for
    good, and every full run of a worker holds each of its B requests once (auto_batch plugin). Under AUTO, MULTI and
    HETERO the binding is hidden; there the callbacks of one batch come one after another on one thread, so that
    completions carrying N are cut into chunks of N by thread: deduced, not known."""

    def __init__(self, device: str, first: int) -> None:
        self.inferred = virtual_of(device) in ("AUTO", "MULTI", "HETERO")
        self._last = first
        self._open: dict[int, _OpenBatch] = {}

    def id_of(self, request: int, size: int, thread: int, submit_ns: int, done_ns: int) -> int:
        """The id of the batch of a completion that ran `size` together; called in completion order."""
        key = thread if self.inferred else request // size
        batch = self._open.get(key)
        if batch is None or not batch.accepts(size, submit_ns):
            self._last += 1
            batch = self._open[key] = _OpenBatch(self._last, size, size, done_ns)
        batch.remaining -= 1
        return batch.batch
