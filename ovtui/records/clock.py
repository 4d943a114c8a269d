"""The session clock: CLOCK_MONOTONIC nanoseconds since the session's start, the same in all processes of a machine."""

from __future__ import annotations

import time

now_ns = time.monotonic_ns


class SessionClock:
    def __init__(self, origin_ns: int) -> None:
        self.origin_ns = origin_ns

    def __call__(self) -> int:
        return now_ns() - self.origin_ns
