"""`ovtui run MODEL --compile-only`: what reading and compiling take, as a table or JSON; nothing is measured after the
first inference."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.output import check_json_path, why_not_writable, write_both

if TYPE_CHECKING:
    from ovtui.records.compile_times import Compiled, CompileResult, CompileRun, CompileStep
    from ovtui.settings.schema.settings import Settings

ENDING = ".blob"
_LABEL = 18
_COLUMN = 12
_SESSION = {
    "record": "--record", "prometheus": "--prometheus", "beside": "--beside", "detach": "--detach",
    "measure_idle": "--measure-idle",
}  # fmt: skip
"""Options of a session, which a compile has not."""
_LOAD = (
    "api", "rate", "arrival", "backlog", "dispatch", "duration_s", "requests", "slo", "warm_up", "fallback_device",
)  # fmt: skip
"""Settings of a load, which are refused where the command itself names them: a file of settings may hold them for other
commands."""
_SHOWN = (
    "PERFORMANCE_HINT", "NUM_STREAMS", "INFERENCE_NUM_THREADS", "INFERENCE_PRECISION_HINT",
    "OPTIMAL_NUMBER_OF_INFER_REQUESTS", "EXECUTION_MODE_HINT", "CACHE_MODE",
)  # fmt: skip
"""Properties in the table; the JSON has all."""


def compile_only(
    settings: Settings,
    export_blob: str,
    json_path: str,
    given: dict[str, Any],
    *,
    verbose: bool = False,
    limit_s: float | None = None,
) -> int:
    """Returns the exit code. `given`: what the command was given, of which a session's options are refused. Raises
    click.UsageError."""
    refused = [flag for name, flag in _SESSION.items() if given.get(name)]
    if refused:
        raise click.UsageError(f"--compile-only with {' and '.join(refused)}: there is no session; leave it out")
    if load := [flag for name in _LOAD if (flag := _flag_given(name))]:
        raise click.UsageError(f"--compile-only with {' and '.join(load)}: there is no load; leave it out")
    blob = blob_path(export_blob)
    check_json_path(json_path)
    from ovtui.host.compile_timer import LIMIT_S, NotCompiled, time_compiles
    from ovtui.records.compile_times import to_json

    try:
        found = time_compiles(settings, blob, limit_s or LIMIT_S, _progress())
    except NotCompiled as error:
        notify(str(error), error.detail if verbose else "")
        return Exit.USAGE if error.misused else Exit.UNUSABLE
    for note in dict.fromkeys([*(note for run in found.runs for note in run.times.notes), *found.notes]):
        notify(note)
    write_both(json_path, lambda: to_json(found), lambda: print("\n".join(table_lines(found))), text_name="table")
    return Exit.FINE


def _flag_given(name: str) -> str:
    """The option of a setting, where it stands in the command; else empty."""
    context = click.get_current_context()
    if context.get_parameter_source(name) is not click.core.ParameterSource.COMMANDLINE:
        return ""
    found = next((each for each in context.command.params if each.name == name), None)
    return max(found.opts, key=len) if found is not None else ""


def blob_path(text: str) -> str:
    """Where the compiled model goes, as an absolute path; empty for nowhere. Raises click.UsageError where it cannot be
    written, before anything is compiled."""
    if not text:
        return ""
    path = Path(text).absolute()
    reason = why_not_writable(path)
    if path.suffix != ENDING and not reason:
        reason = f"a compiled model is known by its ending: write {path.name}{ENDING}"
    if reason:
        raise click.UsageError(f"--export-blob {text}: {reason}")
    return str(path)


def _progress() -> Callable[[CompileStep], None]:
    from ovtui.records.compile_times import Doing

    def show(step: CompileStep) -> None:
        if isinstance(step, Doing) and sys.stderr.isatty():
            notify(step.text)

    return show


def _wait(value_ms: float | None) -> str:
    """'23 ms', and what is shorter than one with its decimals."""
    from ovtui.metrics.number_format import duration, milliseconds

    return f"{milliseconds(value_ms)} ms" if value_ms is not None and value_ms < 1 else duration(value_ms)


def table_lines(found: CompileResult) -> list[str]:
    """Without control characters, which names may hold."""
    from ovtui.metrics.number_format import size
    from ovtui.settings.shown_text import shown

    first = found.runs[0].times
    release = first.openvino.partition("-")[0]
    name = f" ({first.full_name})" if first.full_name else ""
    lines = [
        f"{'model':<{_LABEL}}{found.model}",
        f"{'device':<{_LABEL}}{found.device}{name}, OpenVINO {release}",
        *([f"{'serves on':<{_LABEL}}{', '.join(first.execution_devices)}"] if _differs(first) else []),
        "",
        f"{'':<{_LABEL}}" + "".join(f"{_head(run):>{_COLUMN}}" for run in found.runs),
    ]
    rows: Sequence[tuple[str, Callable[[Compiled], str]]] = (
        ("read", lambda each: _wait(each.read_ms)),
        ("reshape", lambda each: _wait(each.reshape_ms)),
        ("compile", lambda each: _wait(each.compile_ms)),
        ("import", lambda each: _wait(each.import_ms)),
        ("handover", lambda each: _wait(each.handover_ms)),
        ("first inference", lambda each: _wait(each.first_inference_ms)),
        ("memory before", lambda each: size(each.memory_before_bytes)),
        ("memory after", lambda each: size(each.memory_after_bytes)),
        ("peak memory", lambda each: size(each.peak_memory_bytes)),
        ("blob", lambda each: size(each.blob_bytes)),
        ("cache folder", lambda each: size(each.cache_bytes)),
    )
    for label, text_of in rows:
        texts = [text_of(run.times) for run in found.runs]
        if _known(texts, found.runs, label):
            lines.append(f"{label:<{_LABEL}}" + "".join(f"{text:>{_COLUMN}}" for text in texts))
    properties = [f"{key} {first.properties[key]}" for key in _SHOWN if first.properties.get(key)]
    if properties:
        lines += ["", *(f"{'in force' if not n else '':<{_LABEL}}{text}" for n, text in enumerate(properties))]
    if found.exported:
        lines += ["", f"{'written':<{_LABEL}}{found.exported}"]
    return list(map(shown, lines))


def _known(texts: Collection[str], runs: Sequence[CompileRun], label: str) -> bool:
    """Whether a row is shown: without a cache it has none of a cache, and no run need have reshaped or imported."""
    from ovtui.metrics.number_format import UNKNOWN

    optional = ("reshape", "import", "handover", "cache folder")
    return any(text != UNKNOWN for text in texts) or (label not in optional and len(runs) > 0)


def _differs(times: Compiled) -> bool:
    return times.execution_devices != [times.device]


def _head(run: CompileRun) -> str:
    return run.way
