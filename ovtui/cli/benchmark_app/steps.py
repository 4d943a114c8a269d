"""The steps that benchmark_app prints on its way, each as soon as the session's events tell what stands in it. What
they do not tell is left out, as are the ports of the model before it was reshaped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.cli.benchmark_app.facts import Setup, groups_of, setup_of
from ovtui.cli.benchmark_app.lines import groups_lines, info, step
from ovtui.settings.schema.settings import Settings

if TYPE_CHECKING:
    from ovtui.metrics.session.engine_state import EngineState
    from ovtui.metrics.session.session_state import SessionState
    from ovtui.records.events import Port

_FIRST_OF_MODEL, _LOADING = 4, 7
"""The steps of reading the model, up to that in which it is compiled."""


class Steps:
    """Owner: the command's one thread."""

    def __init__(self, arguments: Arguments, settings: Settings) -> None:
        self._arguments, self._settings = arguments, settings
        self._parts = iter((self._runtime, self._loaded, self._measured))
        self._next = next(self._parts, None)

    def begin(self) -> list[str]:
        """The lines before all others, which need no session."""
        return asked_lines()

    def news(self, state: SessionState, *, final: bool = False) -> list[str]:
        """The lines of the steps that are known since the last call. `final`: nothing more will be."""
        found: list[str] = []
        while self._next is not None and (lines := self._next(state, final=final)) is not None:
            found += lines
            self._next = next(self._parts, None)
        return found

    def _runtime(self, state: SessionState, *, final: bool) -> list[str] | None:  # noqa: ARG002
        engine = state.engine
        if engine is None or engine.model is None:
            return None
        return runtime_lines(engine.model.openvino, engine.model.plugins)

    def _loaded(self, state: SessionState, *, final: bool) -> list[str] | None:  # noqa: ARG002
        engine, setup = state.engine, setup_of(state, self._settings)
        if engine is None or engine.model is None or engine.compiled is None or setup is None:
            return None
        layouts = {each.input: each.layout for each in engine.compiled.inputs}
        inputs = [_port_line(port, layouts.get(port.name, "")) for port in engine.model.inputs]
        outputs = [_port_line(port) for port in engine.model.outputs]
        compile_ms = engine.compiled.compile_ms
        return load_lines(
            self._settings.load_from_file == "yes" or setup.imported,
            batch=setup.batch,
            read_ms=engine.model.file_ms,
            reshape_ms=reshape_ms_of(engine, self._settings),
            ports=["Model inputs:", *inputs, "Model outputs:", *outputs],
            compile_ms=None if setup.imported else compile_ms,
            import_ms=compile_ms if setup.imported else None,
            peaks_bytes=engine.compiled.peaks_bytes,
        )

    def _measured(self, state: SessionState, *, final: bool) -> list[str] | None:
        engine, setup = state.engine, setup_of(state, self._settings)
        if engine is None or setup is None or state.segment is None:
            return None
        if not final and (engine.first is None or not engine.properties):  # which follow its first inference
            return None
        return [
            step(8), *_property_lines(engine),
            step(9), *groups_lines(groups_of(engine)), *_random_lines(engine),
            step(10, _start_text(setup)), *_first_lines(engine, setup, no_warmup=self._arguments.no_warmup),
        ]  # fmt: skip


def reshape_ms_of(engine: EngineState, settings: Settings) -> float | None:
    """None where the settings give no shape and no batch, or nothing tells."""
    return engine.model.shaped_ms if engine.model is not None and (settings.shape or settings.batch_size) else None


def asked_lines() -> list[str]:
    return [step(1), info("Parsing input parameters")]


def runtime_lines(openvino: str = "", plugins: Mapping[str, str] | None = None) -> list[str]:
    """`openvino`: its version; empty where it is not known. `plugins`: device to build."""
    told = ["OpenVINO:", _build(openvino)] if openvino else []
    if plugins:
        told += [
            "",
            "Device info:",
            *(line for name, build in plugins.items() for line in (name, _build(build))),
            "",
            "",
        ]
    return [step(2), *map(info, told), step(3)]


