"""The spans of a load, from its events: when each segment began and ended, and which device served in it when.

A load begins when its first request is due. It ends with its duration, when it is told to stop, or under a number of
requests when the next one would be due; in a closed loop the last completion ends it then. A segment begins and ends
with the changes of settings in between."""

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
    SegmentBegan,
    TrialEnded,
    TrialTurn,
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
    trials: list[tuple[int, int | None]] = field(default_factory=list)
    """From when until when trials served in place of the segment; None: still."""

    def less_trials_ns(self, began_ns: int, end_ns: int) -> int:
        """The time between two moments, without that of trials."""
        out = 0
        for since_ns, until_ns in self.trials:
            out += max(min(end_ns if until_ns is None else until_ns, end_ns) - max(since_ns, began_ns), 0)
        return max(end_ns - began_ns - out, 0)

    def trials_ns(self, now_ns: int) -> int:
        """The time that trials took."""
        return sum((now_ns if until_ns is None else until_ns) - since_ns for since_ns, until_ns in self.trials)


class LoadSpans:
    """Owner: Throughputs."""

    def __init__(self) -> None:
        self.by_segment: dict[int, SegmentSpan] = {}
        self._newest: SegmentSpan | None = None
        self._load_began_ns: int | None = None
        self._devices: dict[int, list[tuple[int, int]]] = {}
        """By engine: since when EXECUTION_DEVICES had which code."""

    def fold(self, event: Event) -> None:
        match event:
            case SegmentBegan(trial="A" | "B"):
                pass  # it changes nothing of what is in force, and its requests are no part of another segment
            case SegmentBegan():
                self._begin(event)
            case TrialTurn():
                self._pause(event.t_ns)
            case TrialEnded():
                self._go_on(event.t_ns)
            case LoadEnded():
                self._end_load(event)
            case EngineExited():
                newest = self._newest
                if newest is not None and newest.engine == event.engine and newest.end == "open":
                    newest.ended_ns, newest.end = event.t_ns, "over"
            case Compiled():
                self._devices[event.engine] = [(0, code_of(event.execution_devices))]
            case DeviceChanged():
                self._devices.setdefault(event.engine, []).append((event.t_ns, code_of(event.after)))

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
        if before is not None and goes_on:
            before.ended_ns, before.end = event.t_ns, "change"
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
        if before is not None and before.end == "change" and before.engine == event.engine:
            span.follows = None if open_loop or before.open_loop else before
        self._newest = self.by_segment[event.segment] = span

    def _pause(self, t_ns: int) -> None:
        span = self._newest
        if span is not None and span.end == "open" and not (span.trials and span.trials[-1][1] is None):
            span.trials.append((t_ns, None))

    def _go_on(self, t_ns: int) -> None:
        span = self._newest
        if span is not None and span.trials and span.trials[-1][1] is None:
            span.trials[-1] = span.trials[-1][0], t_ns

    def _end_load(self, event: LoadEnded) -> None:
        span = self._newest
        if span is None or span.end != "open":
            return
        span.saturated = event.unsent > 0
        span.ended_ns = event.ended_ns
        if span.ended_ns is None and event.reason == "stopped":
            span.ended_ns = event.t_ns
        elif span.ended_ns is None and event.reason == "duration" and span.first_of_load and span.duration_ns:
            span.ended_ns = span.began_ns + span.duration_ns  # an older recording
        span.end = "last" if span.ended_ns is None else "over"
