"""How many of an engine's log lines are kept: a program that prints without end must not fill the recording, push the
history out, or leave a view so far behind that it is cut off."""

from __future__ import annotations

BURST_CHARS = 400_000
"""Some 2,000 lines at once; AUTO at LOG_DEBUG writes some 100 in a start."""
CHARS_PER_S = 10_000
LINE_OVERHEAD_CHARS = 100
"""What a line takes beside its text."""


class LogBudget:
    """Owner: the host's loop. After a flood nothing is kept until there is room for a second's worth again, so that
    the gaps are few and each has its count."""

    def __init__(self) -> None:
        self._left = float(BURST_CHARS)
        self._at_ns = 0
        self.left_out = 0
        """Lines since the last that was kept."""

    def admits(self, line: str, now_ns: int) -> bool:
        self._left = min(self._left + max(now_ns - self._at_ns, 0) / 1e9 * CHARS_PER_S, BURST_CHARS)
        self._at_ns = now_ns
        cost = len(line) + LINE_OVERHEAD_CHARS
        if self._left < (CHARS_PER_S if self.left_out else cost):
            self.left_out += 1
            return False
        self._left -= cost
        return True

    def take_left_out(self) -> int:
        """How many lines are missing here; asked before the next that is kept, and once it is quiet."""
        count, self.left_out = self.left_out, 0
        return count