def _build(version: str) -> str:
    return f"{'Build ':.<39} {version}"


def _port_line(port: Port, layout: str = "") -> str:
    """`layout`: 'NCHW', where more is known than what stands in the model."""
    if not port.node:  # of an older engine
        return f"    {port.name} : {port.type} / {port.shape}"
    letters = f"[{','.join(layout)}]" if layout else port.layout
    return f"    {port.name} (node: {port.node}) : {port.type} / {letters} / {port.shape}"


def load_lines(
    skips: bool,
    *,
    batch: str = "",
    ports: list[str] | None = None,
    read_ms: float | None = None,
    reshape_ms: float | None = None,
    compile_ms: float | None = None,
    import_ms: float | None = None,
    peaks_bytes: tuple[int, int] | None = None,
) -> list[str]:
    """From reading to compiling the model. `skips`: OpenVINO does it at one go, from the file. `peaks_bytes`: VmPeak of
    the process that compiles or imports, before and after."""
    if skips:
        lines = [step(number, "skipped") for number in range(_FIRST_OF_MODEL, _LOADING)]
    else:
        lines = [step(_FIRST_OF_MODEL), info("Loading model files"), *_took("Read", read_ms), step(5)]
        lines += [info(f"Model batch size: {batch}")] if batch else []
        lines += [*_took("Reshape", reshape_ms), step(6), *map(info, ports or [])]
    lines += [step(_LOADING), *_took("Compile", compile_ms), *_took("Import", import_ms)]
    if peaks_bytes is not None:
        before, after = (peak >> 10 for peak in peaks_bytes)
        what, name = ("import", "Import") if compile_ms is None else ("compilation", "Compile")
        told = [f"Start of {what} memory usage: Peak {before} KB", f"End of {what} memory usage: Peak {after} KB"]
        lines += map(info, [*told, f"{name} model ram used {after - before} KB"])
    return lines


def _took(what: str, took_ms: float | None) -> list[str]:
    return [] if took_ms is None else [info(f"{what} model took {took_ms:.2f} ms")]


def _property_lines(engine: EngineState) -> list[str]:
    own = engine.compiled.device if engine.compiled is not None else ""
    lines = ["Model:", *(f"  {name}: {value}" for name, value in engine.properties.get(own, {}).items())]
    for device, values in engine.properties.items():
        if device != own:
            lines += [f"  {device}:", *(f"    {name}: {value}" for name, value in values.items())]
    return [info(line) for line in lines]


def _random_lines(engine: EngineState) -> list[str]:
    inputs = engine.compiled.inputs if engine.compiled is not None else []
    return [info(f"Fill input '{each.input}' with random values ") for each in inputs if each.data == "random"]


def _start_text(setup: Setup) -> str:
    """'Start inference asynchronously, 4 inference requests, limits: 60000 ms duration'."""
    text = f"Start inference {setup.api}hronously"
    if setup.api == "async":
        text += f", {setup.nireq} inference requests"
        streams = ", ".join(f"{number} streams for {device}" for device, number in setup.streams.items())
        text += f" using {streams}" if streams else ""
    limits = [f"{setup.duration_s * 1e3:.0f} ms duration"] if setup.duration_s else []
    limits += [f"{setup.requests} iterations"] if setup.requests else []
    return f"{text}, limits: {', '.join(limits)}"


def _first_lines(engine: EngineState, setup: Setup, *, no_warmup: bool) -> list[str]:
    mode, filling = ("inference only", "not included") if setup.inference_only else ("full", "included")
    lines = [f"Benchmarking in {mode} mode (inputs filling are {filling} in measurement loop)."]
    if no_warmup:
        lines.append("Skipping warmup inference due to -no_warmup flag")
    elif engine.first is not None:
        lines.append(f"First inference took {engine.first.infer_ms:.2f} ms")
    return [info(line) for line in lines]
