"""One question to many boxes, so many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ovtui.fleet.box import Box, BoxError

_Answer = TypeVar("_Answer")


async def ask_each(
    boxes: Sequence[Box], ask: Callable[[Box], Awaitable[_Answer]], jobs: int
) -> list[_Answer | BoxError]:
    """The answers in the order of the boxes; the error in place of the answer of a box that fails."""
    turns = asyncio.Semaphore(jobs)

    async def one(box: Box) -> _Answer | BoxError:
        async with turns:
            try:
                return await ask(box)
            except BoxError as error:
                return error

    return list(await asyncio.gather(*(one(box) for box in boxes)))
