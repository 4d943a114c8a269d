"""What went wrong with boxes, on stderr: one sentence for those with which the same is wrong."""

from __future__ import annotations

from collections.abc import Iterable

from ovtui.cli.exits import notify
from ovtui.settings.listing import first_few_listed

_SHOWN_NAMES = 5


def tell_problems(problems: Iterable[tuple[str, str]]) -> bool:
    """`problems`: names of boxes, and a sentence without the name. Whether there was one."""
    by_text: dict[str, list[str]] = {}
    for name, text in problems:
        by_text.setdefault(text, []).append(name)
    for text, names in by_text.items():
        notify(f"{first_few_listed(names, _SHOWN_NAMES)}: {text}")
    return bool(by_text)
