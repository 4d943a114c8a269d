"""`ovtui layers`: the times of a model's layers on a device, or on two beside each other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.options import SettingsCommand, engine_options, resolved_from
from ovtui.cli.output import check_json_path, json_option, why_not_writable, write_both
from ovtui.cli.path_type import PATH
from ovtui.cli.several_devices import several_devices, take_devices
from ovtui.cli.streams import require_stdout
from ovtui.cli.time_limit import time_limit_option
from ovtui.cli.whole_reason import verbose_option

if TYPE_CHECKING:
    from ovtui.records.layers import Layers
    from ovtui.settings.schema.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
_MOST_DEVICES = 2
_MOST_INFERENCES = 100_000


def _own_hint(command: F) -> F:
    """The help of the setting tells another default than is taken here; to be put above what adds the settings."""
    for parameter in getattr(command, "__click_params__", []):
        if isinstance(parameter, click.Option) and parameter.name == "hint":
            parameter.help = "What the device is tuned for; latency where nothing says it.  [OVTUI_HINT]"
    return command


@click.command(cls=SettingsCommand)
@_own_hint
@several_devices("The device; twice for two beside each other, as -d CPU -d GPU.")
@engine_options
@click.option(
    "--sort", type=click.Choice(["time", "order", "name", "type"]), default="time", show_default=True,
    help="The order of the table; order is that of execution.",
)  # fmt: skip
@click.option(
    "--filter", "pattern", default="", metavar="TEXT",
    help="Show the layers that have each word of TEXT in their name, type, kernel, or an original name.",
)  # fmt: skip
@click.option("--top", type=click.IntRange(min=1), default=None, metavar="N", help="Show the first N layers.")
@click.option(
    "--inferences", type=click.IntRange(1, _MOST_INFERENCES), default=100, show_default=True, metavar="N",
    help="How many inferences are profiled.",
)  # fmt: skip
@click.option(
    "--csv", "csv_path", type=PATH, default="", metavar="FILE", help="Write all layers as CSV to FILE, or - for stdout."
)
@json_option
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of the result and stop.")
@click.option(
    "--exec-graph", "graph_path", type=PATH, default="", metavar="FILE.xml",
    help="Write the runtime graph with the times to FILE; of two devices to FILE-DEVICE.",
)  # fmt: skip
@time_limit_option(300.0, "How long each device may take; when it is near, what has been measured counts.")
@verbose_option
def layers(
    sort: str, pattern: str, top: int | None, inferences: int, csv_path: str, json_path: str, json_schema: bool,
    graph_path: str, limit_s: float, verbose: bool, **given: Any,
) -> int:  # fmt: skip
    """Tell how long each layer takes. A second, profiled engine runs in turns with an untouched one, one request in
    flight; what profiling costs is their difference. Nothing else is measured meanwhile. The table has the median and
    the 95th percentile of each layer, its share of all, and the shares added up."""
    if json_schema:
        from ovtui.metrics.layers.result import json_schema as schema

        click.echo(schema())
        return Exit.FINE
    devices = take_devices(given)
    if len(devices) > _MOST_DEVICES:
        raise click.UsageError(f"-d: {len(devices)} devices are given; two can stand beside each other")
    settings = _settings({**given, "device": devices[0] if devices else None})
    devices = devices or [settings.device]
    graphs = _graph_paths(graph_path, devices)
    _check_paths(json_path, csv_path, graphs)
    if refusal := _misspelt(devices):
        notify(refusal)
        return Exit.UNUSABLE
    found = []
    for device in devices:
        profiled = _profile(settings, device, inferences, bool(graph_path), limit_s, verbose)
        if isinstance(profiled, Exit):
            return profiled
        found.append(profiled)
    return _write(settings, found, graphs, csv_path, json_path, (sort, pattern, top, verbose))


def _settings(given: dict[str, Any]) -> Settings:
    """One request is in flight: where nobody says for what the device is compiled, it is one request's latency. Raises
    click.UsageError."""
    import msgspec

    found = resolved_from(given)
    if "hint" in found.set_explicitly() or "PERFORMANCE_HINT" in found.settings.properties:
        return found.settings
    return msgspec.structs.replace(found.settings, hint="latency")


def _profile(
    settings: Settings, device: str, inferences: int, graph: bool, limit_s: float, verbose: bool
) -> Layers | Exit:
    import msgspec

    from ovtui.cli.layers_progress import layers_progress
    from ovtui.host.layers_profiler import NotProfiled, profile_layers

    settings = msgspec.structs.replace(settings, device=device)
    try:
        with layers_progress(device) as show:
            return profile_layers(settings, inferences=inferences, graph=graph, limit_s=limit_s, on_step=show)
    except NotProfiled as error:
        notify(str(error), error.detail if verbose else "")
        return Exit.USAGE if error.misused else Exit.UNUSABLE


def _write(
    settings: Settings,
    found: Sequence[Layers],
    graphs: Sequence[str],
    csv_path: str,
    json_path: str,
    view: tuple[str, str, int | None, bool],
) -> int:
    """The files come first: whoever reads stdout may be gone. Raises click.ClickException where one was not written,
    once all others are."""
    from ovtui.cli.layers_text import layers_lines
    from ovtui.metrics.layers.result import csv_lines, layers_result, to_json
    from ovtui.terminal.terminal_size import terminal_size

    result = layers_result(settings, found)
    failed = [
        _put(path, "--exec-graph", each.graph_xml) for path, each in zip(graphs, found, strict=True)
    ] if graphs else []  # fmt: skip
    failed.append(_put(csv_path, "--csv", "".join(csv_lines(result))) if csv_path not in ("", "-") else "")

    def print_text() -> None:
        if csv_path == "-":
            sys.stdout.buffer.write("".join(csv_lines(result)).encode("utf-8", "surrogateescape"))
            return
        width = terminal_size(1).columns if sys.stdout.isatty() else None
        sort, pattern, top, verbose = view
        print("\n".join(layers_lines(found, sort, pattern, top, width=width, whole=verbose)))  # type: ignore[arg-type]

    write_both(json_path, lambda: to_json(result), print_text, text_name="table")
    if any(failed):
        raise click.ClickException("; ".join(filter(None, failed)))
    return Exit.FINE


def _put(path: str, option: str, text: str) -> str:
    """Why the file was not written; empty where it was."""
    try:
        Path(path).write_bytes(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        return f"{option} {path}: {error.strerror}"
    return ""


def _graph_paths(path: str, devices: Sequence[str]) -> list[str]:
    """One for each device; empty where none are asked for."""
    if not path or len(devices) == 1:
        return [path] if path else []
    file = Path(path)
    plain = ["".join(c if c.isalnum() or c == "." else "_" for c in device) for device in devices]
    return [str(file.with_name(f"{file.stem}-{device}{file.suffix}")) for device in plain]


def _check_paths(json_path: str, csv_path: str, graphs: Sequence[str]) -> None:
    """Before anything is measured. Raises click.UsageError."""
    check_json_path(json_path)
    if csv_path == "-":
        require_stdout("--csv -")
        if json_path == "-":
            raise click.UsageError("--csv - and --json -: only one of them can go to stdout")
    named = [("--csv", csv_path), *(("--exec-graph", path) for path in graphs), ("--json", json_path)]
    seen: dict[Path, str] = {}
    for option, path in named:
        if path == "-" and option == "--exec-graph":
            raise click.UsageError("--exec-graph -: name a file")
        if path in ("", "-"):
            continue
        if reason := why_not_writable(Path(path).absolute()):
            raise click.UsageError(f"{option} {path}: {reason}")
        if other := seen.get(Path(path).absolute()):
            raise click.UsageError(f"{option} {path}: {other} writes that file already; name another one")
        seen[Path(path).absolute()] = option


def _misspelt(devices: Sequence[str]) -> str:
    from ovtui.settings.device_names import candidates, wrong_letters

    return next((why for device in devices for name in candidates(device, ()) if (why := wrong_letters(name))), "")
