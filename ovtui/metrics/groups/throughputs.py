"""Throughput: the requests that succeeded a second, over the span of the load.

What is counted is what is unbiased for the kind of load (docs/statistics.md has the reasons):

- An open loop: every request that came due in the span, whenever it came back. The span ends when the next one is due,
  so n requests make up n periods. Where requests still waited at the end the device was the limit, not the load: then
  it counts as a closed loop does.
- A closed loop: what came back within the span. What is in flight at its end would be too much: up to all infer
  requests, of work that was only begun.
- A closed loop that ends after a number of requests ends with the last completion, so the span has to begin with a
  completion, too. With one infer request that is the first. With several, the first ones of all of them come back
  together or in whole batches, and only one of them would be paid for with time; so the first completion of each infer
  request is left out, rounded up to whole batches. Where fewer than two such rounds came back nothing remains that a
  rate could be made of: it is not known, and what came back is no part of a sum either."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ovtui.metrics.energy.done_times import DoneTimes
from ovtui.metrics.energy.work import Work, joined
from ovtui.metrics.groups.completions import Completions
from ovtui.metrics.groups.load_spans import LoadSpans, SegmentSpan
from ovtui.records.device_codes import AMBIGUOUS
from ovtui.records.events import Event
from ovtui.records.record import Flag, Records

S_DECIMALS = 6
RATE_DECIMALS = 3
"""Spans in seconds and rates are rounded once, here; see MS_DECIMALS."""
GONE_TIMES = 4_096
"""How many stretches of load are remembered of segments that are no longer kept."""


class Throughput(NamedTuple):
    """Successful requests and the span that they are counted over."""

    succeeded: int
    span_ns: int
    untold_ns: int = 0
    """Of closed loops that ended before a rate could be told: part of the span of the load, not of the rate."""

    @property
    def span_s(self) -> float:
        """Of the load."""
        return round((self.span_ns + self.untold_ns) / 1e9, S_DECIMALS)

    @property
    def per_s(self) -> float | None:
        """None where it cannot be told, and where the span is empty."""
        return round(self.succeeded * 1e9 / self.span_ns, RATE_DECIMALS) if self.span_ns > 0 else None


class Throughputs:
    """The throughput of the run, of segments, and of devices in segments. It depends on records and events alone, not
    on how they were divided into updates. Owner: Breakdowns."""

    def __init__(self) -> None:
        self._spans = LoadSpans()
        self._parts: dict[int, dict[int, Completions]] = {}
        """By segment and device code."""
        self._done: dict[tuple[int, int], DoneTimes] = {}
        """The same."""
        self._done_in_run = DoneTimes()
        self._gone_times: list[tuple[int, int]] = []
        """When segments were loaded that were dropped; joined where they follow each other."""
        self._known: dict[int, tuple[int, Throughput]] = {}
        """Of segments that have ended: how many requests it was made of, and the throughput."""
        self._gone_count = self._gone_ns = self._gone_untold_ns = 0
        """Of segments that were dropped."""
        self._oldest = 0
        """The oldest segment that is kept."""
        self.first_due_ns: int | None = None
        """When the run's first request was due; None before any came back."""
        self.last_done_ns: int | None = None
        """The run's last completion."""

    def fold(self, event: Event) -> None:
        self._spans.fold(event)

    def add(self, segment: int, device: int, rows: Records) -> None:
        """Counts [n] records of one segment and device, n > 0."""
        first_ns, last_ns = int(rows["due_ns"].min()), int(rows["done_ns"].max())
        self.first_due_ns = first_ns if self.first_due_ns is None else min(self.first_due_ns, first_ns)
        self.last_done_ns = last_ns if self.last_done_ns is None else max(self.last_done_ns, last_ns)
        good_ns = rows["done_ns"][rows["flags"] & Flag.ERROR == 0]
        self._done_in_run.add(good_ns)
        if segment < self._oldest:
            self._gone_count += int(np.count_nonzero(rows["flags"] & Flag.ERROR == 0))
            return
        devices = self._parts.setdefault(segment, {})
        if device not in devices:
            span = self._spans.by_segment.get(segment)
            devices[device] = Completions(span.kept if span is not None else 64)
        devices[device].add(rows)
        self._done.setdefault((segment, device), DoneTimes()).add(good_ns)

    def drop_before(self, segment: int) -> None:
        """Keeps only the sum of the segments before this one."""
        for number in [number for number in {*self._spans.by_segment, *self._parts} if number < segment]:
            figure, rest = self._in_run(number, 0, final=False), self._left_at_change(number)
            self._gone_count += (figure.succeeded if figure else 0) + rest
            self._gone_ns += figure.span_ns if figure else 0
            self._gone_untold_ns += figure.untold_ns if figure else 0
            self._gone_times = joined([*self._gone_times, *self._times(number, 0, final=False)])[-GONE_TIMES:]
            span = self._spans.by_segment.get(number)
            self._spans.drop(number)
            if span is not None:
                span.follows = None
            for device in self._parts.pop(number, {}):
                del self._done[number, device]
            self._known.pop(number, None)
        self._oldest = max(self._oldest, segment)

    def of_run(self, now_ns: int, *, final: bool) -> Throughput | None:
        """The sum of all segments, and what came back after the change that ended its own one. `final`: the session has
        finished."""
        numbers = sorted({*self._spans.by_segment, *self._parts})
        found = [self._in_run(number, now_ns, final=final) for number in numbers]
        known = [figure for figure in found if figure is not None]
        if not known and not self._gone_ns + self._gone_untold_ns:
            return None
        count = self._gone_count + sum(figure.succeeded for figure in known)
        count += sum(self._left_at_change(number) for number in numbers)
        untold_ns = self._gone_untold_ns + sum(figure.untold_ns for figure in known)
        return Throughput(count, self._gone_ns + sum(figure.span_ns for figure in known), untold_ns)

    def _in_run(self, number: int, now_ns: int, *, final: bool) -> Throughput | None:
        """What a segment adds to the run: of one whose event is missing the requests alone."""
        figure = self.of_segment(number, now_ns, final=final)
        if figure is None or not self._spans.by_segment or number in self._spans.by_segment:
            return figure
        return Throughput(figure.succeeded, 0)

    def of_segment(self, number: int, now_ns: int, *, final: bool) -> Throughput | None:
        """None where nothing came back that could tell, and no event says when it began."""
        span, devices = self._spans.by_segment.get(number), self._parts.get(number, {})
        requests = sum(part.requests for part in devices.values())
        made_of, known = self._known.get(number, (-1, None))
        if known is not None and made_of == requests:
            return known
        figure = self._figure(span, Completions.of_all(devices.values()), now_ns, final=final)
        final_one = span is not None and span.end != "open" and not span.turns and span.follows is None
        if final_one and figure is not None:
            self._known[number] = requests, figure
        return figure

    def of_part(self, number: int, device: int, now_ns: int, *, final: bool) -> Throughput | None:
        """What one device served, over the time in which it served the segment."""
        devices, span = self._parts.get(number, {}), self._spans.by_segment.get(number)
        part = devices.get(device)
        if part is None:
            return None
        if len(devices) == 1 or span is None:
            return self.of_segment(number, now_ns, final=final)
        all_ = Completions.of_all(devices.values())
        times = self._part_times(span, device, all_, part, now_ns, final=final)
        count = part.good if span.open_loop else part.good - part.good_after(times[-1][1])
        served_ns = sum(span.own_ns(since_ns, until_ns) for since_ns, until_ns in times)
        if _ends_with_completion(span) and not _has_two_rounds(span, all_):
            return Throughput(0, 0, served_ns)
        return Throughput(count, served_ns)

    def _part_times(
        self, span: SegmentSpan, device: int, all_: Completions, part: Completions, now_ns: int, *, final: bool
    ) -> list[tuple[int, int]]:
        """When a device served one of several parts of a segment."""
        began_ns, end_ns = _began_ns(span, all_), self._end_ns(span, all_, now_ns, final=final)
        times = self._spans.served(span, device, began_ns, end_ns)
        if times is None and device != AMBIGUOUS and self._spans.several_serve(span):
            times = [(began_ns, end_ns)]
        return [(part.first_due_ns, part.last_done_ns)] if times is None else times

    def of_parts(self, parts: Iterable[tuple[int, int]], now_ns: int, *, final: bool) -> Throughput | None:
        """Of several parts, by segment and device, together."""
        known = [load for part in parts if (load := self.of_part(*part, now_ns, final=final)) is not None]
        return Throughput(*(sum(values) for values in zip(*known, strict=True))) if known else None

    def work(self, of: int | list[tuple[int, int]] | None, now_ns: int, *, final: bool) -> Work:
        """Of a segment, of several parts by segment and device together, or of the run."""
        if of is None:
            times = [time for number in self._spans.by_segment for time in self._times(number, now_ns, final=final)]
            return Work(joined([*self._gone_times, *times]), [self._done_in_run])
        if isinstance(of, int):
            done = [done for (number, _), done in self._done.items() if number == of]
            return Work(self._times(of, now_ns, final=final), done)
        times = [time for part in of for time in self._times_of_part(*part, now_ns, final=final)]
        return Work(joined(times), [self._done[part] for part in of if part in self._done])

    def _times_of_part(self, number: int, device: int, now_ns: int, *, final: bool) -> list[tuple[int, int]]:
        devices, span = self._parts.get(number, {}), self._spans.by_segment.get(number)
        if device not in devices or span is None or len(devices) == 1:
            return self._times(number, now_ns, final=final) if device in devices else []
        all_ = Completions.of_all(devices.values())
        served = self._part_times(span, device, all_, devices[device], now_ns, final=final)
        return [time for since_until in served for time in span.own_times(*since_until)]

    def _times(self, number: int, now_ns: int, *, final: bool) -> list[tuple[int, int]]:
        """When a segment was loaded: up to its last completion where that ends it."""
        span, all_ = self._spans.by_segment.get(number), Completions.of_all(self._parts.get(number, {}).values())
        if span is None or not (all_.requests or span.began_known):
            return []
        return span.own_times(_began_ns(span, all_), self._end_ns(span, all_, now_ns, final=final))

    @property
    def broke_off(self) -> bool:
        """True where no event says how the newest load ended."""
        return any(span.end == "open" for span in self._spans.by_segment.values())

    def _figure(self, span: SegmentSpan | None, all_: Completions, now_ns: int, *, final: bool) -> Throughput | None:
        if span is None:
            end_ns = all_.last_done_ns if final else now_ns
            return Throughput(all_.good, end_ns - all_.first_due_ns) if all_.requests else None
        if not all_.requests and (not span.began_known or (span.ended_ns is None and (final or span.end == "last"))):
            return None
        began_ns = _began_ns(span, all_)
        if _ends_with_completion(span):
            return _after_first_round(span, all_, began_ns)
        end_ns = self._end_ns(span, all_, now_ns, final=final)
        by_time = not span.open_loop or span.saturated
        count = all_.good - (all_.good_after(end_ns) if by_time and span.end != "open" else 0)
        return Throughput(count + self._carried(span), span.own_ns(began_ns, end_ns))

    def _end_ns(self, span: SegmentSpan, all_: Completions, now_ns: int, *, final: bool) -> int:
        if span.ended_ns is not None:
            return span.ended_ns
        if span.end == "open" and not final:
            return now_ns if span.until_ns is None else min(now_ns, span.until_ns)
        if span.open_loop and all_.requests > 1 and all_.last_due_ns > all_.first_due_ns:
            # No event says when the next one would have been due: one mean period after the last.
            period_ns = (all_.last_due_ns - all_.first_due_ns) // (all_.requests - 1)
            return max(all_.last_due_ns + period_ns, all_.last_submit_ns)
        return all_.last_done_ns

    def _carried(self, span: SegmentSpan) -> int:
        """What the segment before had in flight at the change, on the same engine."""
        return self._after_end(span.follows) if span.follows is not None else 0

    def _left_at_change(self, number: int) -> int:
        """What a segment had in flight at the change that ended it, where no other segment counts it."""
        span = self._spans.by_segment.get(number)
        if span is None or span.end != "change" or span.open_loop:
            return 0
        carried = any(later.follows is span for later in self._spans.by_segment.values())
        return 0 if carried else self._after_end(span)

    def _after_end(self, span: SegmentSpan) -> int:
        assert span.ended_ns is not None
        return sum(part.good_after(span.ended_ns) for part in self._parts.get(span.number, {}).values())


def _began_ns(span: SegmentSpan, all_: Completions) -> int:
    return span.began_ns if span.began_known or not all_.requests else all_.first_due_ns


def _ends_with_completion(span: SegmentSpan) -> bool:
    """A closed loop with a number of requests, from its beginning to its end."""
    return span.end == "last" and not span.open_loop and span.first_of_load


def _round_of(span: SegmentSpan, all_: Completions) -> int:
    """The requests of a first round: one of each infer request, rounded up to whole batches."""
    return -(-span.nireq // all_.largest_batch) * all_.largest_batch


def _has_two_rounds(span: SegmentSpan, all_: Completions) -> bool:
    return all_.requests >= 2 * _round_of(span, all_)


def _after_first_round(span: SegmentSpan, all_: Completions, began_ns: int) -> Throughput:
    """Of a closed loop that ended with its last completion. With fewer than two rounds the rate is not known: what came
    back are the first inferences of the infer requests, which lie in the time from the beginning with all that a start
    takes."""
    if _has_two_rounds(span, all_):
        since_ns, count = all_.after_first(_round_of(span, all_))
        return Throughput(count, span.own_ns(since_ns, all_.last_done_ns))
    return Throughput(0, 0, span.own_ns(began_ns, all_.last_done_ns))
