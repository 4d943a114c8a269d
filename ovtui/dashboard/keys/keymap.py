"""The key bindings in force: the registry's defaults, overridden by the [keys] table of the config file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ovtui.dashboard.keys.commands import ALWAYS_IN_FOOTER, COMMANDS, Command, Scope, command
from ovtui.settings.keymap.key_names import SIGNS
from ovtui.settings.keymap.resolve import KeyAction, KeyMap, resolve_keys
from ovtui.settings.schema.settings import fields
from ovtui.settings.shown_text import in_quotes

if TYPE_CHECKING:
    from textual.widget import Widget

_PANE_SCOPES = (Scope.EDITING, Scope.SEARCHING, Scope.TYPING, Scope.SETTINGS)
_LINES = (
    Scope.FILTERING, Scope.SORTING, Scope.STUDY_LINE, Scope.LAYER_FILTER, Scope.FLEET_FILTER, Scope.FLEET_SORT,
)  # fmt: skip
_VIEW_SCOPES = (Scope.OVERVIEW, Scope.BATCHES, Scope.DISTRIBUTION, Scope.LISTS, Scope.LAYERS, Scope.FLEET)
"""Each view's own scope; only one of them is active at a time."""
OVERRIDING_SCOPES: dict[str, Sequence[str]] = {
    Scope.SETTINGS: _PANE_SCOPES[:3],
    Scope.OVERVIEW: (*_PANE_SCOPES, *_LINES),
    Scope.LISTS: (Scope.LAYERS, Scope.FLEET),
    Scope.TOUR: (*_PANE_SCOPES, *_LINES, *_VIEW_SCOPES),
    Scope.ANYWHERE: (*_PANE_SCOPES, *_LINES, *_VIEW_SCOPES),
}
"""For each scope, the scopes whose keys override its own while they are active."""
_SHARED_BINDINGS = {
    Scope.VIEWS: Scope.ANYWHERE,
    Scope.REPLAY: Scope.ANYWHERE,
    Scope.TABLE: Scope.OVERVIEW,
    Scope.REQUESTS: Scope.OVERVIEW,
    Scope.DEVICES: Scope.LISTS,
    Scope.STUDIES: Scope.LISTS,
}
_SHORT_NAMES = {"escape": "esc", "pageup": "pgup", "pagedown": "pgdn", "backspace": "bksp"}
_UNBOUND = "unbound"
"""A key that no terminal sends: Textual's keymaps cannot remove a binding."""


class KeyBindings:
    def __init__(self, config_keys: Mapping[str, Any] | None = None) -> None:
        """`config_keys` is the [keys] table as read from the config file, unchecked."""
        self._map = resolve_bindings(config_keys or {})
        self.problems = self._map.problems

    def of(self, id_: str) -> tuple[str, ...]:
        """A command's keys by Textual's names; empty where the config file unbinds it."""
        return self._map.keys.get(id_, ())

    def textual(self) -> dict[str, str]:
        """The keymap for Textual's App.set_keymap."""
        return {id_: ",".join(keys) or _UNBOUND for id_, keys in self._map.changed.items()}

    def listed(self, id_: str) -> str:
        """All keys of a command in readable form, or the text that stands for them."""
        return " ".join(map(key_text, self.of(id_))) or command(id_).keys_text

    def first(self, id_: str) -> str:
        """The key to name in a sentence. For a command without a key, its label, by which the palette finds it."""
        keys = self.of(id_)
        return key_text(keys[0]) if keys else in_quotes(command(id_).label)

    def shown(self, entry: Command) -> str:
        """For the footer: the first key and that of the opposite command; empty where the command has no key."""
        firsts = [key_text(keys[0]) for keys in (self.of(entry.id), self.of(entry.opposite)) if keys]
        return "/".join(firsts) or entry.keys_text

    def hint(self, *ids: str) -> str:
        """'z zoom  m latency', for a panel's heading; commands without a key are left out."""
        return "  ".join(f"{self.shown(command(id_))} {command(id_).label}" for id_ in ids if self.of(id_))


def rebindable_actions() -> list[KeyAction]:
    """The registry's commands as the [keys] table can rebind them.

    Fixed are: commands that accept a whole class of keys, commands that must always be reachable, and the letters of
    the settings pane's rows."""
    commands = [
        KeyAction(
            entry.id,
            str(binding_scope(entry.scope)),
            entry.keys,
            fixed=entry.priority or not entry.action,
            everywhere=entry.id in ALWAYS_IN_FOOTER,
        )
        for entry in COMMANDS
    ]
    rows = [
        KeyAction(f"row-{name}", str(Scope.SETTINGS), (field.spec.key,), fixed=True)
        for name, field in fields().items()
        if field.spec.key
    ]
    return [*commands, *rows]


def binding_scope(scope: Scope) -> Scope:
    """The scope within which this scope's keys must be unique: the commands of every view share theirs with those of
    anywhere, the request table with the overview, and one list with all lists."""
    return _SHARED_BINDINGS.get(scope, scope)


def resolve_bindings(config_keys: Mapping[str, Any]) -> KeyMap:
    """Splits the [keys] table into the bindings that hold and the problems with the rest."""
    return resolve_keys(config_keys, rebindable_actions(), OVERRIDING_SCOPES)


DEFAULT_BINDINGS = KeyBindings()


def keys_of(widget: Widget) -> KeyBindings:
    """The bindings of the app that this widget belongs to."""
    found = getattr(widget.app, "keys", None)
    return found if isinstance(found, KeyBindings) else DEFAULT_BINDINGS


def key_text(key: str) -> str:
    """A key in readable form: '?' for question_mark."""
    return SIGNS.get(key) or _SHORT_NAMES.get(key, key)
