"""When the machine was throttled or another process took its cores, from the events that tell it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ovtui.metrics.session.session_marks import EventMark
from ovtui.records.events import OtherLoadBegan, OtherLoadEnded, ThrottleBegan, ThrottleEnded

MachineEvent = ThrottleBegan | ThrottleEnded | OtherLoadBegan | OtherLoadEnded
SpanKind = Literal["throttled", "other load"]
_KEY = tuple[SpanKind, str, int]
MARKED_APART_NS = 10_000_000_000
"""A span of the same source that begins sooner after the one before has no mark of its own on the plots: a processor
at its limit is throttled and freed again every few seconds."""


@dataclass(frozen=True, slots=True)
class MachineSpan:
    kind: SpanKind
    source: str
    """cpu, gpu or quota; of other load the name of the process, as the machine has it."""
    text: str
    """The reasons, or how much the process took: 'PL1', '38 %'."""
    began_ns: int
    ended_ns: int | None = None
    """None while it lasts."""


class MachineSpans:
    """Owner: the SessionState."""

    LIMIT = 512
    """The newest that are kept."""

    def __init__(self) -> None:
        self._ended: list[MachineSpan] = []
        self._open: dict[_KEY, MachineSpan] = {}
        self.newest: MachineEvent | None = None
        """The event that came last."""

    def fold(self, event: MachineEvent) -> None:
        self.newest = event
        kind: SpanKind = "throttled" if isinstance(event, ThrottleBegan | ThrottleEnded) else "other load"
        if isinstance(event, ThrottleBegan | ThrottleEnded):
            key, source, text = (kind, event.source, 0), event.source, ", ".join(event.reasons)
        else:
            key, source, text = (kind, "", event.pid), event.name, f"{event.percent:.0f} %"
        if isinstance(event, ThrottleBegan | OtherLoadBegan):
            span = MachineSpan(kind, source, text, event.t_ns)
            before = self._open.pop(key, None)
            if before is not None:  # its end got lost
                self._keep(replace(before, ended_ns=event.t_ns))
            self._open[key] = span
        else:
            self._open.pop(key, None)
            self._keep(MachineSpan(kind, source, text, event.since_ns, event.t_ns))

    def _keep(self, span: MachineSpan) -> None:
        self._ended.append(span)
        del self._ended[: -self.LIMIT]

    def __bool__(self) -> bool:
        return bool(self._ended or self._open)

    @property
    def kinds(self) -> set[SpanKind]:
        return {span.kind for span in self.all()}

    def all(self) -> list[MachineSpan]:
        """In the order in which they began."""
        return sorted([*self._ended, *self._open.values()], key=lambda span: span.began_ns)

    def marks(self) -> list[EventMark]:
        """A mark for each begin, for the plots."""
        return list(_marks(self.all()))


def _marks(spans: Sequence[MachineSpan]) -> Iterator[EventMark]:
    last_ns: dict[tuple[str, str], int] = {}
    for span in spans:
        source = (span.kind, span.source)
        before_ns = last_ns.get(source)
        if before_ns is None or span.began_ns - before_ns >= MARKED_APART_NS:
            yield EventMark(span.began_ns, span.kind, span_label(span))
        last_ns[source] = span.began_ns if span.ended_ns is None else span.ended_ns


def span_label(span: MachineSpan) -> str:
    """'throttled PL1', 'chrome 38 %'; not cleaned."""
    if span.kind == "throttled":
        return f"throttled {span.text}".rstrip() if span.text else f"throttled {span.source}"
    return f"{span.source} {span.text}"
