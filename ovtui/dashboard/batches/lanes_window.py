"""Which stretch of time the lanes show, and the records that it takes to draw it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ovtui.dashboard.requests.record_rows import RowSource
from ovtui.metrics.batching.batch_runs import Batches, LoneRunTimes, batches_of
from ovtui.records.record import Records, service_ms

SPANS_NS = tuple(step * 10**power for power in range(5, 11) for step in (1, 2, 5))
"""From 100 us to 50 s, as 1, 2, 5."""
MAX_RECORDS = 8192
"""Records that one frame reads: 0.5 MB, 1 ms."""
MARGIN_RECORDS = 512
"""Records read to either side of the stretch, for the other members of batches that its ends cut; more than the
largest batch that OpenVINO makes by itself (256)."""
VISIBLE_RUNS = (3, 8)
"""Runs that the chosen span shows: so many that single lines can be told apart, within these."""
_CELLS_PER_LINE = 1.5
_SPAN_SAMPLE_RECORDS = 512
"""Newest records that the span is chosen by."""


@dataclass(frozen=True, slots=True)
class TimeSlice:
    records: Records
    batches: Batches
    begin_ns: int
    end_ns: int
    omitted_ns: int
    """How much at its beginning is left out, because too many records lie in it."""


class LanesWindow:
    """Follows the newest completions, or stands where it was put; its span is chosen by the data until it is set."""

    def __init__(self) -> None:
        self.span_ns = 1_000_000_000
        self.automatic_span = True
        self.end_ns: int | None = None
        """Where it stands; None while it follows."""

    def zoom(self, steps: int, width: int) -> None:
        """To a longer span (positive steps) or a shorter one, about the middle where it stands."""
        self.automatic_span = False
        before_ns = self.span_ns
        at = SPANS_NS.index(before_ns) + steps
        self.span_ns = SPANS_NS[min(max(at, 0), len(SPANS_NS) - 1)]
        if self.end_ns is not None:
            self.end_ns = self._on_whole_column(self.end_ns + (self.span_ns - before_ns) // 2, width)

    def scroll(self, eighths: int, width: int) -> None:
        """By so many eighths of the span, where it stands."""
        if self.end_ns is not None:
            self.end_ns = self._on_whole_column(self.end_ns + eighths * self.span_ns // 8, width)

    def clamp_to(self, oldest_ns: int, newest_ns: int, width: int) -> None:
        """Back to where some completion is in sight."""
        if self.end_ns is not None:
            eighth_ns = self.span_ns // 8
            self.end_ns = self._on_whole_column(
                min(max(self.end_ns, oldest_ns + eighth_ns), newest_ns + eighth_ns), width
            )

    def show(self, first_ns: int, last_ns: int, width: int) -> None:
        """Moves so that the stretch between these is in sight, or its end where it is too long."""
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
        """A span that shows some runs whole; the one at hand stays while it shows at least half and at most twice
        as many."""
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
        """Where the stretch ends: where it stands, or at now, but leaving at most an eighth empty after the newest
        completion. On whole columns, so that from frame to frame the picture moves without changing."""
        if self.end_ns is not None:
            return self.end_ns
        return self._on_whole_column(min(now_ns, newest_ns + self.span_ns // 8), width)

    def _on_whole_column(self, end_ns: int, width: int) -> int:
        column_ns = max(self.span_ns // max(width, 1), 1)
        return max(-(-end_ns // column_ns) * column_ns, 1)


def read_slice(rows: RowSource, begin_ns: int, end_ns: int, lone_runs: LoneRunTimes) -> TimeSlice:
    """What was submitted or completed in that stretch, as far as it is kept, and a little beyond."""
    first = max(_first_completed_since(rows, begin_ns) - MARGIN_RECORDS, rows.first_kept)
    last = min(_first_completed_since(rows, end_ns) + MARGIN_RECORDS, rows.total)
    if last < rows.total:
        # Those that were under way at the end came back within the longest latency, as far as this stretch tells.
        start = max(first, last - MAX_RECORDS)
        known = rows.view(start, last - start)
        longest_ns = int((known["done_ns"] - known["submit_ns"]).max(initial=0))
        last = min(max(_first_completed_since(rows, end_ns + longest_ns), last), last + MAX_RECORDS // 2)
    kept_from = max(first, last - MAX_RECORDS)
    records = rows.view(kept_from, last - kept_from)
    cut_ns = 0
    if kept_from > first and len(records):
        cut_ns = max(int(records["done_ns"][0]) - begin_ns, 0)
    return TimeSlice(records, batches_of(records, lone_runs), begin_ns, end_ns, cut_ns)


def _first_completed_since(rows: RowSource, time_ns: int) -> int:
    """Index of the first record that completed at that time or later; records come nearly in that order."""
    low, high = rows.first_kept, rows.total
    while low < high:
        middle = (low + high) // 2
        if int(rows.view(middle, 1)["done_ns"][0]) < time_ns:
            low = middle + 1
        else:
            high = middle
    return low
