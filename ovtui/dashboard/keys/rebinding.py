"""The dashboard's commands as what [keys] of the config file can rebind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ovtui.dashboard.keys.commands import ALWAYS_IN_FOOTER, COMMANDS, Scope
from ovtui.settings.keymap.resolve import KeyAction, KeyMap, resolve_keys
from ovtui.settings.schema.settings import fields

_PANE_SCOPES = (Scope.EDITING, Scope.SEARCHING, Scope.SETTINGS)
_VIEW_SCOPES = (Scope.OVERVIEW, Scope.BATCHES, Scope.DISTRIBUTION, Scope.LISTS)
"""Scopes of which one acts at a time: each view's own."""
OVERRIDING_SCOPES: dict[str, Sequence[str]] = {
    Scope.SETTINGS: _PANE_SCOPES[:2],
    Scope.OVERVIEW: _PANE_SCOPES,
    Scope.ANYWHERE: (*_PANE_SCOPES, *_VIEW_SCOPES),
}
"""Which scopes win over one while they act."""
_SHARED_BINDINGS = {
    Scope.VIEWS: Scope.ANYWHERE,
    Scope.REPLAY: Scope.ANYWHERE,
    Scope.TABLE: Scope.OVERVIEW,
    Scope.DEVICES: Scope.LISTS,
}


def rebindable_actions() -> list[KeyAction]:
    """A command that takes any of many keys, or that must always be within reach, is fixed, and so are the letters of
    the settings pane's rows."""
    commands = [
        KeyAction(
            command.id,
            str(binding_scope(command.scope)),
            command.keys,
            fixed=command.priority or not command.action,
            everywhere=command.id in ALWAYS_IN_FOOTER,
        )
        for command in COMMANDS
    ]
    rows = [
        KeyAction(f"row-{name}", str(Scope.SETTINGS), (field.spec.key,), fixed=True)
        for name, field in fields().items()
        if field.spec.key
    ]
    return [*commands, *rows]


def binding_scope(scope: Scope) -> Scope:
    """Which keys a scope's must differ from: commands of every view are bound with those of anywhere, and the request
    table's with the dashboard's, a list's with those of all lists."""
    return _SHARED_BINDINGS.get(scope, scope)


def resolve_bindings(wanted: Mapping[str, Any]) -> KeyMap:
    """What of the config's [keys] holds, and what is wrong with the rest."""
    return resolve_keys(wanted, rebindable_actions(), OVERRIDING_SCOPES)
