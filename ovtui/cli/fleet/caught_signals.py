"""SIGINT, SIGTERM and SIGHUP while boxes are measured: the loop's, and none is lost before it has them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

from ovtui.cli.interrupts import INTERRUPTS, SIGNALS


@contextlib.contextmanager
def caught_signals(caught: Callable[[], None]) -> Iterator[None]:
    """In a loop, within `INTERRUPTS.held()`: `caught` is called with each signal, and at once where some came before
    there was a loop. A signal that was to be ignored (nohup) stays ignored. Whoever has run the loop calls
    `INTERRUPTS.install()`."""
    loop = asyncio.get_running_loop()

    def take(number: int) -> None:
        INTERRUPTS.numbers.append(number)
        caught()

    added = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    for number in added:
        loop.add_signal_handler(number, take, number)
    if INTERRUPTS.count:
        caught()
    try:
        yield
    finally:
        for number in added:
            loop.remove_signal_handler(number)
