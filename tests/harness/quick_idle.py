"""After each key and each pause Textual's pilot waits until the process has used less than 1 ms of 20 ms: it sleeps
40 ms a key at the least. Here it looks at what there is to wait for, and where that is nothing, it does not wait."""

import asyncio
import threading
import time

import textual.app
import textual.pilot
from textual import _wait

SOON_S = 0.025
"""A timer that is due within this time is waited for: Textual draws what has changed after 17 ms."""
_textuals_wait = _wait.wait_for_idle
_BESIDE = frozenset(threading.enumerate())
"""The threads that were there before any dashboard: the main thread and those of a worker of pytest-xdist."""


def install() -> None:
    for module in (textual.app, textual.pilot):
        module.wait_for_idle = wait_for_idle


async def wait_for_idle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Returns once the event loop has nothing left to do and no timer is due soon. Where something from outside may
    give it work, a thread or a descriptor, it waits as Textual does."""
    loop, end_s = asyncio.get_running_loop(), time.monotonic() + max_sleep
    begun_s = time.monotonic()
    while time.monotonic() < end_s:
        await asyncio.sleep(0)
        if loop._ready:
            continue
        if _may_get_work_from_outside(loop):
            await _textuals_wait(min_sleep, max_sleep)
            return
        due_s = min((timer.when() for timer in loop._scheduled if not timer.cancelled()), default=float("inf"))
        wait_s = due_s - loop.time()
        if wait_s > SOON_S and time.monotonic() - begun_s >= min_sleep:
            return
        await asyncio.sleep(max(min(wait_s, SOON_S), 0.0))


def _may_get_work_from_outside(loop: asyncio.AbstractEventLoop) -> bool:
    its_own = 1
    """The descriptor that other threads wake the loop by."""
    return len(loop._selector.get_map()) > its_own or not _BESIDE.issuperset(threading.enumerate())
