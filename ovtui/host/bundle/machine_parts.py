"""The parts of a bundle that tell of the machine: doctor, devices, environment, versions, ovtui's own log and
crashes."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from ovtui import __version__
from ovtui.host import state_paths
from ovtui.host.bundle.asked_commands import CommandAnswer, ask_command
from ovtui.host.bundle.parts import Parts
from ovtui.host.doctor.report_lines import report_lines
from ovtui.host.session_socket import SessionSocketError
from ovtui.records.doctor import from_json

DOCTOR_LIMIT_S = 30.0
DEVICES_LIMIT_S = 60.0
"""A plugin whose driver hangs answers nothing; the other parts are worth the wait."""
_DOCTOR_COLUMNS = 120
_LOG_BYTES = 256 << 10
"""The newest of the hosts' log."""
_CRASH_BYTES = 1 << 20
_MOST_CRASHES = 10
_VARIABLES = re.compile(
    r"(?:OVTUI|OPENVINO|OV|OCL|CL|ZE|ZES|ZET|ZEL|OMP|KMP|GOMP|TBB|NEO|IGC|INTEL|ONEAPI|SYCL|NPU|VPU|LIBVA|POCL|LC|XDG)_\w*|"
    r"LANG|LANGUAGE|TERM|COLORTERM|NO_COLOR|TERM_PROGRAM|LD_LIBRARY_PATH|LD_PRELOAD|PATH|PYTHONPATH|VIRTUAL_ENV|TZ|"
    r"CUDA_VISIBLE_DEVICES|DISPLAY|container|MALLOC_\w*|INTEL_OPENVINO_DIR|HF_HOME|TMPDIR"
)
_SECRET = re.compile(r"(?:^|_)(?:TOKEN|SECRET|PASS|PASSWD|PASSWORD|APIKEY|API_KEY|CREDENTIALS?|COOKIE|AUTH)(?:_|$)")
_PACKAGES = re.compile(
    r"openvino|nncf|optimum|onnx|numpy|msgspec|textual|rich|click|plotext|tomlkit|pyopencl|torch|tensorflow|transformers|"
    r"intel|dpctl|pillow|ovtui",
    re.IGNORECASE,
)
Tell = Callable[[str], None]


def add_machine_parts(parts: Parts, tell: Tell) -> None:
    """Raises OSError where the disk is full."""
    tell("asking: ovtui doctor")
    _add_doctor(parts)
    tell("asking: ovtui devices")
    add_command(parts, "devices.json", ["devices", "--json"], "every property of every device", DEVICES_LIMIT_S)
    for name, holds, lines in (
        ("environment.txt", "variables of OpenVINO, its drivers, the terminal and ovtui", _variables()),
        ("versions.txt", "versions of ovtui, OpenVINO, Python, the kernel and the distribution", _versions()),
    ):
        parts.attempt(name, holds, partial(parts.add_text, name, holds, lines))


def _add_doctor(parts: Parts) -> None:
    answer = ask_command(["doctor", "--json"], DOCTOR_LIMIT_S)
    holds = "each device from the PCI bus to one inference, what is wrong"
    add_answer(parts, "doctor.json", holds, answer)
    name, holds = "doctor.txt", "the same for a reader"
    try:
        lines = report_lines(from_json(answer.output), _DOCTOR_COLUMNS, plain=False)
    except msgspec.MsgspecError:
        parts.add_missing(name, holds, "doctor.json is missing")
        return
    parts.attempt(name, holds, partial(parts.add_text, name, holds, (f"{line.text.rstrip()}\n" for line in lines)))


def add_command(
    parts: Parts, name: str, words: list[str], holds: str, limit_s: float, folder: Path | None = None
) -> None:
    """What one of ovtui's commands prints."""
    add_answer(parts, name, holds, ask_command(words, limit_s, folder))


def add_answer(parts: Parts, name: str, holds: str, answer: CommandAnswer) -> None:
    """A part of what a command printed."""
    if answer.problem and not answer.output.strip():
        parts.add_missing(name, holds, answer.problem)
    else:
        parts.attempt(name, holds, lambda: parts.add_answer(name, holds, answer.output, answer.problem))


def add_own_files(parts: Parts, since_s: float, until_s: float) -> None:
    """ovtui's log and the tracebacks written in this span of Unix time."""
    try:
        folder = state_paths.state_folder()
    except SessionSocketError as error:
        parts.add_missing("host.log", "what hosts said when they failed", str(error))
        return
    log, holds = folder / "host.log", "what the hosts of sessions said when they failed, the newest"
    if file_bytes(log):
        parts.attempt("host.log", holds, lambda: parts.add_text("host.log", holds, _lines_of(log, _LOG_BYTES)))
    crashes = folder / "crashes"
    found = sorted(_written_between(crashes.glob("*.txt"), since_s, until_s), key=_mtime, reverse=True)
    for number, path in enumerate(found[:_MOST_CRASHES], 1):
        name, holds = f"crash-{number}.txt", f"traceback of {time.strftime('%F %T', time.localtime(_mtime(path)))}"
        parts.attempt(name, holds, partial(parts.add_text, name, holds, _lines_of(path, _CRASH_BYTES)))


def _written_between(paths: Iterable[Path], since_s: float, until_s: float) -> Iterator[Path]:
    return (path for path in paths if file_bytes(path) and since_s <= _mtime(path) <= until_s)


def file_bytes(path: Path) -> int:
    """0 where there is no such file."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):  # a NUL in its name
        return 0


def _mtime(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _lines_of(path: Path, most_bytes: int) -> Iterator[str]:
    """The last lines of a file."""
    with path.open("rb") as file:
        file.seek(max(file_bytes(path) - most_bytes, 0))
        for line in file:
            yield line.decode("utf-8", "surrogateescape")


def _variables() -> Iterator[str]:
    """Values of variables that are named after a secret stay here, also where names are wanted."""
    for name, value in sorted(os.environ.items()):
        if _VARIABLES.fullmatch(name):
            yield f"{name}={'<secret>' if _SECRET.search(name) else value}\n"


def _versions() -> Iterator[str]:
    system = os.uname()
    yield f"ovtui {__version__}\nPython {platform.python_version()} ({platform.python_implementation()})\n"
    yield f"{system.sysname} {system.release} {system.version} {system.machine}\n{_distribution()}\n"
    found = {}
    for package in importlib.metadata.distributions():
        name = package.metadata["Name"] or ""
        if _PACKAGES.match(name):
            found[name.lower()] = package.version
    for name, version in sorted(found.items()):
        yield f"version {name} {version}\n"


def _distribution() -> str:
    try:
        told = platform.freedesktop_os_release()
    except OSError:
        return "distribution not known: there is no os-release"
    return told.get("PRETTY_NAME") or told.get("NAME") or "distribution not named in os-release"
