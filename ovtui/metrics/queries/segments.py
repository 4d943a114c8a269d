"""Segments beside each other: what was changed, and what each device made of it. One row for a segment, or as many as
devices served in it, because a percentile over a stand-in and an accelerator together says nothing of either."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.metrics.digest import SEGMENTS, Digest
from ovtui.metrics.groups.tally import Tally
from ovtui.metrics.handover.startup import startup_timeline
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.session.session_state import EngineState, SessionState
from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN, UNKNOWN
from ovtui.records.events import SegmentBegan


@dataclass(frozen=True, slots=True)
class SegmentRow:
    began: SegmentBegan
    first_of_segment: bool
    """The first row of its segment."""
    in_force: bool
    what: str
    """What was changed; of the first segment, what it began with."""
    device: int | None
    """Device code; None while nothing has come back."""
    requests: int
    throughput: float | None
    latency: dict[LatencyKind, Latency]
    first_inference_s: float | None
    """From the start of its engine's process; in the engine's first row."""
    handover_s: float | None
    """From the start of its engine's process until the accelerator served; in the first row of that accelerator."""


def segment_rows(digest: Digest) -> list[SegmentRow]:
    """Oldest first; of the newest segments whose figures are kept."""
    story = digest.story
    seen: set[tuple[int, str]] = set()
    rows: list[SegmentRow] = []
    for began in story.segments[-SEGMENTS:]:
        engine = story.engines.get(began.engine)
        devices = _devices(digest, began.segment)
        for index, device in enumerate(devices or [None]):
            tally = digest.parts.get((began.segment, device), Tally()) if device is not None else Tally()
            rows.append(
                SegmentRow(
                    began=began,
                    first_of_segment=index == 0,
                    in_force=began is story.segment,
                    what=_description(began, first=began is story.segments[0]),
                    device=device,
                    requests=tally.completed,
                    # Of one request alone it would be its latency the other way round.
                    throughput=tally.throughput if tally.measured > 1 else None,
                    latency=tally.latency(),
                    first_inference_s=_once_per_engine(seen, began, "first", _first_s(engine)) if index == 0 else None,
                    handover_s=_once_per_engine(seen, began, "handover", _handover_s(digest, story, engine))
                    if device is not None and _is_accelerator(device)
                    else None,
                )
            )
    return rows


def _devices(digest: Digest, segment: int) -> list[int]:
    """In the order in which they first served; the ambiguous last."""
    found = [device for number, device in digest.parts if number == segment]
    return sorted(found, key=lambda device: (device == AMBIGUOUS, digest.first_done_ns[segment, device]))


def _description(began: SegmentBegan, *, first: bool) -> str:
    if began.changes:
        return ", ".join(began.changes)
    return f"{began.settings.hint}, {began.nireq} in flight" if first else "started again"


def _first_s(engine: EngineState | None) -> float | None:
    return engine.first.since_spawn_ms / 1e3 if engine is not None and engine.first is not None else None


def _handover_s(digest: Digest, story: SessionState, engine: EngineState | None) -> float | None:
    if engine is None:
        return None
    line = startup_timeline(story, engine, digest.first_done_ns)
    since_ms = line.since_spawn_ms(line.changed_ns)
    return None if since_ms is None else since_ms / 1e3


def _once_per_engine(seen: set[tuple[int, str]], began: SegmentBegan, what: str, value: float | None) -> float | None:
    """The value for the first row of an engine that asks for it."""
    if (began.engine, what) in seen:
        return None
    seen.add((began.engine, what))
    return value


def _is_accelerator(device: int) -> bool:
    return device not in (UNKNOWN, CPU, STAND_IN, AMBIGUOUS)
