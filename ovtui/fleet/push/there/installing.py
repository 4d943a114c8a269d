"""Wheels into a venv at a new path, which takes the old one's place by a rename."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ovtui.fleet.push.there.folders import (
    DIGEST,
    Trouble,
    data_folder,
    free_bytes,
    own_folder,
    own_folder_below,
    read_marker,
    remove_tree,
    sha256,
    take_lock,
    write_marker,
)
from ovtui.fleet.push.there.processes import processes_of

PIP_S = 1500.0
LINES_TOLD = 3
PART_S = 86_400.0
"""After which a wheel that was not sent to its end is gone on with by nobody."""


def look(request: dict[str, Any]) -> dict[str, Any]:
    """`wheels`: SHA-256 by name of the file. `make`: the folders to send into are made."""
    data = data_folder()
    own_folder(data, make=request["make"])
    wheels = data / "wheels"
    own_folder_below(wheels, make=request["make"])
    here = [name for name, digest in request["wheels"].items() if sha256(wheels / name) == digest]
    pushed = read_marker(data)
    program = data / "venv" / "bin" / "ovtui"
    return {
        "data": str(data), "wheels": here, "pushed": pushed, "free_bytes": free_bytes(data),
        "version": version_of(program) if pushed is not None and program.exists() else "",
        "unmarked": pushed is None and os.path.lexists(data / "venv") and not is_own_link(data / "venv"),
    }  # fmt: skip


def is_own_link(venv: Path) -> bool:
    """One that a push has made, which may have found the disk full before it could write down what it was."""
    return venv.is_symlink() and re.fullmatch(rf"venvs/{DIGEST.pattern}", str(venv.readlink())) is not None


def version_of(program: Path) -> str:
    """What `ovtui --version` prints; '' where it does not run."""
    try:
        done = subprocess.run(
            [str(program), "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=60,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return (done.stdout.split() or [""])[-1] if done.returncode == 0 else ""


def install(request: dict[str, Any]) -> dict[str, Any]:
    """A venv at a new path, then a link in the place of the old one. Raises Trouble, OSError."""
    data = data_folder()
    own_folder(data, make=True)
    lock = take_lock(data)
    try:
        return installed(request, data)
    finally:
        os.close(lock)


def installed(request: dict[str, Any], data: Path) -> dict[str, Any]:
    wheels = data / "wheels"
    for name, digest in request["wheels"].items():
        if sha256(wheels / name) != digest:
            (wheels / name).unlink(missing_ok=True)
            raise Trouble(f"{name} came here damaged, and was removed; push again")
    link = data / "venv"
    if os.path.lexists(link) and not link.is_symlink():
        raise Trouble(f"{link} is no link of ovtui fleet push: move it away")
    own_folder_below(data / "venvs", make=True)
    venv = data / "venvs" / request["digest"]
    if not (venv / "complete").is_file() or version_of(venv / "bin" / "ovtui") != request["version"]:
        remove_tree(venv)
        make_venv(request, wheels, venv)
    version = version_of(venv / "bin" / "ovtui")
    if version != request["version"]:
        remove_tree(venv)
        raise Trouble(f"the new ovtui there says version {version or 'nothing'} instead of {request['version']}")
    new = data / f".venv-{os.getpid()}"
    new.unlink(missing_ok=True)
    new.symlink_to(f"venvs/{request['digest']}")
    new.replace(link)
    told = linked(link / "bin" / "ovtui") if request["link"] else ""
    marker = {
        "digest": request["digest"], "version": request["version"], "openvino": request["openvino"],
        "python": request["python"], "wheels": request["wheels"], "pushed_s": time.time(),
        "link": str(program_link()) if request["link"] and not told else (read_marker(data) or {}).get("link"),
    }  # fmt: skip
    write_marker(data, marker)
    kept = remove_old(data, request["digest"], set(request["wheels"]))
    return {"version": version, "told": told, "kept": kept, "venv": str(link)}


def make_venv(request: dict[str, Any], wheels: Path, venv: Path) -> None:
    own = [sys.executable, "-m", "venv", "--without-pip", str(venv)]
    run(own, "no virtual environment could be made", venv)
    names = venv / "constraints.txt"
    names.write_text("".join(f"{each}\n" for each in request["constraints"]))
    pip = [
        str(venv / "bin" / "python"), str(wheels / request["pip"] / "pip"), "install", "--no-index", "--no-cache-dir",
        "--disable-pip-version-check", "--no-input", "--no-compile", "--find-links", str(wheels),
        "--constraint", str(names), request["requirement"],
    ]  # fmt: skip
    run(pip, "pip could not put the wheels in place", venv)
    check = [str(venv / "bin" / "python"), "-c", "import openvino"]
    if request["openvino"]:
        run(check, "OpenVINO does not start there", venv)
    (venv / "complete").touch()


def run(command: list[str], what: str, venv: Path) -> None:
    """Raises Trouble with the last lines that it said; the venv is removed then."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
            timeout=PIP_S, env=environment | {"PIP_CONFIG_FILE": os.devnull},
        )  # fmt: skip
        conflict = done.stdout.partition("conflict is caused by:\n")[2]
        lines = [line.strip() for line in (conflict or done.stderr or done.stdout).splitlines() if line.strip()]
        lines = lines[:LINES_TOLD] if conflict else lines
        failed = done.returncode != 0
    except subprocess.TimeoutExpired:
        lines, failed = [f"no end in {PIP_S:.0f} s"], True
    if failed:
        remove_tree(venv)
        told = "; ".join(lines[-LINES_TOLD:]) or "no reason was given"
        full = "no space left" in told.lower() or "disk quota" in told.lower()
        raise Trouble(f"{what}: {told}", "full-disk" if full else "failed")


def program_link() -> Path:
    return Path(os.environ["HOME"]) / ".local" / "bin" / "ovtui"


def linked(target: Path) -> str:
    """Puts ~/.local/bin/ovtui there; why not, where something else has this name."""
    link = program_link()
    if os.path.lexists(link) and not (link.is_symlink() and link.readlink() == target):
        return f"{link} is there already and was left alone"
    if not os.path.lexists(link):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    return ""


def remove_old(data: Path, digest: str, wheels: set[str]) -> list[str]:
    """Venvs that no process runs out of, and wheels of no use; returns the venvs that stay."""
    kept = []
    for path in (data / "venvs").iterdir():
        if path.name != digest and DIGEST.fullmatch(path.name):
            if processes_of([path]):
                kept.append(str(path))
            else:
                remove_tree(path)
    for path in (data / "wheels").iterdir():
        is_old_part = path.name.endswith(".part") and time.time() - path.lstat().st_mtime > PART_S
        if path.name not in wheels and (path.name.endswith(".whl") or is_old_part):
            path.unlink()
    return kept
