"""The dashboard's commands as what [keys] of the config file can rebind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ovtui.dashboard.keys.commands import ALWAYS_IN_FOOTER, COMMANDS, Scope
from ovtui.settings.keymap.resolve import Action, KeyMap, resolve_keys
from ovtui.settings.schema.settings import fields

_PANE = (Scope.EDITING, Scope.SEARCHING, Scope.SETTINGS)
_PAGES = (Scope.SESSION, Scope.BATCHES, Scope.DISTRIBUTION, Scope.LISTS)
"""Scopes of which one acts at a time: each view's own."""
INNER: dict[str, Sequence[str]] = {
    Scope.SETTINGS: _PANE[:2],
    Scope.SESSION: _PANE,
    Scope.ANYWHERE: (*_PANE, *_PAGES),
}
"""Which scopes win over one while they act."""
_BOUND_WITH = {
    Scope.VIEWS: Scope.ANYWHERE,
    Scope.REPLAY: Scope.ANYWHERE,
    Scope.TABLE: Scope.SESSION,
    Scope.DEVICES: Scope.LISTS,
}


def actions() -> list[Action]:
    """A command that takes any of many keys, or that must always be within reach, is fixed, and so are the letters of
    the settings pane's rows."""
    commands = [
        Action(
            command.id,
            str(place_of(command.scope)),
            command.keys,
            fixed=command.priority or not command.action,
            everywhere=command.id in ALWAYS_IN_FOOTER,
        )
        for command in COMMANDS
    ]
    rows = [
        Action(f"row-{name}", str(Scope.SETTINGS), (field.knob.key,), fixed=True)
        for name, field in fields().items()
        if field.knob.key
    ]
    return [*commands, *rows]


def place_of(scope: Scope) -> Scope:
    """Which keys a scope's must differ from: commands of every view are bound with those of anywhere, and the request
    table's with the dashboard's, a list's with those of all lists."""
    return _BOUND_WITH.get(scope, scope)


def keys_in_force(wanted: Mapping[str, Any]) -> KeyMap:
    """What of the config's [keys] holds, and what is wrong with the rest."""
    return resolve_keys(wanted, actions(), INNER)
