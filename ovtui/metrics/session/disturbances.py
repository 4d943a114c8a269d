"""What disturbed a session, from the machine's events: throttling and the load of other processes, each from when to
when; and what was learnt of its power: what can be read, and the watts of the idle machine."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from ovtui.records.events import (
    IdleMeasured,
    LoadPaused,
    OtherLoadBegan,
    OtherLoadEnded,
    PowerSources,
    ThrottleBegan,
    ThrottleEnded,
    ThrottleSource,
)

DisturbanceKind = Literal["throttle", "other-load"]
DISTURBANCES = 512
"""How many are kept, the newest."""
BEGINNING_NS = 10_000_000_000
"""So long the beginning of what goes on is news, whatever else ends meanwhile."""
MachineEvent = (
    ThrottleBegan | ThrottleEnded | OtherLoadBegan | OtherLoadEnded | PowerSources | LoadPaused | IdleMeasured
)
MACHINE_EVENTS = (
    ThrottleBegan, ThrottleEnded, OtherLoadBegan, OtherLoadEnded, PowerSources, LoadPaused, IdleMeasured,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Disturbance:
    kind: DisturbanceKind
    since_ns: int
    until_ns: int | None = None
    """None: still, or no event says when it ended."""
    source: ThrottleSource | None = None
    """Of throttling."""
    reasons: tuple[str, ...] = ()
    name: str = ""
    """Of the other process, as the kernel has it; empty where there are several or none that can be seen."""
    pid: int = 0
    unseen: bool = False
    """The other load is that of processes that cannot be seen from here."""
    percent: float | None = None
    """Of all cores (other load: the mean, or at the beginning while it lasts); of the periods (quota)."""

    def seconds_in(self, times: list[tuple[int, int]], now_ns: int) -> float:
        """How much of these times it took."""
        until_ns = now_ns if self.until_ns is None else self.until_ns
        return sum(max(min(end, until_ns) - max(began, self.since_ns), 0) for began, end in times) / 1e9


@dataclass(slots=True)
class Disturbances:
    """Owner: the SessionState."""

    spans: list[Disturbance] = field(default_factory=list)
    """In the order in which they began."""
    newest: ThrottleBegan | ThrottleEnded | OtherLoadBegan | OtherLoadEnded | None = None
    """The event that came last of those that begin or end a span."""
    news: ThrottleBegan | ThrottleEnded | OtherLoadBegan | OtherLoadEnded | None = None
    """What of them is to be told first: the newest, but the beginning of what goes on rather than the end of something
    else within BEGINNING_NS of it."""
    idle: IdleMeasured | None = None
    """The newest measurement of the idle machine that gave watts."""
    no_idle: str = ""
    """Why the newest measurement gave none; empty where it did, and where nobody asked for one."""
    power: PowerSources | None = None
    """What the machine's power can be read from; None until that is known, and in recordings of an older ovtui."""
    paused: LoadPaused | None = None
    """While the load pauses."""

    def fold(self, event: MachineEvent) -> None:
        if isinstance(event, ThrottleBegan | ThrottleEnded | OtherLoadBegan | OtherLoadEnded):
            self.newest = event
            self.news = self.news if self._beginning_stands(event) else event
        match event:
            case ThrottleBegan():
                self._add(
                    Disturbance("throttle", event.t_ns, source=event.source, reasons=tuple(event.reasons),
                                percent=event.percent)
                )  # fmt: skip
            case ThrottleEnded():
                ended = Disturbance(
                    "throttle", event.since_ns, event.t_ns, event.source, tuple(event.reasons), percent=event.percent
                )
                self._end(ended)
            case OtherLoadBegan():
                self._add(
                    Disturbance("other-load", event.t_ns, name=event.name, pid=event.pid, unseen=event.unseen,
                                percent=event.percent)
                )  # fmt: skip
            case OtherLoadEnded():
                ended = Disturbance(
                    "other-load", event.since_ns, event.t_ns, name=event.name, pid=event.pid, unseen=event.unseen,
                    percent=event.percent,
                )  # fmt: skip
                self._end(ended)
            case PowerSources():
                self.power = event
            case LoadPaused():
                self.paused = event
            case IdleMeasured():
                if self.paused is not None and event.since_ns == self.paused.t_ns:
                    self.paused = None  # a request that is refused meanwhile does not end it
                self.idle = event if event.watts else self.idle
                self.no_idle = "" if event.watts else event.text or "no watts could be read"

    def _beginning_stands(self, event: ThrottleBegan | ThrottleEnded | OtherLoadBegan | OtherLoadEnded) -> bool:
        """The event ends something else than what has just begun."""
        began = self.news
        return (
            isinstance(began, ThrottleBegan | OtherLoadBegan)
            and isinstance(event, ThrottleEnded | OtherLoadEnded)
            and event.t_ns - began.t_ns < BEGINNING_NS
            and not _ends(event, began)
        )

    @property
    def now(self) -> list[Disturbance]:
        """Those that are not over."""
        return [span for span in self.spans if span.until_ns is None]

    def _add(self, began: Disturbance) -> None:
        self.spans.append(began)
        del self.spans[:-DISTURBANCES]

    def _end(self, ended: Disturbance) -> None:
        """Puts it in the place of the one that began then; beside the others where its beginning is not known."""
        for place, span in enumerate(self.spans):
            if span == replace(ended, until_ns=None, reasons=span.reasons, percent=span.percent):
                self.spans[place] = ended
                return
        self._add(ended)


def _ends(event: ThrottleEnded | OtherLoadEnded, began: ThrottleBegan | OtherLoadBegan) -> bool:
    if event.since_ns != began.t_ns:
        return False
    if isinstance(began, ThrottleBegan):
        return isinstance(event, ThrottleEnded) and event.source == began.source
    return isinstance(event, OtherLoadEnded) and event.pid == began.pid
