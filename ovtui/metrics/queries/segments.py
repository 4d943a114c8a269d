"""Segments beside each other: what was changed, and what each device made of it. A row for each device that served in a
segment, because a percentile over a stand-in and an accelerator together describes neither of them."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.metrics.comparison.trial_figures import SideFigures
from ovtui.metrics.digest import SEGMENTS, Digest
from ovtui.metrics.energy.power_figures import PowerFigures
from ovtui.metrics.groups.group_figures import GroupFigures
from ovtui.metrics.groups.throughputs import S_DECIMALS
from ovtui.metrics.handover.startup import startup_timeline
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.queries.power import part_power
from ovtui.metrics.session.session_state import EngineState
from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN, UNKNOWN
from ovtui.records.events import SegmentBegan
from ovtui.settings.schema.arrival import describe_in_flight


@dataclass(frozen=True, slots=True)
class SegmentRow:
    began: SegmentBegan
    first_of_segment: bool
    """The first row of its segment."""
    in_force: bool
    what: str
    """What was changed; of the first segment, its hint and requests in flight."""
    device: int | None
    """Device code; None while nothing has come back."""
    requests: int
    errors: int
    """Those of them that failed."""
    throughput: float | None
    latency: dict[LatencyKind, Latency]
    first_inference_s: float | None
    """From the start of its engine's process; in the engine's first row."""
    handover_s: float | None
    """From the start of its engine's process until the accelerator served; in the first row of that accelerator."""
    power: PowerFigures


def segment_rows(digest: Digest) -> list[SegmentRow]:
    """Oldest first; of the newest segments whose figures are kept."""
    session_state, served = digest.session_state, _devices_by_segment(digest)
    sides = _sides_by_segment(digest)
    seen: set[tuple[int, str]] = set()
    rows: list[SegmentRow] = []
    for began in session_state.segments[-SEGMENTS:]:
        engine = session_state.engines.get(began.engine)
        for index, device in enumerate(served.get(began.segment) or [None]):
            # UNKNOWN served nothing where no device did.
            group = digest.part(began.segment, UNKNOWN if device is None else device)
            first_s = _first_inference_s(engine) if index == 0 else None
            side = sides.get(began.segment) if index == 0 else None
            handover_s = _handover_s(digest, engine) if device is not None and _is_accelerator(device) else None
            rows.append(
                SegmentRow(
                    began=began,
                    first_of_segment=index == 0,
                    in_force=began is session_state.segment,
                    what=_description(began, first=began is session_state.segments[0]),
                    device=device,
                    requests=group.completed,
                    errors=group.errors,
                    throughput=_throughput(group) if side is None else side.throughput,
                    latency=group.latency if side is None else {**group.latency, "response": side.response},
                    first_inference_s=_once(seen, began, "first", first_s),
                    handover_s=_once(seen, began, "handover", handover_s),
                    power=PowerFigures() if device is None else part_power(digest, began.segment, device),
                )
            )
    return rows


def _throughput(group: GroupFigures) -> float | None:
    # Of one request alone it would be its latency the other way round.
    return group.throughput if group.completed > 1 else None


def _sides_by_segment(digest: Digest) -> dict[int, SideFigures]:
    """The sides of trials, which serve in turns: their figures are those of their blocks together."""
    return {
        turn.segment: figures.sides[turn.side]
        for figures in digest.trials()
        if figures.pairs
        for turn in figures.state.turns
    }


def _devices_by_segment(digest: Digest) -> dict[int, list[int | None]]:
    """In the order in which they first served; the ambiguous last."""
    found: dict[int, list[int | None]] = {}
    for segment, device in sorted(digest.parts, key=lambda key: (key[1] == AMBIGUOUS, digest.first_done_ns[key])):
        found.setdefault(segment, []).append(device)
    return found


def _description(began: SegmentBegan, *, first: bool) -> str:
    if began.changes:
        return ", ".join(began.changes)
    if not first:
        return "started again"
    return f"{began.settings.hint}, {describe_in_flight(began.settings, began.nireq, began.api)}"


def _first_inference_s(engine: EngineState | None) -> float | None:
    return (
        round(engine.first.since_spawn_ms / 1e3, S_DECIMALS)
        if engine is not None and engine.first is not None
        else None
    )


def _handover_s(digest: Digest, engine: EngineState | None) -> float | None:
    if engine is None:
        return None
    line = startup_timeline(engine, digest.first_served_ns)
    since_ms = line.since_spawn_ms(line.changed_ns)
    return None if since_ms is None else round(since_ms / 1e3, S_DECIMALS)


def _once(seen: set[tuple[int, str]], began: SegmentBegan, what: str, value: float | None) -> float | None:
    """The value for the first row of an engine that has it."""
    if value is None or (began.engine, what) in seen:
        return None
    seen.add((began.engine, what))
    return value


def _is_accelerator(device: int) -> bool:
    return device not in (UNKNOWN, CPU, STAND_IN, AMBIGUOUS)
