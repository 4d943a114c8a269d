"""`--only`: which boxes of an inventory are meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from ovtui.fleet.box import FleetError
from ovtui.fleet.inventory.box_variables import Named
from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.shown_text import in_quotes


def chosen(boxes: Sequence[Named], patterns: Iterable[str]) -> list[Named]:
    """Those that a pattern names, by name, group or 'box*', without those that one with '!' names. One pattern may have
    several, with commas between. Raises FleetError where one names none."""
    words = [word.strip() for pattern in patterns for word in pattern.split(",") if word.strip()]
    wanted = [word for word in words if not word.startswith("!")]
    left_out = [word.removeprefix("!") for word in words if word.startswith("!")]
    for word in (*wanted, *left_out):
        if not any(_names(word, box) for box in boxes):
            known = {name for box in boxes for name in (box.name, *box.entry.groups)}
            raise FleetError(f"--only: no box and no group is {in_quotes(word)}{did_you_mean(word, sorted(known))}")
    return [
        box
        for box in boxes
        if (not wanted or any(_names(word, box) for word in wanted)) and not any(_names(word, box) for word in left_out)
    ]


def _names(pattern: str, box: Named) -> bool:
    if pattern == "all":
        return True
    return any(pattern == name or fnmatchcase(name, pattern) for name in (box.name, box.entry.name, *box.entry.groups))
