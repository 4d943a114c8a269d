"""Counters of a fake machine that move while the program runs: energy at a known power, throttling on a plan."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.fake_machine import FakeMachine

STEP_S = 0.02


@contextmanager
def moving(box: FakeMachine, watts: dict[str, float], wraps_at_uj: int = 1 << 62) -> Iterator[None]:
    """Adds energy to the counters (paths from the root, uJ) at these powers, by the clock, until left. A reader never
    finds half a number."""
    began_s, stop = time.monotonic(), threading.Event()

    def move() -> None:
        while not stop.wait(STEP_S):
            passed_s = time.monotonic() - began_s
            for path, power in watts.items():
                whole = box.root / f"{path}.new"
                whole.write_text(f"{1 + int(passed_s * power * 1e6) % wraps_at_uj}\n")
                os.replace(whole, box.root / path)  # noqa: PTH105

    thread = threading.Thread(target=move, name="counters", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def later(*steps: tuple[float, Callable[[], object]]) -> Iterator[None]:
    """Makes calls so many seconds after now, unless it was left before."""
    timers = [threading.Timer(after_s, call) for after_s, call in steps]
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
