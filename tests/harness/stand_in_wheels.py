"""Small wheels in the place of large ones: what a push needs, in some kilobytes."""

from __future__ import annotations

import ensurepip
import shutil
import zipfile
from pathlib import Path

from ovtui import __version__

PROGRAM = f"""
import sys, time
def main():
    if "--version" in sys.argv:
        print("ovtui {__version__}")
    else:
        print("works", flush=True)
        time.sleep(float(sys.argv[1]))
"""


def make_wheel(
    folder: Path, name: str, version: str, *, files: dict[str, str] | None = None, requires: tuple[str, ...] = (),
    program: str = "", tag: str = "py3-none-any",
) -> Path:  # fmt: skip
    """`program`: its entry point, 'ovtui:main'."""
    path = folder / f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    members = {
        **(files or {f"{name}/__init__.py": ""}),
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {each}\n" for each in requires),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    if program:
        members[f"{info}/entry_points.txt"] = f"[console_scripts]\n{name} = {program}\n"
    record = f"{info}/RECORD"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, text in members.items():
            wheel.writestr(member, text)
        wheel.writestr(record, "".join(f"{member},,\n" for member in [*members, record]))
    return path


def stand_in_wheelhouse(folder: Path, *, program: str = PROGRAM) -> Path:
    """ovtui of this version, OpenVINO and numpy as empty packages, and pip as Python carries it."""
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.whl"):
        path.unlink()
    make_wheel(folder, "openvino", "2026.4.1")
    make_wheel(folder, "numpy", "2.4.6")
    make_wheel(
        folder, "ovtui", __version__, files={"ovtui/__init__.py": program}, requires=("openvino>=2026.1", "numpy"),
        program="ovtui:main",
    )  # fmt: skip
    shutil.copy(bundled_pip(), folder)
    return folder


def bundled_pip() -> Path:
    assert ensurepip.__file__
    return next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
