"""Random inputs, made when an infer request first needs them: what no request in flight uses takes no memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

RANDOM_ITEMS = 8
"""Different random inputs in a pool: to make a 224x224 image of noise takes 1 ms, to copy it 0.05 ms."""
KEPT_BYTES = 256 << 20
"""A pool of up to this size is kept, to be copied into further requests. Of a larger one, nothing is: an item is made
again for each request that takes it. Noise takes 3 ms a MiB to make and 0.1 ms to copy (2 cores); [1,3,4096,4096] f32,
kept eight times, took 1.5 GiB and 5 s."""


class RandomColumn(Sequence[Any]):
    """The random arrays of one input. Nothing is kept: each access makes the array, which is the same every time."""

    def __init__(self, make: Callable[[int], Any], nbytes: int) -> None:
        """`make`: the array of a variant; `nbytes`: the size of one."""
        self._make = make
        self.nbytes = nbytes

    def __len__(self) -> int:
        return RANDOM_ITEMS

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self._make(n) for n in range(RANDOM_ITEMS)[index]]
        return self._make(range(RANDOM_ITEMS)[index])

    def kept(self) -> list[Any]:
        """The arrays in memory, for a load that copies one before each request: as many as KEPT_BYTES allow, at least
        one."""
        return self[: max(1, KEPT_BYTES // max(self.nbytes, 1))]


class ItemPool(Sequence[list[Any]]):
    """Items of an array for each input. Owner: the load thread."""

    def __init__(self, columns: Sequence[Sequence[Any]], count: int) -> None:
        self._columns = columns
        self._count = count
        self._kept: dict[int, list[Any]] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> list[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[Any]]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[n] for n in range(self._count)[index]]
        number = range(self._count)[index]
        item = self._kept.get(number)
        if item is None:
            item = [column[number % len(column)] for column in self._columns]
            if self._count * sum(map(bytes_of, item)) <= KEPT_BYTES:
                self._kept[number] = item
        return item

    def __iter__(self) -> Iterator[list[Any]]:
        return (self[n] for n in range(self._count))


def bytes_of(data: Any) -> int:
    """Of a tensor or an array."""
    return int(data.byte_size if hasattr(data, "byte_size") else data.nbytes)
