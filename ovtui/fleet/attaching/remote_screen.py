"""A box's dashboard on this terminal: keys go there, what it draws comes through the filter, and there is always a way
out."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import Literal

from ovtui.fleet.attaching.local_terminal import LocalTerminal
from ovtui.fleet.reach.line import RemoteTerminal
from ovtui.terminal.screen_filter import ScreenFilter

WAY_OUT, TIMES = 0x1D, 3
"""ctrl+], so many times in succession."""
SUSPEND = b"\x1a"
_PIECE_BYTES = 1 << 15
_REDRAW_S = 0.1
"""Between two sizes, so that the program there sees the first one."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

HowLeft = Literal["ended", "left", "signal"]
"""ended: by the program there. left: by the way out."""


class RemoteScreen:
    """Owner: the loop."""

    def __init__(self, remote: RemoteTerminal, local: LocalTerminal, screen: ScreenFilter) -> None:
        self._remote, self._local, self._screen = remote, local, screen
        self._over = asyncio.Event()
        self._how: HowLeft = "ended"
        self._out_keys = 0
        self._size = local.size
        self._redrawing: asyncio.Task[None] | None = None

    async def run(self) -> tuple[HowLeft, int]:
        """How it was left, and the exit status of the program there. Raises BoxError where the line broke. The terminal
        is as before then, but for its attributes, which `local` gives back."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._leave, "signal")
        loop.add_signal_handler(signal.SIGWINCH, self._resized)
        loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        self._local.make_raw()
        loop.add_reader(self._local.stdin, self._typed)
        drawing = loop.create_task(self._draw())
        waiting = loop.create_task(self._over.wait())
        try:
            await asyncio.wait({drawing, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if not drawing.done():
                drawing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await drawing
        finally:
            loop.remove_reader(self._local.stdin)
            for number in (signal.SIGWINCH, signal.SIGTSTP):
                loop.remove_signal_handler(number)
            for task in (drawing, waiting, self._redrawing):
                if task is not None:
                    task.cancel()
            self._local.give_back(self._screen.restoring())
        return self._how, await self._remote.close()

    async def _draw(self) -> None:
        while data := await self._remote.read(_PIECE_BYTES):
            await self._local.write(self._screen.feed(data))
            if self._screen.answers:  # what came before the question is drawn
                self._remote.write(self._screen.answers)
                self._screen.answers = b""
            await asyncio.sleep(0)  # a box that draws without end does not keep the keys waiting

    def _typed(self) -> None:
        keys = self._local.read_keys()
        if not keys:
            self._leave("signal")
            return
        for key in keys:
            self._out_keys = self._out_keys + 1 if key == WAY_OUT else 0
            if self._out_keys == TIMES:
                self._leave("left")
                return
        if keys == SUSPEND:
            self._suspend()
        else:
            self._remote.write(keys)

    def _leave(self, how: HowLeft) -> None:
        if not self._over.is_set():
            self._how = how
            self._over.set()

    def _resized(self) -> None:
        if (size := self._local.size) != self._size:
            self._size = size
            self._remote.resize(size.columns, size.rows)

    def _suspend(self) -> None:
        """ctrl+z stops what runs here; the program there, which no shell could continue, goes on."""
        loop = asyncio.get_running_loop()
        self._local.give_back(self._screen.restoring())
        loop.remove_signal_handler(signal.SIGTSTP)
        os.killpg(os.getpgrp(), signal.SIGTSTP)  # the whole job, as a terminal does it
        self._local.make_raw()
        loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        self._redrawing = loop.create_task(self._redraw())

    async def _redraw(self) -> None:
        """Other programs have drawn on the terminal: the modes are set again, and a changed size has it drawn anew."""
        await self._local.write(self._screen.resuming())
        size = self._local.size
        self._remote.resize(size.columns, max(size.rows - 1, 1))
        await asyncio.sleep(_REDRAW_S)
        self._size = self._local.size
        self._remote.resize(self._size.columns, self._size.rows)
