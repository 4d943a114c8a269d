"""Gives each batch an id, by the completions of its requests."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.settings.device_names import hides_batch_workers


@dataclass(slots=True)
class _OpenBatch:
    """A batch of which some requests have completed."""

    batch: int
    size: int
    remaining: int
    first_done_ns: int
    """When the batch's first request completed. A request submitted later cannot belong to the batch: so a request
    that never completes (it failed) spoils this batch and not all that follow."""

    def accepts(self, size: int, submit_ns: int) -> bool:
        return self.remaining > 0 and self.size == size and submit_ns <= self.first_done_ns


class BatchIds:
    """Numbers batches in the order in which their first requests complete, from `first` + 1 on. Owner: the load thread.

    Exact where the binding of requests to batch workers is known: request k, in order of creation, belongs to worker
    k // B for good, and every full run of a worker holds each of its B requests once (auto_batch plugin). Under AUTO,
    MULTI and HETERO the binding is hidden. There the callbacks of a batch come in succession on one thread, so the
    completions of a thread that report a batch of N are cut into runs of N: inferred, not known."""

    def __init__(self, device: str, first: int) -> None:
        self.inferred = hides_batch_workers(device)
        self._last = first
        self._open: dict[int, _OpenBatch] = {}

    def id_of(self, request: int, size: int, thread: int, submit_ns: int, done_ns: int) -> int:
        """The batch id of a request that ran in a batch of `size`. To be called in completion order.

        `request` is the pool index, `thread` the native id of the callback's thread; times are session times. `done_ns`
        must not be too early: submission plus latency is, where the load thread lost the processor between taking the
        time and starting the request (1 batch of 3,500 on a loaded machine was cut in two)."""
        key = thread if self.inferred else request // size
        batch = self._open.get(key)
        if batch is None or not batch.accepts(size, submit_ns):
            self._last += 1
            batch = self._open[key] = _OpenBatch(self._last, size, size, done_ns)
        batch.remaining -= 1
        return batch.batch
