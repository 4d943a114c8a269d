"""The part of the segment in force that the figures of now are made of: where several devices served in the segment, as
before and after AUTO's handover, what the device that serves now has served. A figure over both describes neither."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ovtui.metrics.batching.batch_wait import BatchShares
from ovtui.metrics.groups.group_figures import GroupFigures
from ovtui.metrics.groups.tally import Tally
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.device_codes import code_of, name_of


@dataclass(frozen=True, slots=True)
class ServedPart:
    """What one device served in the segment in force."""

    device: str
    serves_now: bool
    requests: int
    """That came back."""
    throughput: float | None
    """Over the device's own span."""
    latency: dict[LatencyKind, Latency] = field(default_factory=dict)
    batches: BatchShares = field(default_factory=BatchShares)


@dataclass(frozen=True, slots=True)
class InForce:
    group: GroupFigures
    """Of the segment in force, or of the part of it that `device` served."""
    device: int | None = None
    """Code of the device that serves now, where others served in the segment too; else None, and `group` is the whole
    segment: also where EXECUTION_DEVICES lists several devices, or the new device has served nothing yet."""

    @property
    def device_name(self) -> str:
        """Empty where `group` is the whole segment."""
        return "" if self.device is None else name_of(self.device)


SegmentOf = Callable[[int], GroupFigures]
PartOf = Callable[[int, int], GroupFigures]


def in_force(
    session_state: SessionState, parts: Mapping[tuple[int, int], Tally], segment_of: SegmentOf, part_of: PartOf
) -> InForce:
    """`parts`: the tallies of Breakdowns, by segment and device code. `segment_of` and `part_of` make the figures of a
    segment, and of what a device served in it."""
    segment, engine = session_state.segment, session_state.engine
    if segment is None:
        return InForce(GroupFigures(Tally(), "none"))
    served = [device for (number, device), tally in parts.items() if number == segment.segment and tally.measured]
    device = code_of(engine.devices) if engine is not None and len(engine.devices) == 1 else None
    if device is None or device not in served or len(served) == 1:
        return InForce(segment_of(segment.segment))
    return InForce(part_of(segment.segment, device), device)


def served_parts(
    found: InForce, session_state: SessionState, first_done_ns: Mapping[tuple[int, int], int], part_of: PartOf
) -> tuple[ServedPart, ...]:
    """A part for each device that served in the segment in force: the one that serves now, then the others from the
    one that came last; none where one device served it all. `first_done_ns`: first completion by segment and device."""
    if found.device is None or session_state.segment is None:
        return ()
    number = session_state.segment.segment
    figures = {device: part_of(number, device) for (segment, device) in first_done_ns if segment == number}
    devices = sorted(
        (device for device, group in figures.items() if group.measured),
        key=lambda device: (device != found.device, -first_done_ns[number, device]),
    )
    return tuple(_part(device, found.device, figures[device]) for device in devices)


def _part(device: int, now: int, group: GroupFigures) -> ServedPart:
    throughput = group.throughput if group.completed > 1 else None
    return ServedPart(name_of(device), device == now, group.completed, throughput, group.latency, group.batches)
