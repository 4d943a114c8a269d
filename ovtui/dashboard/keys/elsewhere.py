"""What a key does elsewhere, for the answer to one that does nothing in the view in front."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from ovtui.dashboard.keys.command import Scope
from ovtui.dashboard.keys.commands import in_scope
from ovtui.dashboard.keys.keymap import KeyBindings, key_text
from ovtui.settings.schema.settings import fields

_VIEWS: Mapping[Scope, Sequence[str]] = {
    Scope.OVERVIEW: ("overview",),
    Scope.TABLE: ("overview", "requests"),
    Scope.REQUESTS: ("requests",),
    Scope.BATCHES: ("batches",),
    Scope.DISTRIBUTION: ("distribution",),
    Scope.LISTS: ("devices", "history", "studies", "layers"),
    Scope.DEVICES: ("devices",),
    Scope.STUDIES: ("studies",),
    Scope.LAYERS: ("layers",),
}
"""The names of the views in which each scope's commands work."""


def elsewhere(key: str, keys: KeyBindings, here: Collection[Scope]) -> str:
    """'b: batch in view 3'; empty where the key does nothing anywhere. `here`: the scopes of the view in front."""
    found = list(_found(key, keys, here))
    return f"{key_text(key)}: {', '.join(found)}" if found else ""


def _found(key: str, keys: KeyBindings, here: Collection[Scope]) -> Iterator[str]:
    for scope, names in _VIEWS.items():
        *before, last = (keys.first(f"view-{name}") for name in names)
        views = " and ".join(filter(None, (", ".join(before), last)))
        for command in in_scope(scope):
            if scope not in here and key in keys.of(command.id):
                yield f"{command.label} in view{'s' if len(names) > 1 else ''} {views}"
    pane = keys.first("settings")
    own = next((field.label for field in fields().values() if field.spec.key == key), "")
    labels = [command.label for command in in_scope(Scope.SETTINGS) if key in keys.of(command.id)]
    for label in [*labels, *filter(None, [own])]:
        yield f"{label} in the settings ({pane})"
