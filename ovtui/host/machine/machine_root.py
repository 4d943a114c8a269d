"""The folder that stands for `/` where the machine's sensors and counters are looked for.

The environment variable OVTUI_MACHINE_ROOT names a copy of /sys and /proc of another machine: tests read made-up
machines from it, and a tree that was taken on a person's machine can be looked at elsewhere. Figures of the session's
own processes are those of this machine all the same."""

from __future__ import annotations

import os
from pathlib import Path

MACHINE_ROOT_VARIABLE = "OVTUI_MACHINE_ROOT"


def machine_root() -> Path:
    """`/`, unless OVTUI_MACHINE_ROOT names a folder."""
    return Path(os.environ.get(MACHINE_ROOT_VARIABLE) or "/")


def is_this_machine(root: Path) -> bool:
    """False for a copy of another machine's files: what processes do now is not to be found there."""
    return root == Path("/")
