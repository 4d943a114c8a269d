"""Whether a process is frozen with its control group: what pauses a container (`docker pause`) does that.

Its threads are in state D (first version of control groups) or S (second), so that their states do not tell it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ovtui.settings.shown_text import shown


class Frozen(NamedTuple):
    file: str
    """That says so, as a path of the machine."""
    command: str
    """Thaws the group, for who may."""


def frozen(pid: int, proc: Path = Path("/proc"), root: Path = Path("/")) -> Frozen | None:
    """None where it is not, or nothing tells: a group above those that are seen from a container."""
    base = root / "sys/fs/cgroup"
    for line in _text(proc / str(pid) / "cgroup").splitlines():
        _, _, named = line.partition(":")
        controllers, _, path = named.partition(":")
        if not controllers:
            new = base if (base / "cgroup.controllers").exists() else base / "unified"
            file, state, thaws = "cgroup.freeze", "1", "0"
        elif "freezer" in controllers.split(","):
            new, file, state, thaws = base / "freezer", "freezer.self_freezing", "1", "THAWED"
        else:
            continue
        for folder in _groups(new, path):
            if _text(folder / file).strip() == state:
                written = folder / ("freezer.state" if controllers else file)
                typed = shlex.quote(_on_the_machine(written, root))
                return Frozen(_on_the_machine(folder / file, root), f"echo {thaws} | sudo tee {typed}")
    return None


def _groups(base: Path, path: str) -> Iterator[Path]:
    """The process's own group and those above it. Within a container /proc may have a path outside of it: then the
    topmost one is its own."""
    own = base / path.lstrip("/")
    folder = own if ".." not in own.parts and own.is_dir() else base
    while folder.is_relative_to(base):
        yield folder
        folder = folder.parent


def _on_the_machine(path: Path, root: Path) -> str:
    return shown(f"/{path.relative_to(root)}")


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
