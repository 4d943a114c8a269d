"""Steps over a line that may be lost: another one is opened, and the step taken again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ovtui.fleet.box import BoxError
from ovtui.fleet.reach.line import SILENCE_S, Line
from ovtui.fleet.running.held_line import HeldLine
from ovtui.fleet.running.kept_state import KeptState
from ovtui.fleet.running.patience import FIRST_PAUSE_S, GROWTH, LOST, Patience

TRIES = 3
"""In a row, of a box on which nothing has begun yet."""
T = TypeVar("T")
Step = Callable[[Line], Awaitable[T]]


class SureSteps:
    """Owner: the task that measures on the box."""

    def __init__(self, line: HeldLine, kept: KeptState, patience: Patience, patience_s: float) -> None:
        self._line, self._kept, self._patience, self._patience_s = line, kept, patience, patience_s
        self._was_reached = False
        self._lost_s: float | None = None
        """time.monotonic() since which nothing has come, before the run has begun."""
        self._asked_s: float | None = None
        """time.monotonic() of the last sign, or the begin of the step, before the run has begun."""
        self._tries = 0

    def tick(self, now_s: float) -> None:
        """Once a second: tells for how long nothing has come."""
        state = self._kept.state
        since_s = self._asked_s if self._lost_s is None else self._lost_s
        if since_s is not None and (state.silent_s is not None or now_s - since_s >= SILENCE_S):
            state.silent_s = now_s - since_s
            self._kept.told()

    def heard(self) -> None:
        """The box has answered, or taken some of what is sent to it."""
        self._tries = 0
        self._lost_s = None
        if self._asked_s is not None:
            self._asked_s = time.monotonic()
        if self._kept.state.silent_s is not None:
            self._kept.state.silent_s = None
            self._kept.told("")

    async def before_it_begins(self, step: Step[T], most: int = TRIES) -> T:
        """What `step` makes of a line: a machine that is slow or busy is tried again.
        One that is not there at all gets no second try. Raises BoxError."""
        while True:
            began_s = self._asked_s = time.monotonic()
            try:
                line = await self._line.get()
                self._was_reached = True
                found = await step(line)
            except BoxError as error:
                if error.kind not in LOST or (error.kind == "unreachable" and not self._was_reached):
                    raise
                await self._line.drop()
                await self._wait(error, began_s, most)
            else:
                self.heard()
                return found
            finally:
                self._asked_s = None

    async def _wait(self, error: BoxError, began_s: float, most: int) -> None:
        state = self._kept.state
        self._lost_s = began_s if self._lost_s is None else self._lost_s
        self._tries += 1
        lost_s = time.monotonic() - self._lost_s
        if self._tries >= most or lost_s > self._patience_s:
            times = f" ({self._tries} tries)" if self._tries > 1 else ""
            self._tries = 0
            raise BoxError(error.kind, f"{error.text.rstrip('.')}{times}")
        state.silent_s = lost_s
        state.reconnects += 1
        self._kept.told(f"{error.text.rstrip('.')}; trying again")
        await asyncio.sleep(FIRST_PAUSE_S * GROWTH ** (self._tries - 1))

    async def once_begun(self, step: Step[T], last_line_s: Callable[[], float | None]) -> T:
        """What `step` makes of a line, until the patience is over. `last_line_s`: when the box was heard of last.
        Raises BoxError."""
        while True:
            try:
                line = await self._line.get()
                found = await step(line)
            except BoxError as error:
                if error.kind not in LOST:
                    raise
                await self._line.drop()
                pause_s = self._patience.pause_s(last_line_s())
                if pause_s is None:
                    raise
                self._kept.state.reconnects += 1
                self._kept.told(f"{error.text.rstrip('.')}; trying again")
                await asyncio.sleep(pause_s)
            else:
                self._patience.reached()
                return found
