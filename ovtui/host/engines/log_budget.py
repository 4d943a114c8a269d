"""Limits how many lines of an engine's output are kept: a program that prints without end must not fill the recording,
push older events out, or leave a client so far behind that it is cut off."""

from __future__ import annotations

BURST_CHARS = 400_000
"""Some 2,000 lines at once; AUTO at LOG_DEBUG writes some 100 in a start."""
CHARS_PER_S = 10_000
LINE_OVERHEAD_CHARS = 100
"""Cost of a line in addition to its text."""


class LogBudget:
    """A token bucket of BURST_CHARS that refills with CHARS_PER_S. After a flood nothing is kept until a second's worth
    of tokens is there, so that gaps are few and each is reported with its count. Owner: the host's loop."""

    def __init__(self) -> None:
        self._left = float(BURST_CHARS)
        self._at_ns = 0
        self.left_out = 0
        """Lines dropped since the last line that was kept."""

    def admits(self, line: str, now_ns: int) -> bool:
        """True when the line is to be kept; counts it in `left_out` otherwise. `now_ns` must not go backwards."""
        self._left = min(self._left + max(now_ns - self._at_ns, 0) / 1e9 * CHARS_PER_S, BURST_CHARS)
        self._at_ns = now_ns
        cost = len(line) + LINE_OVERHEAD_CHARS
        if self._left < (CHARS_PER_S if self.left_out else cost):
            self.left_out += 1
            return False
        self._left -= cost
        return True

    def take_left_out(self) -> int:
        """Returns `left_out` and resets it. To be called before a line is kept, and once the output is quiet."""
        count, self.left_out = self.left_out, 0
        return count
