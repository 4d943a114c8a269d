"""How a session is kept: its recording, what a hang-up does to it, its metrics for Prometheus. None of this changes a
measurement, so these are flags and OVTUI_ variables, not settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ovtui.cli import completers
from ovtui.cli.exits import notify
from ovtui.cli.path_type import PATH
from ovtui.settings.paths import shell_line
from ovtui.settings.shown_text import in_quotes

if TYPE_CHECKING:
    from ovtui.host.client_protocol import SessionOptions
    from ovtui.records.experiment import Experiment
    from ovtui.settings.schema.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
_SIZES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_TIMES_S = {"s": 1.0, "": 60.0, "m": 60.0, "h": 3600.0}
LONGEST_KEEP_S = 7 * 86_400.0


def size_option_value(context: click.Context, parameter: click.Parameter, text: str) -> int:  # noqa: ARG001
    if context.resilient_parsing:  # a shell completes: the import below is a tenth of its time
        return 0
    from ovtui.records.session_file.writer import MIN_LIMIT_BYTES

    number, unit = _split(text.lower().removesuffix("b").removesuffix("i"))
    if number is None or unit not in _SIZES or number * _SIZES[unit] < MIN_LIMIT_BYTES:
        raise click.BadParameter(f"{in_quotes(text)} is not a size of 4M or more, such as 500M or 4G")
    return int(number * _SIZES[unit])


def duration_option_value(context: click.Context, parameter: click.Parameter, text: str) -> float:  # noqa: ARG001
    number, unit = _split(text.lower())
    if number is None or unit not in _TIMES_S or number * _TIMES_S[unit] > LONGEST_KEEP_S:
        raise click.BadParameter(f"{in_quotes(text)} is not a time up to 168h, such as 30m or 8h")
    return number * _TIMES_S[unit]


def _split(text: str) -> tuple[float | None, str]:
    """Number and unit of '30m'; None for a number that is negative, infinite or missing."""
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
    try:
        number = float(digits)
    except ValueError:
        return None, ""
    return (number if 0 <= number < float("inf") else None), text[len(digits) :].strip()


_OPTIONS = (
    click.option(
        "--record", "record", type=PATH, default="", metavar="FILE", envvar="OVTUI_RECORD",
        shell_complete=completers.paths,
        help="Record the session to FILE; without it, to a file that is kept until newer ones push it out "
        "(ovtui replay shows the last).  [OVTUI_RECORD]",
    ),
    click.option(
        "--no-record", "no_record", is_flag=True, envvar="OVTUI_NO_RECORD", help="Record nothing.  [OVTUI_NO_RECORD]"
    ),
    click.option(
        "--record-limit", "record_limit", default="1G", metavar="SIZE", envvar="OVTUI_RECORD_LIMIT",
        callback=size_option_value, show_default=True,
        help="Size of the recording; beyond it the oldest requests go.  [OVTUI_RECORD_LIMIT]",
    ),
    click.option(
        "--on-hangup", "on_hangup", type=click.Choice(["keep", "stop"]), default=None, envvar="OVTUI_ON_HANGUP",
        help="When the terminal vanishes, keep the session running (the dashboard does by itself) or stop it. keep "
        "also outlives a killed dashboard.  [OVTUI_ON_HANGUP]",
    ),
    click.option(
        "--keep-for", "keep_s", default="30m", metavar="TIME", envvar="OVTUI_KEEP_FOR", callback=duration_option_value,
        show_default=True,
        help="How long a session goes on after a hang-up, and a finished one waits for an attach.  [OVTUI_KEEP_FOR]",
    ),
    click.option(
        "--prometheus", "prometheus", default="", metavar="[HOST:]PORT", envvar="OVTUI_PROMETHEUS",
        help="Serve metrics for Prometheus at http://HOST:PORT/metrics; HOST is 127.0.0.1 unless given.  "
        "[OVTUI_PROMETHEUS]",
    ),
)  # fmt: skip
NAMES = ("record", "no_record", "record_limit", "on_hangup", "keep_s", "prometheus")


def session_options(command: F) -> F:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def session_options_from(given: dict[str, Any], settings: Settings, *, measure_idle: bool = False) -> SessionOptions:
    """The options among a command's parameters, which are removed from `given`. Raises click.UsageError.

    `settings`: with which the session begins, whatever of them a preset gives.
    An unnamed recording may push out the oldest, so call this when nothing else of the command can be refused."""
    from ovtui.host.client_protocol import SessionOptions

    values = {name: given.pop(name) for name in NAMES}
    prometheus = _address(values["prometheus"]) if values["prometheus"] else ""
    return SessionOptions(
        record="" if values["no_record"] else _path(values["record"]),
        record_limit_bytes=values["record_limit"],
        on_hangup=values["on_hangup"] or "auto",
        keep_s=values["keep_s"],
        prometheus=prometheus,
        measure_idle=measure_idle,
        command=shell_line(["ovtui", *sys.argv[1:]]),
        experiment=_experiment(given.get("preset") or "", settings),
    )


def _experiment(preset: str, settings: Settings) -> Experiment | None:
    from ovtui.records.experiment import of_preset
    from ovtui.settings.files.presets import find

    return of_preset(find(preset), settings) if preset else None


def _path(given: str) -> str:
    """Where the session is recorded, checked before anything is measured. Raises click.UsageError: a recording is never
    written over another file."""
    if not given:
        return _unnamed()
    path = Path(given).absolute()
    if os.path.lexists(path):  # False, too, where nothing could be looked up: the claim tells
        raise click.UsageError(f"--record {given}: that exists already; name a new file")
    reason = _why_not_claimed(path)
    if reason:
        raise click.UsageError(f"--record {given}: {reason}")
    return str(path)


def _why_not_claimed(path: Path) -> str:
    """Claims a file for the host that is started next, so that of several runs one records; gives it up at the end of
    this command where no host has taken it. Returns why that is not possible; empty where it is."""
    from ovtui.records.session_file.claim import give_up, make_claim

    if not os.path.isdir(path.parent):  # noqa: PTH112
        return f"there is no folder {path.parent}"
    try:
        claim = make_claim(str(path))
    except FileExistsError:
        return "that exists already; name a new file"
    except (OSError, ValueError) as error:
        return f"it cannot be written ({getattr(error, 'strerror', error)})"
    click.get_current_context().call_on_close(partial(give_up, str(path), claim))
    return ""


def _unnamed() -> str:
    from ovtui.host import state_paths

    try:
        path = state_paths.new_recording()
    except OSError as error:
        notify(f"not recorded: {error}")
        return ""
    reason = state_paths.why_not_in_home()
    if reason:
        notify(reason)
    return path


def _address(text: str) -> str:
    from importlib.util import find_spec

    if find_spec("prometheus_client") is None:
        raise click.UsageError(
            f"--prometheus needs a package that is not here: {sys.executable} -m pip install prometheus-client"
        )
    host, _, port = text.rpartition(":")
    if not port.isdigit() or not 0 <= int(port) <= 65535:
        raise click.UsageError(f"--prometheus {in_quotes(text)}: write a port, or HOST:PORT such as 127.0.0.1:9464")
    return f"{host or '127.0.0.1'}:{port}"
