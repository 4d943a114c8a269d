"""Whether a recording reaches to the end of its session, and what of it cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ovtui.records.events import Event, LoadEnded, SegmentBegan


@dataclass(frozen=True, slots=True)
class RecordingState:
    ended: bool | None
    """True: it reaches to the end of its session. False: it breaks off. None: it is still being recorded, or nothing
    tells."""
    live: bool = False
    """A program records into it now."""
    reason: str = ""
    """Why it breaks off, in a few words; empty where that is not known."""
    began: bool = False
    """A load had begun when it broke off."""
    load_over: bool = False
    """The load had ended before."""
    breaks_off_at_s: float | None = None
    """Where it breaks off, in s from when the first request of the load was due; None where it does not, where no load
    had begun, and where the load was over."""
    planned_s: float | None = None
    """How long that load was to last; None without a duration."""
    planned_requests: int | None = None
    """How many requests that load was to make; None without a number."""
    damage: str = ""
    """What cannot be read, in a few words; empty where all can."""

    @property
    def breaks_off(self) -> bool:
        return self.ended is False

    @property
    def text(self) -> str:
        """'breaks off at 3.8 s of 6 s: the disk was full', 'still being recorded'; empty for a whole recording."""
        if self.live:
            return "still being recorded"
        if self.ended is None:
            return "no end is recorded: it breaks off, or a program still records into it"
        if self.ended:
            return ""
        why = f": {self.reason}" if self.reason else ""
        if self.load_over:
            return f"breaks off after its load had ended{why}"
        if self.breaks_off_at_s is None:
            return f"breaks off before a load began{why}"
        of = f" of {self.planned_s:g} s" if self.planned_s is not None else ""
        number = f" of a load of {self.planned_requests:,} requests" if self.planned_requests is not None else ""
        return f"breaks off at {self.breaks_off_at_s:.1f} s{of or number}{why}"


def broken_off(events: Iterable[Event], end_ns: int, reason: str, damage: str = "") -> RecordingState:
    """The state of a recording that reaches to `end_ns` on the session clock and has no end."""
    segment: SegmentBegan | None = None
    over = False
    for event in events:
        if event.t_ns > end_ns:
            continue
        if isinstance(event, SegmentBegan) and not event.trial:
            segment, over = event, False
        elif isinstance(event, LoadEnded):
            over = True
    if segment is None or over:
        return RecordingState(False, reason=reason, began=segment is not None, load_over=over, damage=damage)
    began_ns = segment.t_ns if segment.load_began_ns is None else segment.load_began_ns
    until_s = segment.settings.duration_s or None
    if segment.until_ns is not None:
        until_s = (segment.until_ns - began_ns) / 1e9
    return RecordingState(
        False,
        reason=reason,
        began=True,
        breaks_off_at_s=round(max(end_ns - began_ns, 0) / 1e9, 3),
        planned_s=None if until_s is None else round(until_s, 3),
        planned_requests=segment.settings.requests or None,
        damage=damage,
    )
