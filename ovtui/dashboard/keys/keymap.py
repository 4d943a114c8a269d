"""The keys in force: the registry's defaults with the config's [keys] over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.widget import Widget

from ovtui.dashboard.keys.commands import Command, command
from ovtui.dashboard.keys.rebinding import resolve_bindings
from ovtui.settings.keymap.key_names import SIGNS

_SHORT_NAMES = {"escape": "esc", "pageup": "pgup", "pagedown": "pgdn", "backspace": "bksp"}
_UNBOUND = "unbound"
"""A key that no terminal sends: Textual's keymaps cannot take a binding away."""


class KeyBindings:
    def __init__(self, wanted: Mapping[str, Any] | None = None) -> None:
        """`wanted` is [keys] as it stands in the config file."""
        self._map = resolve_bindings(wanted or {})
        self.problems = self._map.problems

    def of(self, id_: str) -> tuple[str, ...]:
        """A command's keys by Textual's names; empty where a person took them away."""
        return self._map.keys.get(id_, ())

    def textual(self) -> dict[str, str]:
        """For App.set_keymap."""
        return {id_: ",".join(keys) or _UNBOUND for id_, keys in self._map.changed.items()}

    def listed(self, id_: str) -> str:
        """Every key of a command as a person reads it, or what stands for them."""
        return " ".join(map(key_text, self.of(id_))) or command(id_).shown

    def first(self, id_: str) -> str:
        """The key to name in a sentence; its label where it has none, which the palette finds."""
        keys = self.of(id_)
        return key_text(keys[0]) if keys else f"{command(id_).label!r}"

    def shown(self, entry: Command) -> str:
        """For the footer: the first key, and its opposite's; empty where the command has none."""
        firsts = [key_text(keys[0]) for keys in (self.of(entry.id), self.of(entry.pair)) if keys]
        return "/".join(firsts) or entry.shown

    def hint(self, *ids: str) -> str:
        """'z zoom  m latency', for a panel's heading; commands without a key are left out."""
        return "  ".join(f"{self.shown(command(id_))} {command(id_).label}" for id_ in ids if self.of(id_))


DEFAULT_BINDINGS = KeyBindings()


def keys_of(widget: Widget) -> KeyBindings:
    """Those in force where this widget lives."""
    found = getattr(widget.app, "keys", None)
    return found if isinstance(found, KeyBindings) else DEFAULT_BINDINGS


def key_text(key: str) -> str:
    """A key as a person reads it: '?' for question_mark."""
    return SIGNS.get(key) or _SHORT_NAMES.get(key, key)
