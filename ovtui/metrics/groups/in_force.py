"""The part of the segment in force that the figures of now are made of: where several devices served in the segment, as
before and after AUTO's handover, what the device that serves now has served. A figure over both describes neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ovtui.metrics.batching.batch_wait import BatchShares
from ovtui.metrics.groups.group_figures import GroupFigures
from ovtui.metrics.groups.tally import Tally
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.device_codes import code_of, name_of
from ovtui.settings.schema.settings import WarmUpRule


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


def in_force(
    session_state: SessionState,
    segments: Mapping[int, Tally],
    parts: Mapping[tuple[int, int], Tally],
    rule: WarmUpRule,
) -> InForce:
    """`segments` by number, `parts` by segment and device code: the tallies of Breakdowns."""
    segment, engine = session_state.segment, session_state.engine
    if segment is None:
        return InForce(GroupFigures(Tally(), rule))
    served = [device for (number, device), tally in parts.items() if number == segment.segment and tally.measured]
    device = code_of(engine.devices) if engine is not None and len(engine.devices) == 1 else None
    if device is None or device not in served or len(served) == 1:
        return InForce(GroupFigures(segments.get(segment.segment) or Tally(), rule))
    return InForce(GroupFigures(parts[segment.segment, device], rule), device)


def served_parts(
    found: InForce, segment: int, parts: Mapping[tuple[int, int], Tally], rule: WarmUpRule
) -> tuple[ServedPart, ...]:
    """A part for each device that served in the segment in force, the one that serves now first; none where one device
    served it all."""
    if found.device is None:
        return ()
    devices = sorted(
        (device for (number, device), tally in parts.items() if number == segment and tally.measured),
        key=lambda device: (device != found.device, -(parts[segment, device].last_ns or 0)),
    )
    return tuple(_part(device, found.device, GroupFigures(parts[segment, device], rule)) for device in devices)


def _part(device: int, now: int, group: GroupFigures) -> ServedPart:
    throughput = group.throughput if group.measured > 1 else None
    return ServedPart(name_of(device), device == now, group.completed, throughput, group.latency, group.batches)
