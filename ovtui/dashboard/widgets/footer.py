"""The keys that work here, from the registry of commands, and the views with the one in front marked."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.commands import ALWAYS_IN_FOOTER, Command, Scope, command, footer
from ovtui.dashboard.fitting import Piece, line_of, width_of
from ovtui.dashboard.keys import Keys, keys_of
from ovtui.dashboard.views import ENTRIES
from ovtui.dashboard.widgets.panel import Panel

_NAMED_FROM = 170
"""Widths from which on every view is named, not only the one in front."""
_TOGETHER = {
    Scope.SESSION: (Scope.SESSION, Scope.TABLE, Scope.VIEWS),
    Scope.TABLE: (Scope.TABLE, Scope.VIEWS),
    Scope.BATCHES: (Scope.BATCHES, Scope.VIEWS),
    Scope.LISTS: (Scope.LISTS, Scope.VIEWS),
    Scope.DEVICES: (Scope.LISTS, Scope.DEVICES, Scope.VIEWS),
}
"""Scopes whose keys work at once."""


class Footer(Panel):
    _scope = Scope.SESSION
    _extra: tuple[str, ...] = ()

    def show(self, scope: Scope, extra: tuple[str, ...] = ()) -> None:
        """The keys of `scope`; `extra` are ids of commands that matter now and come first."""
        self._scope, self._extra = scope, extra
        self.redraw()

    def draw(self, width: int) -> Content:
        keys = keys_of(self)
        commands = [command(id_) for id_ in self._extra]
        commands += [c for c in footer(*_TOGETHER.get(self._scope, (self._scope,))) if c not in commands]
        if self._scope not in (Scope.EDITING, Scope.SEARCHING):
            commands += [command(id_) for id_ in ALWAYS_IN_FOOTER]
        commands = [c for c in commands if keys.shown(c)]
        views = _views(keys, getattr(self.screen, "number", 0), named=width >= _NAMED_FROM)
        room = width - width_of(views) - 1
        while len(commands) > 2 and width_of(_pieces(commands, keys)) > room:
            last = max((i for i, c in enumerate(commands) if c.id not in ALWAYS_IN_FOOTER), default=0)
            del commands[last]
        pieces = _pieces(commands, keys)
        return line_of([*pieces, (" " * (width - width_of(pieces) - width_of(views)), ""), *views])


def _pieces(commands: list[Command], keys: Keys) -> list[Piece]:
    pieces: list[Piece] = []
    for shown in commands:
        pieces += [(f" {keys.shown(shown)}", "bold $key"), (f" {shown.label} ", "$dim")]
    return pieces


def _views(keys: Keys, number: int, *, named: bool) -> list[Piece]:
    """'1 [2 requests] 3', each by its key."""
    pieces: list[Piece] = []
    for entry in ENTRIES:
        key = keys.listed(f"view-{entry.name}") or "–"
        if entry.number == number:
            pieces.append((f"[{key} {entry.name}] ", "bold $accent"))
        elif named:
            pieces += [(f"{key}", "bold $key"), (f" {entry.name} ", "$dim")]
        else:
            pieces.append((f"{key} ", "bold $key"))
    return pieces
