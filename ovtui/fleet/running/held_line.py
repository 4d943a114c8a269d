"""The line to a box over the whole of a run: opened when it is needed, and opened again where it was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ovtui.fleet.box import Box
from ovtui.fleet.reach.line import Line

Opening = Callable[[Box], Awaitable[Line]]
"""`functools.partial(open_line, options=...)`, for one. Raises BoxError."""


class HeldLine:
    """Owner: the task that measures on the box."""

    def __init__(self, box: Box, opening: Opening, at_once: asyncio.Semaphore | None = None) -> None:
        """`at_once`: how many lines may be opened at the same time."""
        self.box = box
        self._opening = opening
        self._at_once = at_once
        self._line: Line | None = None
        self._lock = asyncio.Lock()

    @property
    def is_open(self) -> bool:
        return self._line is not None

    async def get(self) -> Line:
        """The line, opened where there is none. Raises BoxError."""
        async with self._lock:
            if self._line is None:
                if self._at_once is None:
                    self._line = await self._opening(self.box)
                else:
                    async with self._at_once:
                        self._line = await self._opening(self.box)
            return self._line

    async def drop(self) -> None:
        """Closes it; `get` opens another."""
        line, self._line = self._line, None
        if line is not None:
            await line.close()
