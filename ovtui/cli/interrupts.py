"""SIGINT, SIGTERM and SIGHUP from the process's first moment to its last: one sentence at most, exit code 130, nothing
half done. Imported before anything that takes time."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXIT_CODE = 130
UNWIND_S = 1.5
"""How long a command may need to let go of what it holds; then the process ends as it is."""


class Interrupts:
    """What a signal does at present. Owner: the main thread, where Python runs signal handlers.

    It ends the process at once, except: within `unwinding` the first one is raised as KeyboardInterrupt, so that files
    are closed and removed, and within `held` they are only noted, for a command that looks for them itself."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        """The signals that came, in their order."""
        self._unwinds = False
        self._holds = 0

    def install(self) -> None:
        """A hang-up that was to be ignored (nohup) stays ignored."""
        for number in SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._caught)

    @property
    def first(self) -> int:
        """The first signal that came; 0 where none has."""
        return self.numbers[0] if self.numbers else 0

    @property
    def count(self) -> int:
        return len(self.numbers)

    @property
    def hung_up(self) -> bool:
        return signal.SIGHUP in self.numbers

    @contextlib.contextmanager
    def unwinding(self) -> Iterator[None]:
        """Leave it by the exception or to the end."""
        self._unwinds = True
        try:
            yield
        finally:
            self._unwinds = False

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """To be entered before what must not be torn apart, such as the start of a session. What came meanwhile is in
        `numbers`, and is not raised later."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1

    def _caught(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.numbers.append(number)
        if self._holds:
            return
        if not self._unwinds:
            os._exit(EXIT_CODE)
        self._unwinds = False
        # What unwinds may wait for a terminal or a pipe that nobody reads.
        signal.signal(signal.SIGALRM, lambda *_: os._exit(EXIT_CODE))
        signal.setitimer(signal.ITIMER_REAL, UNWIND_S)
        raise KeyboardInterrupt


INTERRUPTS = Interrupts()


def silence_interrupts_that_cannot_be_raised() -> None:
    """Where an interrupt falls into a finalizer, Python prints its traceback and goes on: the process ends instead."""
    told_before = sys.unraisablehook

    def told(unraisable: sys.UnraisableHookArgs) -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            os._exit(EXIT_CODE)
        told_before(unraisable)

    sys.unraisablehook = told
