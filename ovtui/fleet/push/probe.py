"""What a box has that ovtui could be put into: asked by a script in POSIX sh, which needs nothing there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.on_box.script import quoted, quoted_path
from ovtui.fleet.push.target import ARCHITECTURES, LEAST_PYTHON, NEWEST_PYTHON, Target
from ovtui.fleet.told import decoded, whole_number
from ovtui.settings.shown_text import in_quotes, shown

_NEWEST_GLIBC = 200
"""A number below: each older one has a tag of its own."""
MARK = "ovtui-probe "
"""Before each line of the answer: a box may greet whoever comes."""
_NAMES = ("python3.14", "python3.13", "python3.12", "python3.11", "python3")
_PLACES = (
    "/usr/bin", "/usr/local/bin", "/opt/python*/bin", "/opt/python/*/bin", "/opt/conda/bin", "$HOME/.local/bin",
    "$HOME/.local/share/uv/python/*/bin", "$HOME/.pyenv/versions/*/bin", "$HOME/miniconda3/bin",
    "$HOME/miniforge3/bin", "$HOME/anaconda3/bin",
)  # fmt: skip
_ASK = """
import json, os, struct, sys
try:
    import sysconfig
    free = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
except Exception:
    free = False
try:
    import venv
    has_venv = True
except Exception:
    has_venv = False
try:
    libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
except Exception:
    libc = ""
own = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
print("%s python " + json.dumps({
    "path": own, "version": list(sys.version_info[:3]), "bits": struct.calcsize("P") * 8,
    "free_threaded": free, "implementation": sys.implementation.name, "libc": libc, "has_venv": has_venv,
}))
""".strip()


_Number = Annotated[int, msgspec.Meta(ge=0, lt=1000)]
_MOST_PYTHONS = 100


class FoundPython(msgspec.Struct, frozen=True):
    path: str
    """Of the program itself, behind links, shims and virtual environments."""
    version: tuple[_Number, _Number, _Number]
    bits: int
    free_threaded: bool
    implementation: str
    libc: str
    """'glibc 2.36'; empty for another C library."""
    has_venv: bool


class ProbedBox(msgspec.Struct, frozen=True):
    system: str
    """'Linux'."""
    machine: str
    """As `uname -m` says."""
    musl: bool
    pythons: tuple[FoundPython, ...]


def probe_script(box: Box) -> str:
    """A Python that the inventory names is the only one that is looked at."""
    ask = quoted([_ASK % MARK.strip()])
    looked = (
        f"look {quoted_path(box.python)}\n"
        if box.python
        else f"for name in {' '.join(_NAMES)}; do\n"
        '  found=$(command -v "$name") && look "$found"\n'
        f"  for place in {' '.join(_PLACES)}; do\n"
        '    [ -x "$place/$name" ] && look "$place/$name"\n'
        "  done\n"
        "done\n"
    )
    return (
        f'echo "{MARK}uname $(uname -s) $(uname -m)"\n'
        "for each in /lib/ld-musl-*; do\n"
        f'  [ -e "$each" ] && echo "{MARK}musl yes"\n'
        "done\n"
        "limit=\n"
        "command -v timeout >/dev/null 2>&1 && limit='timeout 10'\n"
        "seen=:\n"
        "look() {\n"
        '  case "$seen" in *":$1:"*) return ;; esac\n'
        '  seen="$seen$1:"\n'
        f'  $limit "$1" -c {ask} </dev/null 2>/dev/null\n'
        "}\n"
        f"{looked}"
        f'echo "{MARK}end"\n'
    )


def probed_box(printed: bytes) -> ProbedBox:
    """Raises BoxError where it is no answer."""
    lines = [line for line in printed.decode(errors="replace").splitlines() if line.startswith(MARK)]
    words = [line.removeprefix(MARK).partition(" ") for line in lines]
    told = {name: rest for name, _, rest in words}
    if "end" not in told or "uname" not in told:
        raise BoxError("failed", "its shell does not run a script in POSIX sh to its end")
    system, _, machine = told["uname"].partition(" ")
    pythons: dict[str, FoundPython] = {}
    for name, _, rest in words:
        if name == "python" and len(pythons) < _MOST_PYTHONS and (found := _found(rest)) is not None:
            pythons.setdefault(found.path, found)
    return ProbedBox(shown(system)[:40], shown(machine.strip())[:40], "musl" in told, tuple(pythons.values()))


def _found(text: str) -> FoundPython | None:
    return decoded(text.encode(errors="replace"), FoundPython)


def usable_pythons(box: Box, probed: ProbedBox) -> list[tuple[FoundPython, Target]]:
    """Those that ovtui can be put into, the best first, one of each version. Raises BoxError where there is none, and
    says what is missing."""
    architecture = ARCHITECTURES.get(probed.machine.lower(), "")
    if probed.system != "Linux":
        raise BoxError("no-python", f"it runs {probed.system}; ovtui runs on Linux")
    if not architecture:
        text = f"it is of {probed.machine}; there are wheels of OpenVINO for x86-64 and arm64 alone"
        raise BoxError("no-python", text)
    found: dict[tuple[int, int], tuple[FoundPython, Target]] = {}
    for python in sorted(probed.pythons, key=_preference):
        glibc = _glibc(python)
        if not _why_not(python) and glibc is not None:
            version = python.version[:2]
            found.setdefault(version, (python, Target(version, architecture, glibc)))
    if not found:
        raise BoxError("no-python", _why_none(box, probed))
    return list(found.values())


def _preference(python: FoundPython) -> tuple[bool, bool, int]:
    """Those that ovtui is tested with first; of these the system's own, since others may go with whatever brought them;
    of these the newest."""
    version = python.version[:2]
    return version > NEWEST_PYTHON, not python.path.startswith("/usr/"), -version[1]


def _glibc(python: FoundPython) -> tuple[int, int] | None:
    name, _, version = python.libc.partition(" ")
    numbers = version.split(".")[:2]
    found = [number for each in numbers if (number := whole_number(each)) is not None and number < _NEWEST_GLIBC]
    return (found[0], found[1]) if name == "glibc" and len(found) == 2 else None


def _why_not(python: FoundPython) -> str:
    version = ".".join(map(str, python.version))
    if python.implementation != "cpython":
        return f"{shown(python.implementation)[:20]} is not CPython"
    if python.version[:2] < LEAST_PYTHON:
        return f"Python {version} is too old"
    if python.bits != 64:
        return f"Python {version} is a program of {python.bits} bits"
    if python.free_threaded:
        return f"Python {version} is free-threaded, for which OpenVINO has no wheels"
    if not python.has_venv:
        return f"Python {version} lacks its module venv"
    return ""


def _why_none(box: Box, probed: ProbedBox) -> str:
    least = f"{LEAST_PYTHON[0]}.{LEAST_PYTHON[1]}"
    reasons = list(_reasons(probed.pythons))
    if not probed.pythons and box.python:
        return f"{in_quotes(box.python)} (ovtui_python of the inventory) is no Python there; correct the path"
    if probed.musl and not any(_glibc(each) for each in probed.pythons):
        return "its C library is musl, for which OpenVINO has no wheels; a container with glibc runs ovtui there"
    if not reasons:
        return f"no Python was found on it; ovtui needs one from {least} on: install it, or name it as ovtui_python"
    told = "; ".join(reasons)
    return f"no Python on it can run ovtui, which needs one from {least} on, of 64 bits ({told})"


def _reasons(pythons: Sequence[FoundPython]) -> Iterator[str]:
    for python in pythons[:8]:
        if why := _why_not(python) or ("" if _glibc(python) else "its C library is not glibc"):
            yield f"{why}: {in_quotes(python.path)}"
