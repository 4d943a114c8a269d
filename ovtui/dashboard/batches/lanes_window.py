"""The window of time that the lanes show, and the records that are read to draw it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ovtui.dashboard.requests.record_rows import RowSource
from ovtui.metrics.batching.batch_assembly import BatchTimeouts
from ovtui.metrics.batching.batch_runs import Batches, LoneRunTimes, batches_of
from ovtui.records.record import Records, service_ms

SPANS_NS = tuple(step * 10**power for power in range(5, 11) for step in (1, 2, 5))
"""From 100 us to 50 s, as 1, 2, 5."""
MAX_RECORDS = 8192
"""Records that one frame reads: 0.5 MB, 1 ms."""
MARGIN_RECORDS = 512
"""Records read on either side of the window, so that a batch at its edge has all its members; more than the largest
batch that OpenVINO chooses by itself (256)."""
VISIBLE_RUNS = (3, 8)
"""Fewest and most runs in an automatic span; between them, as many as leave single lines distinguishable."""
_CELLS_PER_LINE = 1.5
_SPAN_SAMPLE_RECORDS = 512
"""How many of the newest records determine the automatic span."""


@dataclass(frozen=True, slots=True)
class TimeSlice:
    """The records of a window of time, grouped into runs."""

    records: Records
    batches: Batches
    begin_ns: int
    end_ns: int
    omitted_ns: int
    """Time at the start of the window that is left out, because it holds more than MAX_RECORDS."""


class LanesWindow:
    """Follows the newest completions or is pinned; its span follows the data until a person zooms."""

    def __init__(self) -> None:
        self.span_ns = 1_000_000_000
        self.automatic_span = True
        self.end_ns: int | None = None
        """End of the window while it is pinned; None while it follows."""

    def zoom(self, steps: int, width: int) -> None:
        """To a longer span (positive steps) or a shorter one; a pinned window keeps its middle."""
        self.automatic_span = False
        before_ns = self.span_ns
        index = SPANS_NS.index(before_ns) + steps
        self.span_ns = SPANS_NS[min(max(index, 0), len(SPANS_NS) - 1)]
        if self.end_ns is not None:
            self.end_ns = self._on_whole_column(self.end_ns + (self.span_ns - before_ns) // 2, width)

    def scroll(self, eighths: int, width: int) -> None:
        """Moves a pinned window by eighths of its span."""
        if self.end_ns is not None:
            self.end_ns = self._on_whole_column(self.end_ns + eighths * self.span_ns // 8, width)

    def clamp_to(self, oldest_ns: int, newest_ns: int, width: int) -> None:
        """Moves a pinned window back to where some completion is visible."""
        if self.end_ns is not None:
            eighth_ns = self.span_ns // 8
            self.end_ns = self._on_whole_column(
                min(max(self.end_ns, oldest_ns + eighth_ns), newest_ns + eighth_ns), width
            )

    def scroll_to(self, first_ns: int, last_ns: int, width: int) -> None:
        """Moves a pinned window until it shows both times, or only the last where the span is too short."""
        assert self.end_ns is not None
        begin_ns = self.end_ns - self.span_ns
        margin_ns = self.span_ns // 16
        if last_ns + margin_ns > self.end_ns or last_ns < begin_ns:
            self.end_ns = self._on_whole_column(last_ns + margin_ns, width)
        elif first_ns - margin_ns < begin_ns and last_ns - first_ns < self.span_ns - 2 * margin_ns:
            self.end_ns = self._on_whole_column(first_ns - margin_ns + self.span_ns, width)

    def pin(self, end_ns: int) -> None:
        self.end_ns = end_ns

    def follow(self) -> None:
        self.end_ns = None

    def choose_span(self, rows: RowSource, width: int) -> None:
        """Sets the automatic span, which shows a few whole runs; it stays while it shows from half to twice as many."""
        newest = rows.view(rows.total - _SPAN_SAMPLE_RECORDS, _SPAN_SAMPLE_RECORDS)
        if not self.automatic_span or self.end_ns is not None or len(newest) < 2:
            return
        batches = batches_of(newest, {})
        gap_ns = int(batches.done_ns[-1] - batches.done_ns[0]) / max(len(batches) - 1, 1)
        fewest, most = VISIBLE_RUNS
        runs = min(max(width * len(batches) / (_CELLS_PER_LINE * len(newest)), fewest), most)
        wanted_ns = max(runs * gap_ns, 2.5e6 * float(np.median(service_ms(newest))))
        if not self.span_ns / 2 <= wanted_ns <= self.span_ns * 1.5:
            self.span_ns = min(SPANS_NS, key=lambda span: abs(math.log(span / wanted_ns)))

    def visible_end_ns(self, now_ns: int, newest_ns: int, width: int) -> int:
        """End of the window: where it is pinned, or now, but at most an eighth of the span after the newest completion.

        On a whole column, so that the picture moves from frame to frame without changing."""
        if self.end_ns is not None:
            return self.end_ns
        return self._on_whole_column(min(now_ns, newest_ns + self.span_ns // 8), width)

    def _on_whole_column(self, end_ns: int, width: int) -> int:
        column_ns = max(self.span_ns // max(width, 1), 1)
        return max(-(-end_ns // column_ns) * column_ns, 1)


def read_slice(
    rows: RowSource, begin_ns: int, end_ns: int, lone_runs: LoneRunTimes, timeouts_ms: BatchTimeouts
) -> TimeSlice:
    """The kept records that were submitted or completed in the window, and MARGIN_RECORDS on either side."""
    first = max(_first_completed_since(rows, begin_ns) - MARGIN_RECORDS, rows.first_kept)
    last = min(_first_completed_since(rows, end_ns) + MARGIN_RECORDS, rows.total)
    if last < rows.total:
        # What was in flight at the end had completed after the longest latency seen in this window.
        start = max(first, last - MAX_RECORDS)
        known = rows.view(start, last - start)
        longest_ns = int((known["done_ns"] - known["submit_ns"]).max(initial=0))
        last = min(max(_first_completed_since(rows, end_ns + longest_ns), last), last + MAX_RECORDS // 2)
    kept_from = max(first, last - MAX_RECORDS)
    records = rows.view(kept_from, last - kept_from)
    cut_ns = 0
    if kept_from > first and len(records):
        cut_ns = max(int(records["done_ns"][0]) - begin_ns, 0)
    return TimeSlice(records, batches_of(records, lone_runs, timeouts_ms), begin_ns, end_ns, cut_ns)


def _first_completed_since(rows: RowSource, time_ns: int) -> int:
    """Index of the first record that completed at this time or later, for records nearly in the order of completion."""
    low, high = rows.first_kept, rows.total
    while low < high:
        middle = (low + high) // 2
        if int(rows.view(middle, 1)["done_ns"][0]) < time_ns:
            low = middle + 1
        else:
            high = middle
    return low
