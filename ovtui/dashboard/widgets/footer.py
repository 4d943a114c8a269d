"""The keys that work here, from the registry of commands."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.commands import ALWAYS_IN_FOOTER, Command, Scope, command, footer
from ovtui.dashboard.fitting import Piece, line_of, width_of
from ovtui.dashboard.widgets.panel import Panel


class Footer(Panel):
    _scope = Scope.SESSION
    _extra: tuple[str, ...] = ()

    def show(self, scope: Scope, extra: tuple[str, ...] = ()) -> None:
        """The keys of `scope`; `extra` are ids of commands that matter now and come first."""
        self._scope, self._extra = scope, extra
        self.redraw()

    def draw(self, width: int) -> Content:
        commands = [command(id_) for id_ in self._extra]
        commands += [c for c in footer(self._scope) if c not in commands]
        if self._scope is not Scope.EDITING:
            commands += [command(id_) for id_ in ALWAYS_IN_FOOTER]
        while len(commands) > 2 and width_of(_pieces(commands)) > width:
            last = max(i for i, c in enumerate(commands) if c.id not in ALWAYS_IN_FOOTER)
            del commands[last]
        return line_of(_pieces(commands))


def _pieces(commands: list[Command]) -> list[Piece]:
    pieces: list[Piece] = []
    for shown in commands:
        pieces += [(f" {shown.keys_shown}", "bold $key"), (f" {shown.label} ", "$dim")]
    return pieces
