"""The last line of every view: the keys that work here, from the registry of commands, and the views."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from textual import events
from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, line_of, width_of
from ovtui.dashboard.keys.commands import (
    ALWAYS_IN_FOOTER,
    VIEW_KEYS,
    Command,
    Scope,
    command,
    footer_commands,
    in_scope,
)
from ovtui.dashboard.keys.keymap import KeyBindings, keys_of

_ALL_VIEWS_NAMED_WIDTH = 170
"""From this width on all views are named, not only the one in front."""
_ACTIVE_TOGETHER = {
    Scope.OVERVIEW: (Scope.OVERVIEW, Scope.TABLE, Scope.VIEWS),
    Scope.TABLE: (Scope.TABLE, Scope.REQUESTS, Scope.VIEWS),
    Scope.BATCHES: (Scope.BATCHES, Scope.VIEWS),
    Scope.LISTS: (Scope.LISTS, Scope.VIEWS),
    Scope.DEVICES: (Scope.LISTS, Scope.DEVICES, Scope.VIEWS),
    Scope.STUDIES: (Scope.LISTS, Scope.STUDIES, Scope.VIEWS),
    Scope.LAYERS: (Scope.LISTS, Scope.LAYERS, Scope.VIEWS),
    Scope.FLEET: (Scope.LISTS, Scope.FLEET),
}
"""Scopes whose commands work at the same time."""


class Footer(Panel):
    _scope = Scope.OVERVIEW
    _extra: tuple[str, ...] = ()
    _offered: tuple[str, ...] = ()
    _without: frozenset[str] = frozenset()
    _staged = 0
    _click_ends: Sequence[tuple[int, str]] = ()
    """The cell at which each command ends, and its id."""

    def show(
        self, scope: Scope, extra: tuple[str, ...] = (), without: frozenset[str] = frozenset(), *, staged: int = 0
    ) -> None:
        """Shows the keys of `scope`; `extra`: ids of commands that matter in the present state, shown first; `without`:
        ids of those that do nothing now; `staged`: how many changes are, for the key that applies them."""
        shown = (scope, extra, without, staged)
        if shown != (self._scope, self._extra, self._without, self._staged) or not self._content:
            self._scope, self._extra, self._without, self._staged = shown
            self.redraw()

    def offer(self, ids: tuple[str, ...]) -> None:
        """Shows these commands of every view too, first, except while a text is typed. Those of the caption are shown
        where the keys are not those of a command in front, such as the settings pane's."""
        if ids != self._offered:
            self._offered = ids
            self.redraw()

    def draw(self, width: int) -> Content:
        keys = keys_of(self)
        typing = self._scope in (
            Scope.EDITING,
            Scope.SEARCHING,
            Scope.TYPING,
            Scope.FILTERING,
            Scope.SORTING,
            Scope.STUDY_LINE,
            Scope.LAYER_FILTER,
            Scope.FLEET_FILTER,
            Scope.FLEET_SORT,
        )
        active = _ACTIVE_TOGETHER.get(self._scope, (self._scope,))
        taken = {key for c in in_scope(*active) for key in keys.of(c.id)}
        offered = [command(id_) for id_ in (() if typing else self._offered)]
        commands = [c for c in offered if c.scope is not Scope.TOUR or not taken & set(keys.of(c.id))]
        commands += [command(id_) for id_ in self._extra]
        commands += [c for c in footer_commands(*active) if c not in commands]
        if not typing:
            commands += [command(id_) for id_ in ALWAYS_IN_FOOTER]
        read_only = getattr(self.screen, "read_only", False)
        commands = [
            c for c in commands if keys.shown(c) and not (read_only and c.changes) and c.id not in self._without
        ]
        views = self.views(width)
        room = width - width_of(_joined_pieces(views)) - 1
        while len(commands) > 2 and sum(width_of(self._command_pieces(c, keys)) for c in commands) > room:
            last = max((i for i, c in enumerate(commands) if c.id not in ALWAYS_IN_FOOTER), default=0)
            del commands[last]
        shown = {c.id: self._command_pieces(c, keys) for c in commands}
        gap = max(width - width_of(_joined_pieces(shown)) - width_of(_joined_pieces(views)), 0)
        parts = {**shown, "": [(" " * gap, "")], **views}
        self._click_ends = list(zip(accumulate(map(width_of, parts.values())), parts, strict=True))
        return line_of(_joined_pieces(parts))

    def views(self, width: int) -> dict[str, list[Piece]]:
        """The views and their digits, by the id of the command that opens each."""
        named = width >= _ALL_VIEWS_NAMED_WIDTH
        return _view_pieces(keys_of(self), getattr(self.screen, "number", 0), named=named)

    def _command_pieces(self, shown: Command, keys: KeyBindings) -> list[Piece]:
        label = f"{shown.label} {self._staged}" if shown.id == "apply" and self._staged else shown.label
        return [(f" {keys.shown(shown)}", "bold $key"), (f" {label} ", "$dim")]

    def on_click(self, event: events.Click) -> None:
        """A click on a command is a press of its key."""
        id_ = next((id_ for end, id_ in self._click_ends if event.x < end), "")
        keys = keys_of(self).of(id_) if id_ else ()
        if keys:
            self.app.simulate_key(keys[0])


def _joined_pieces(parts: dict[str, list[Piece]]) -> list[Piece]:
    return [piece for pieces in parts.values() for piece in pieces]


def _view_pieces(keys: KeyBindings, number: int, *, named: bool) -> dict[str, list[Piece]]:
    """'1 [2 requests] 3': what is shown for each view, by the id of its command."""
    views: dict[str, list[Piece]] = {}
    for entry in VIEW_KEYS:
        id_ = f"view-{entry.name}"
        key = keys.listed(id_) or "–"
        if entry.number == number:
            views[id_] = [(f"[{key} {entry.name}] ", "bold")]
        elif named:
            views[id_] = [(f"{key}", "bold $key"), (f" {entry.name} ", "$dim")]
        else:
            views[id_] = [(f"{key} ", "bold $key")]
    return views
