"""Wheels for a box out of an index, by pip, and what it means where it has none."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ovtui.fleet.box import FleetError
from ovtui.fleet.push.pip_child import NO_PIP, OTHER_PIP
from ovtui.fleet.push.target import Target
from ovtui.settings.shown_text import shown

WHOLE_S = 1800.0
"""85 MB over a slow line."""
_UNREACHED = (
    "failed to establish a new connection", "name resolution", "newconnectionerror", "connection refused", "read timed",
    "connecttimeout", "network is unreachable", "proxyerror", "sslerror", "nameresolutionerror", "connection broken",
    "connection aborted", "max retries exceeded",
)  # fmt: skip
_NONE = re.compile(r"No matching distribution found for (\S[^\n(]*)")
_CONFLICT = re.compile(r"Cannot install (.+?) because")


class NoWheelError(FleetError):
    """Of one requirement there is none for the target; another Python may have one."""

    def __init__(self, requirement: str, text: str) -> None:
        super().__init__(text)
        self.requirement = requirement


def download(target: Target, requirements: Sequence[str], into: Path) -> None:
    """Puts the wheels of the requirements, and of all that they require on the target, into a folder. Blocks. Raises
    FleetError, NoWheelError."""
    words = [
        "download", "--only-binary=:all:", "--disable-pip-version-check", "--no-input", "--retries", "2",
        "--dest", str(into), *target.pip_options, *requirements,
    ]  # fmt: skip
    done = run_pip(target.markers, words)
    if done.returncode:
        raise _error(target, done.returncode, f"{done.stdout}\n{done.stderr}")


def run_pip(markers: dict[str, str], words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Blocks. Raises FleetError where it takes too long."""
    command = [sys.executable, "-m", "ovtui.fleet.push.pip_child", json.dumps(markers), *words]
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
            timeout=WHOLE_S, env={**os.environ, "PIP_NO_COLOR": "1", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise FleetError(
            f"pip has not ended in {WHOLE_S / 60:.0f} minutes; look whether the index is reached"
        ) from None


def _error(target: Target, code: int, told: str) -> FleetError:
    if code == NO_PIP:
        return FleetError(
            "there is no pip beside this ovtui to fetch wheels with: pip install 'ovtui[fleet]' brings it"
        )
    if code == OTHER_PIP:
        text = "this pip cannot be told of another machine's markers: pip install --upgrade 'ovtui[fleet]'"
        return FleetError(f"{text}, or --wheelhouse FOLDER with wheels that are there")
    lower = told.lower()
    if any(each in lower for each in _UNREACHED):
        return FleetError(
            "no index of wheels can be reached from here; --wheelhouse FOLDER takes wheels that are there"
        )
    if "no space left" in lower:
        return FleetError("the disk here is full: the wheels for the boxes need room in ~/.cache/ovtui")
    if (none := _NONE.search(told)) is not None:
        requirement = shown(none[1].strip())[:120]
        text = f"the index has no wheel of {requirement} for {target.text}: the system is too old for it"
        return NoWheelError(requirement, f"{text}, or the Python too new")
    if (conflict := _CONFLICT.search(told)) is not None:
        why = " ".join(line.strip() for line in told.partition("conflict is caused by:")[2].splitlines()[1:4])
        return FleetError(f"the requirements contradict each other: {shown(why or conflict[1])[:300]}")
    lines = [line.removeprefix("ERROR: ") for line in told.splitlines() if line.startswith("ERROR: ")] or [
        line for line in told.splitlines() if line.strip()
    ]
    return FleetError(f"pip failed: {shown(lines[-1])[:300]}" if lines else f"pip failed with {code} and said nothing")


def missing_index(error: FleetError, name: str) -> bool:
    """Whether it says that the index does not have a distribution at all, or not this version of it."""
    return isinstance(error, NoWheelError) and re.split(r"[\s=<>!~\[;]", error.requirement)[0].lower() == name
