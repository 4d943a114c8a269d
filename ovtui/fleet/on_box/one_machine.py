"""Boxes that are one machine: named twice, or containers of one host. They measure beside each other."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ovtui.fleet.box import BoxError
from ovtui.fleet.reach.line import Line
from ovtui.settings.listing import first_few
from ovtui.settings.shown_text import shown

TELL_BOOT = 'cat "${OVTUI_MACHINE_ROOT:-}/proc/sys/kernel/random/boot_id" 2>/dev/null'
"""The kernel's own number, new at each start of a machine: a machine-id is copied with a disk."""
BOOT_SCRIPT = f"{TELL_BOOT}\nexit 0\n"
_BOOT = re.compile(r"[0-9a-f-]{36}")
_MOST_NAMED = 4


def boot_of(told: str) -> str:
    """Empty for what is no such number."""
    return told.strip() if _BOOT.fullmatch(told.strip()) else ""


async def ask_boot(line: Line) -> str:
    """Empty where it does not tell. Raises BoxError where the line is lost."""
    try:
        answer = await line.run(BOOT_SCRIPT, most_bytes=1 << 20)
    except BoxError as error:
        if error.kind in ("lost", "silent"):
            raise
        return ""
    return boot_of(answer.stdout.decode(errors="replace"))


def one_machine_sentences(boots: Mapping[str, str]) -> list[str]:
    """`boots`: by the name of the box."""
    found: dict[str, list[str]] = {}
    for name, boot in boots.items():
        if boot:
            found.setdefault(boot, []).append(shown(name))
    return [
        f"{first_few(names, _MOST_NAMED)} are one machine: they measure beside each other"
        for names in found.values()
        if len(names) > 1
    ]
