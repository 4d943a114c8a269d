"""The session's clock: nanoseconds of CLOCK_MONOTONIC since its start, the same in every process of the box."""

from __future__ import annotations

import time

now_ns = time.monotonic_ns


class SessionClock:
    def __init__(self, origin_ns: int) -> None:
        self.origin_ns = origin_ns

    def __call__(self) -> int:
        return now_ns() - self.origin_ns
