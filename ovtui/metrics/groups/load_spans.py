"""The spans of a load, from its events: when each segment began and ended, and which device served in it when.

A load begins when its first request is due. It ends with its duration, when it is told to stop, or under a number of
requests when the next one would be due; in a closed loop the last completion ends it then. A segment begins and ends
with the changes of settings in between. Where a trial serves in turns, each side has its turns, and the segment in
force has none of that time. Each turn of a study is a segment; between two of them there is no load, and what came back
after its halt is no part of its closed loop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ovtui.records.device_codes import AMBIGUOUS, code_of
from ovtui.records.events import (
    Compiled,
    DeviceChanged,
    EngineExited,
    Event,
    LoadEnded,
    LoadPaused,
    SegmentBegan,
    TrialTurn,
    TurnEnded,
)
from ovtui.settings.schema.arrival import is_closed_loop

SpanEnd = Literal["open", "change", "over", "last"]
"""How a segment ended. open: not yet, or the recording broke off. change: by other settings. over: with its load, at a
known time. last: with its load, by the last completion, or by the next request due where no event tells when."""


@dataclass(slots=True)
class SegmentSpan:
    """Owner: LoadSpans."""

    number: int
    engine: int
    kept: int
    """Completions at either end that can lie outside of the span: twice the infer requests."""
    nireq: int
    open_loop: bool
    began_ns: int
    first_of_load: bool
    """The load began with it."""
    began_known: bool
    """False for the first segment of a load in an older recording: its first request due is the beginning."""
    until_ns: int | None
    """When the load is to end."""
    duration_ns: int
    """What the load was to last, by the settings; 0 without."""
    ended_ns: int | None = None
    end: SpanEnd = "open"
    saturated: bool = False
    """Open loop: requests still waited at the end, so what came back was limited by the device and not by the load."""
    follows: SegmentSpan | None = field(default=None, repr=False)
    """The segment before, where the same engine went on in a closed loop: what that one had in flight at the change
    came back in this one."""
    trial_ns: int | None = None
    """When the first turn of a trial began: from then on others serve in its place. After them another segment begins,
    so `ended_ns` is later by the length of the trial."""
    turns: list[tuple[int, int | None]] = field(default_factory=list)
    """Of a side of a trial: from when until when it served; None: still."""

    def own_ns(self, began_ns: int, end_ns: int) -> int:
        """The length of `own_times`."""
        return sum(until_ns - since_ns for since_ns, until_ns in self.own_times(began_ns, end_ns))

    def own_times(self, began_ns: int, end_ns: int) -> list[tuple[int, int]]:
        """The parts of the time between two moments in which the segment served: until a trial; of a side of one, its
        turns."""
        parts = [(began_ns, end_ns if self.trial_ns is None else min(end_ns, self.trial_ns))]
        if self.turns:
            parts = [
                (max(since_ns, began_ns), min(end_ns if until_ns is None else until_ns, end_ns))
                for since_ns, until_ns in self.turns
            ]
        return [(since_ns, until_ns) for since_ns, until_ns in parts if until_ns > since_ns]


class LoadSpans:
    """Owner: Throughputs."""

    def __init__(self) -> None:
        self.by_segment: dict[int, SegmentSpan] = {}
        """The sides of trials have spans, too."""
        self._newest: SegmentSpan | None = None
        """But for those."""
        self._side: SegmentSpan | None = None
        """The side of a trial that serves in its place."""
        self._load_began_ns: int | None = None
        self._devices: dict[int, list[tuple[int, int]]] = {}
        """By engine: since when EXECUTION_DEVICES had which code."""

    def fold(self, event: Event) -> None:
        match event:
            case SegmentBegan(trial="A" | "B"):
                side = self._side_of(event.segment, event.engine, event.t_ns)
                side.nireq, side.open_loop = max(event.nireq, 1), not is_closed_loop(event.settings)
                side.kept = 2 * side.nireq
            case SegmentBegan():
                self._begin(event)
            case TrialTurn() if self._newest is None or event.segment != self._newest.number:
                self._turn(event)  # else a second model is switched on or off, and this load goes on
            case LoadEnded():
                self._end_load(event)
            case EngineExited():
                for span in (self._side, self._newest):
                    if span is not None and span.engine == event.engine:
                        _end(span, event.load_over_ns, "over")
            case LoadPaused():
                for span in (self._side, self._newest):
                    _end(span, event.t_ns, "change")
            case TurnEnded():
                if self._newest is not None and self._newest.end == "open":
                    self._newest.saturated = event.dropped > 0
                    _end(self._newest, max(event.halted_ns, self._newest.began_ns), "over")
            case Compiled():
                self._devices[event.engine] = [(0, code_of(event.execution_devices))]
            case DeviceChanged():
                self._devices.setdefault(event.engine, []).append((event.t_ns, code_of(event.after)))

    def drop(self, segment: int) -> None:
        """Forgets a segment, and engines older than those of the others."""
        self.by_segment.pop(segment, None)
        oldest = min((span.engine for span in self.by_segment.values()), default=0)
        for engine in [engine for engine in self._devices if engine < oldest]:
            del self._devices[engine]

    def served(self, span: SegmentSpan, device: int, began_ns: int, end_ns: int) -> list[tuple[int, int]] | None:
        """The times between two moments of a segment at which EXECUTION_DEVICES named `device` alone; None where it
        never did."""
        changes = self._devices.get(span.engine, [])
        ends = [t_ns for t_ns, _ in changes[1:]] + [end_ns]
        found = [
            (max(since_ns, began_ns), min(until_ns, end_ns))
            for (since_ns, code), until_ns in zip(changes, ends, strict=False)
            if code == device and since_ns < end_ns and until_ns > began_ns
        ]
        return found or None

    def several_serve(self, span: SegmentSpan) -> bool:
        """True where EXECUTION_DEVICES of the segment's engine names no single device."""
        changes = self._devices.get(span.engine, [])
        return any(code == AMBIGUOUS for _, code in changes)

    def _begin(self, event: SegmentBegan) -> None:
        before, open_loop = self._newest, not is_closed_loop(event.settings)
        goes_on = before is not None and before.end == "open"
        served = before if self._side is None else self._side
        for span in (before, self._side):
            _end(span, event.t_ns, "change")
        self._side = None
        first = not goes_on and (event.load_began_ns is None or event.load_began_ns != self._load_began_ns)
        told_ns = event.load_began_ns if first else event.t_ns
        span = SegmentSpan(
            number=event.segment,
            engine=event.engine,
            kept=2 * max(event.nireq, 1),
            nireq=max(event.nireq, 1),
            open_loop=open_loop,
            began_ns=event.t_ns if told_ns is None else told_ns,
            first_of_load=first,
            began_known=told_ns is not None,
            until_ns=event.until_ns,
            duration_ns=int(event.settings.duration_s * 1e9),
        )
        if first:
            self._load_began_ns = event.load_began_ns
        if served is not None and served.end == "change" and served.engine == event.engine:
            span.follows = None if open_loop or served.open_loop else served
        self._newest = self.by_segment[event.segment] = span

    def _turn(self, event: TrialTurn) -> None:
        """The engine of a side serves, after that of the other has drained."""
        if self._newest is not None and self._newest.trial_ns is None:
            self._newest.trial_ns = event.t_ns
        _end(self._side, event.t_ns, "change")
        side = self._side = self._side_of(event.segment, event.engine, event.t_ns)
        side.turns.append((event.t_ns, None))
        side.ended_ns, side.end, side.began_ns = None, "open", min(side.began_ns, event.t_ns)

    def _side_of(self, segment: int, engine: int, t_ns: int) -> SegmentSpan:
        """The span of a side of a trial, a new one at its first turn."""
        if segment not in self.by_segment:
            self.by_segment[segment] = SegmentSpan(
                number=segment, engine=engine, kept=64, nireq=1, open_loop=False, began_ns=t_ns, first_of_load=False,
                began_known=True, until_ns=self._newest.until_ns if self._newest is not None else None, duration_ns=0,
            )  # fmt: skip
        return self.by_segment[segment]

    def _end_load(self, event: LoadEnded) -> None:
        span = self._newest
        if span is None or span.end != "open":
            return
        ended_ns = event.ended_ns
        if ended_ns is None and event.reason == "stopped":
            ended_ns = event.t_ns
        elif ended_ns is None and event.reason == "duration" and span.first_of_load and span.duration_ns:
            ended_ns = span.began_ns + span.duration_ns  # an older recording
        for served in (span, self._side):
            if served is not None:
                served.saturated = event.unsent > 0
                _end(served, ended_ns, "last" if ended_ns is None else "over")


def _end(span: SegmentSpan | None, t_ns: int | None, end: SpanEnd) -> None:
    """Ends a span that is open."""
    if span is None or span.end != "open":
        return
    span.ended_ns, span.end = t_ns, end
    if span.turns and span.turns[-1][1] is None:
        span.turns[-1] = span.turns[-1][0], t_ns
