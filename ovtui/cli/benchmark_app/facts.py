"""What of a run is told in benchmark_app's words: what the session's events say of it, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.metrics.benchmark_app.figures import Figures
from ovtui.metrics.benchmark_app.latencies import Latencies
from ovtui.settings.device_names import virtual_of
from ovtui.settings.guessed_layout import guessed_layout, sizes_of
from ovtui.settings.port_values import parse_port_values
from ovtui.settings.schema.settings import Settings

if TYPE_CHECKING:
    from ovtui.metrics.session.engine_state import EngineState
    from ovtui.metrics.session.session_state import SessionState
    from ovtui.records.events import Port

NO_LAYOUT = "[...]"
"""As OpenVINO writes it."""


@dataclass(frozen=True, slots=True)
class Group:
    """The requests of one data shape."""

    text: str
    """' data: [1,3,224,224]', of each input, each with the blank before it."""
    latencies: Latencies


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the last lines tell."""

    execution_devices: Sequence[str]
    iterations: int
    duration_ms: float
    latencies: Latencies
    percentiles: tuple[int, ...]
    fps: float | None
    groups: list[Group] = field(default_factory=list)
    """With -pcseq, where several data shapes come in turn."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What runs, as far as events have told it."""

    topology: str
    imported: bool
    """It was compiled before: a .blob."""
    api: str
    inference_only: bool
    batch: str
    """A number; '?' where data shapes differ in it."""
    requests: int | None
    """As they are counted: rounded up to the infer requests. None without a limit."""
    nireq: int
    duration_s: float
    streams: dict[str, str]
    """By device, where the command line sets them."""


def setup_of(state: SessionState, settings: Settings) -> Setup | None:
    """None until the model is compiled."""
    engine = state.engine
    if engine is None or engine.compiled is None:
        return None
    segment, own = state.segment, _own_properties(engine)
    nireq = segment.nireq if segment is not None else engine.compiled.nireq
    streams = {}
    if settings.nstreams and not virtual_of(engine.compiled.device) and own.get("NUM_STREAMS"):
        streams = {engine.compiled.device: own["NUM_STREAMS"]}
    return Setup(
        topology=own.get("NETWORK_NAME") or (engine.model.name if engine.model else ""),
        imported=settings.model.endswith(".blob"),
        api=segment.api if segment is not None else settings.api,
        inference_only=not _fills_each(settings, engine),
        batch=_batch_text(engine, asked=bool(settings.batch_size)),
        requests=_rounded_up(settings.requests, nireq, len(engine.compiled.data_shapes)),
        nireq=nireq,
        duration_s=settings.duration_s,
        streams=streams,
    )


def outcome_of(state: SessionState, figures: Figures, arguments: Arguments) -> Outcome:
    engine = state.engine
    shapes = engine.compiled.data_shapes if engine is not None and engine.compiled is not None else []
    asked = bool(arguments.batch_size) and not arguments.data_shape
    batches = [shape.items or 1 for shape in shapes] if _tells_batch(engine, asked=asked) else []
    groups = groups_of(engine, figures) if engine is not None and arguments.pcseq else []
    return Outcome(
        execution_devices=engine.devices if engine is not None else (),
        iterations=figures.iterations,
        duration_ms=figures.duration_ms,
        latencies=figures.latencies,
        percentiles=arguments.latency_percentiles,
        fps=figures.fps(batch_of(engine, asked=asked), batches),
        groups=groups if len(groups) > 1 else [],
    )


def groups_of(engine: EngineState, figures: Figures | None = None) -> list[Group]:
    """One for each data shape in turn."""
    if engine.compiled is None:
        return []
    ports = engine.model.inputs if engine.model is not None else []
    names = [port.name for port in ports]
    latencies = figures.of_shape if figures is not None else {}
    found = []
    for number, shape in enumerate(engine.compiled.data_shapes):
        # Without a name it is of the only input whose shape is open.
        given = {part.name: f"[{part.values[0]}]" for part in parse_port_values(shape.text, names, lists_only=True)}
        texts = [f" {port.name}: {given.get(port.name) or _only_open(port, given)}" for port in ports]
        found.append(Group("".join(texts), latencies.get(number, Latencies())))
    return found


def _only_open(port: Port, given: Mapping[str | None, str]) -> str:
    return given[None] if None in given and _is_open(port) else port.shape


def batch_of(engine: EngineState | None, *, asked: bool) -> int:
    """Frames of a request; 1 where nothing tells. `asked`: -b sets it."""
    compiled = engine.compiled if engine is not None else None
    return (compiled.items if compiled is not None and _tells_batch(engine, asked=asked) else None) or 1


def _batch_text(engine: EngineState, *, asked: bool) -> str:
    differ = engine.compiled is not None and len({shape.items for shape in engine.compiled.data_shapes}) > 1
    return "?" if differ and _tells_batch(engine, asked=asked) else str(batch_of(engine, asked=asked))


def _tells_batch(engine: EngineState | None, *, asked: bool) -> bool:
    """Whether benchmark_app knows which dimension is the batch's: -b or a layout says it, also one that it guesses by
    the sizes, but no dimension that is left open: 100 inferences of [4,32] are 100 frames there, 400 with -layout [NC],
    and 100 of [4,3,32,32] are 400."""
    if asked or engine is None or engine.compiled is None:
        return asked
    layouts = {each.input: each.layout for each in engine.compiled.inputs if each.layout}
    if any("N" in letters for letters in layouts.values()):
        return True
    return any(
        "N" in guessed_layout(sizes_of(port.shape))
        for port in (engine.model.inputs if engine.model is not None else ())
        if port.name not in layouts and port.layout in ("", NO_LAYOUT)
    )


def _fills_each(settings: Settings, engine: EngineState) -> bool:
    """Whether inputs are filled in before each request."""
    if settings.fill_inputs != "benchmark_app":
        return settings.fill_inputs == "each"
    ports = engine.model.inputs if engine.model is not None else []
    shapes = engine.compiled.data_shapes if engine.compiled is not None else []
    return len(shapes) > 1 or any(_is_open(port) for port in ports)


def _is_open(port: Port) -> bool:
    return "?" in port.shape or ".." in port.shape


def _rounded_up(requests: int, nireq: int, shapes: int) -> int | None:
    """As benchmark_app counts them: to whole rounds of the infer requests; of more shapes than those, all but one
    more."""
    if not requests:
        return None
    return requests + shapes - 1 if shapes > nireq else -(-requests // nireq) * nireq


def _own_properties(engine: EngineState) -> dict[str, str]:
    return engine.properties.get(engine.compiled.device, {}) if engine.compiled is not None else {}
