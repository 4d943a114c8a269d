"""Which idle infer request is started next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Protocol

from ovtui.settings.device_names import explicit_batch_size
from ovtui.settings.schema.settings import Settings


class IdleRequests(Protocol):
    """The idle infer requests of a pool, by index. Owner: the load thread."""

    def __len__(self) -> int: ...

    def put(self, request: int) -> None: ...

    def take(self) -> int:
        """Removes and returns the request to start next. Raises IndexError when none is idle."""


class FifoDispatch:
    """First in, first out: the request that has been idle longest is started next."""

    def __init__(self, requests: Iterable[int]) -> None:
        self._idle = deque(requests)

    def __len__(self) -> int:
        return len(self._idle)

    def put(self, request: int) -> None:
        self._idle.append(request)

    def take(self) -> int:
        return self._idle.popleft()


class GroupedDispatch:
    """All requests of a batch worker before those of the next worker.

    BATCH binds request k to worker k // B, and a worker runs its batch when all of its B requests are queued, or at the
    batch timeout. Once completions have shuffled the idle requests, first in first out spreads submissions over the
    workers, and none fills before its timeout. docs/batching-details.md has both orders measured."""

    def __init__(self, requests: Iterable[int], size: int) -> None:
        self._size = size
        self._groups: dict[int, deque[int]] = {}
        self._count = 0
        self._filling: int | None = None
        """The group whose requests are being started."""
        for request in requests:
            self.put(request)

    def __len__(self) -> int:
        return self._count

    def put(self, request: int) -> None:
        group = request // self._size
        if group not in self._groups:
            self._groups[group] = deque()
        self._groups[group].append(request)
        self._count += 1

    def take(self) -> int:
        if self._filling is None or not self._groups[self._filling]:
            # The group with the most idle requests: a full one fills its batch without waiting. Among equals the lowest
            # index, so that few groups are in use.
            self._filling = max(self._groups, key=lambda group: (len(self._groups[group]), -group), default=None)
            if self._filling is None:
                raise IndexError
        request = self._groups[self._filling].popleft()
        self._count -= 1
        return request


def idle_requests_for(
    settings: Settings, device: str, size: int, requests: Iterable[int]
) -> FifoDispatch | GroupedDispatch:
    """The dispatch order that the settings ask for; grouped only where the batch size B is known. `size` is B, or 0
    where it is unknown; `requests` are the indices that are idle now."""
    grouped = settings.dispatch == "grouped" or (
        settings.dispatch == "auto" and explicit_batch_size(device) is not None
    )
    return GroupedDispatch(requests, size) if grouped and size > 1 else FifoDispatch(requests)
