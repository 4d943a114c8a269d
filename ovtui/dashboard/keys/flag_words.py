"""Sentences that name flags of the command line, as the dashboard says them: with the row of the settings pane.

The engine and the schema write '--shape', which a person in front of a dashboard cannot type there. Whole commands
(`ovtui run --shape ...`) stay as they are: they are to be typed in a shell."""

from __future__ import annotations

import re
from functools import cache

from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.settings.schema.fields import Field
from ovtui.settings.schema.settings import fields

_FLAG = re.compile(r"(?<![\w-])--([a-z][a-z-]*)")
_COMMANDS = re.compile(r"\b(ovtui|pip|apt|optimum-cli|paddle2onnx|python|ovc) [^;]*$")
"""What stands before a flag that belongs to a command."""


@cache
def _by_flag() -> dict[str, Field]:
    """'shape' to the field shape; of a switch ('--a/--no-a') both."""
    found = {}
    for field in fields().values():
        for flags in field.spec.flags:
            for flag in flags.split("/"):
                found[flag.removeprefix("--")] = field
    return found


def without_flags(text: str) -> str:
    """'give them with --shape' as 'give them with shape', and '--set KEY=VALUE' as 'KEY=VALUE'."""
    return _replaced(text)[0]


def with_rows(text: str, keys: KeyBindings) -> str:
    """The same, and at the end the keys that lead to the first of these rows: '... with shape (s, then /shape)'."""
    told, first = _replaced(text)
    return told if first is None else f"{told} ({row_keys(first, keys)})"


def row_keys(field: Field, keys: KeyBindings) -> str:
    """The keys from a view to a row of the settings pane: 's, then r', and 's, then /shape' for a row without one."""
    own = field.spec.key or f"{keys.first('search')}{field.label}"
    return f"{keys.first('settings')}, then {own}"


def _replaced(text: str) -> tuple[str, Field | None]:
    """The text without flags, and the setting of the first one that has a row."""
    first: Field | None = None

    def word(found: re.Match[str]) -> str:
        nonlocal first
        field = _by_flag().get(found[1])
        if field is None or _COMMANDS.search(text[: found.start()]):
            return found[0]
        if found[1] == "set":
            return "\0"
        first = first or field
        return field.label

    return _FLAG.sub(word, text).replace("\0 ", "").replace("\0", "properties"), first
