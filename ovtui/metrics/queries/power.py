"""What the run, a segment or a device cost, asked of a digest: the one place from which every surface has it."""

from __future__ import annotations

from ovtui.metrics.digest import Digest
from ovtui.metrics.energy.power_figures import PowerFigures, power_figures


def run_power(digest: Digest) -> PowerFigures:
    return _figures(digest, None, digest.run.items_per_request, None)


def segment_power(digest: Digest, number: int) -> PowerFigures:
    return _figures(digest, number, digest.segment(number).items_per_request, None)


def part_power(digest: Digest, number: int, device: int) -> PowerFigures:
    """Of what one device served in one segment."""
    return _figures(digest, [(number, device)], digest.part(number, device).items_per_request, device)


def device_power(digest: Digest, device: int) -> PowerFigures:
    """Of what one device served, in the segments that are kept."""
    parts = [part for part in digest.parts if part[1] == device]
    return _figures(digest, parts, digest.devices[device].items_per_request, device)


def in_force_power(digest: Digest) -> PowerFigures:
    """Of the segment in force; of the run before the first one."""
    segment = digest.session_state.segment
    return run_power(digest) if segment is None else segment_power(digest, segment.segment)


def _figures(
    digest: Digest, of: int | list[tuple[int, int]] | None, items_per_request: float | None, device: int | None
) -> PowerFigures:
    if not digest.telemetry.watts.by_name:
        return PowerFigures((), device)
    idle = digest.session_state.disturbances.idle
    return power_figures(digest.telemetry.watts, digest.work(of), items_per_request, idle, device)
