"""Input data that a session holds in memory: how much of a folder it takes, and large files without reading them."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ovtui.engine import free_memory

MAPPED_BYTES = 64 << 20
"""A larger file is mapped and not read: its pages come when they are first copied, and go where memory is short."""


def items_within(
    files: Sequence[Path], read: Callable[[Path], list[Any]], shape: tuple[int, ...], budget: int | None = None
) -> tuple[list[Any], int]:
    """The items of the files, in order, and of how many files they are: all, or as many as fit into `budget` bytes, by
    default half of the free memory, and at least one. `shape`: an item of another shape will be copied once more, into
    one of that shape."""
    if budget is None and len(files) > 1 and (found := free_memory.memory()):
        budget = found.free // 2
    items: list[Any] = []
    held = 0
    for number, path in enumerate(files):
        new = read(path)
        held += sum(item.nbytes * (1 if item.shape == shape else 2) for item in new)
        if number and budget is not None and held > budget:
            return items, number
        items += new
    return items, len(files)


def mapped(path: Path) -> bool:
    """True for a file that is to be mapped."""
    return path.stat().st_size > MAPPED_BYTES


def content(path: Path) -> bytes | memoryview:
    """The file's bytes, mapped where it is large. Raises OSError."""
    if not mapped(path):
        return path.read_bytes()
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
