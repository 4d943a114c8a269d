"""The dashboard's commands as what [keys] of the config file can rebind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ovtui.dashboard.commands import COMMANDS, Scope
from ovtui.settings.fields import fields
from ovtui.settings.keys import Action, KeyMap, resolve_keys

INNER_FIRST = (Scope.EDITING, Scope.SETTINGS, Scope.SESSION, Scope.ANYWHERE)
"""Scopes that act at once; the first wins."""


def actions() -> list[Action]:
    """A command that takes any of many keys, or that must always be within reach, is fixed, and so are the letters of
    the settings pane's rows."""
    commands = [
        Action(command.id, str(command.scope), command.keys, fixed=command.priority or not command.keys)
        for command in COMMANDS
    ]
    rows = [
        Action(f"row-{name}", str(Scope.SETTINGS), (field.knob.key,), fixed=True)
        for name, field in fields().items()
        if field.knob.key
    ]
    return [*commands, *rows]


def keys_in_force(wanted: Mapping[str, Any]) -> KeyMap:
    """What of the config's [keys] holds, and what is wrong with the rest."""
    return resolve_keys(wanted, actions(), INNER_FIRST)
