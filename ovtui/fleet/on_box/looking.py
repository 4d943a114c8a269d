"""What a run needs to know of a box before anything is written there: its folders, its ovtui, the room on its disk."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ovtui import __version__
from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.on_box.asking import error_of
from ovtui.fleet.on_box.one_machine import TELL_BOOT, boot_of
from ovtui.fleet.on_box.script import find_ovtui
from ovtui.fleet.reach.line import Line
from ovtui.fleet.told import whole_number
from ovtui.settings.shown_text import shown

LEAST_FREE_KB = 4096
"""Less room is a full disk: a session writes its preset, its log and its recording."""


@dataclass(frozen=True, slots=True)
class OnBox:
    state: str
    """Folder of the fleet's runs; absolute."""
    models: str
    ovtui: str
    version: str
    free_kb: int | None
    """Room where the runs and the models are, the lesser of the two; None where it is not told."""
    boot: str = ""
    """As `one_machine.py` has it; empty where it is not told."""


def looking_script(box: Box) -> str:
    return f"""LC_ALL=C; export LC_ALL
echo "hello"
{find_ovtui(box)}free() {{
  each=$1
  while [ ! -d "$each" ]; do each=$(dirname -- "$each"); done
  df -Pk -- "$each" | awk 'END {{ print "free " $4 }}'
}}
printf '%s\\n' "state $STATE" "models $MODELS" "ovtui $OVTUI"
printf 'boot %s\\n' "$({TELL_BOOT})"
free "$STATE"
free "$MODELS"
printf 'version %s\\n' "$("$OVTUI" --version </dev/null 2>&1 | tail -n 1)"
"""


LOOK_S = 60.0
"""A small or busy box takes more than 8 s to start Python, which tells the version."""


async def look(line: Line, box: Box) -> OnBox:
    """Raises BoxError, also where its ovtui is of another version or its disk is full."""
    answer = await line.run(looking_script(box), silence_s=math.inf, whole_s=LOOK_S, most_bytes=1 << 20)
    if answer.status:
        raise error_of(box, answer.status, answer.stderr, "its sh")
    told: dict[str, list[str]] = {}
    for each in answer.stdout.decode(errors="surrogateescape").splitlines():
        key, _, value = each.partition(" ")
        told.setdefault(key, []).append(value)
    state, models, ovtui = (told.get(key, [""])[0] for key in ("state", "models", "ovtui"))
    if not (state.startswith("/") and models.startswith("/")):
        raise BoxError("failed", "it does not tell where its home folder is; set HOME there")
    version = told.get("version", [""])[0].removeprefix("ovtui ").strip()
    if version != __version__:
        raise _other_version(ovtui, version)
    free = [size for text in told.get("free", []) if (size := whole_number(text)) is not None]
    found = OnBox(state, models, ovtui, version, min(free, default=None), boot_of(told.get("boot", [""])[0]))
    if found.free_kb is not None and found.free_kb < LEAST_FREE_KB:
        raise BoxError("full-disk", f"its disk is full ({found.free_kb:,} kB left); make room there and run it again")
    return found


def _other_version(ovtui: str, version: str) -> BoxError:
    path = shown(ovtui)
    if version[:1].isdigit() and len(version) < 40:
        text = f"ovtui {shown(version)} is there ({path}) and {__version__} here; ovtui fleet push brings this one"
        return BoxError("old-ovtui", text)
    told = f": {shown(version)[:200]}" if version else ""
    return BoxError("no-ovtui", f"{path} does not run there{told}; ovtui fleet push brings one that does")
