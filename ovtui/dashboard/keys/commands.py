"""The registry of the dashboard's commands: bindings, footer, help page and command palette are made from this list.

Its order is that of the help page and of the palette. The commands themselves are in `lists/`."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding, BindingType

from ovtui.dashboard.keys.command import VIEW_KEYS as VIEW_KEYS
from ovtui.dashboard.keys.command import Command as Command
from ovtui.dashboard.keys.command import Scope as Scope
from ovtui.dashboard.keys.lists.every_view import ANYWHERE, EVERY_VIEW
from ovtui.dashboard.keys.lists.fleet import FLEET
from ovtui.dashboard.keys.lists.layers import LAYERS
from ovtui.dashboard.keys.lists.other_views import OTHER_VIEWS
from ovtui.dashboard.keys.lists.pages import HELP, PAGES
from ovtui.dashboard.keys.lists.plot_and_table import PLOT_AND_TABLE, TABLE_FROM_ANYWHERE, TABLE_SEARCH
from ovtui.dashboard.keys.lists.replay import REPLAY
from ovtui.dashboard.keys.lists.settings_pane import PRESETS, SETTINGS_PANE
from ovtui.dashboard.keys.lists.studies import COMPARE, STUDIES
from ovtui.dashboard.keys.lists.tour import TOUR

COMMANDS: tuple[Command, ...] = (
    *PLOT_AND_TABLE,
    *TABLE_SEARCH,
    *EVERY_VIEW,
    *TABLE_FROM_ANYWHERE,
    *COMPARE,
    *OTHER_VIEWS,
    *STUDIES,
    *LAYERS,
    *REPLAY,
    *TOUR,
    *SETTINGS_PANE,
    *PAGES,
    *PRESETS,
    *FLEET,
    *HELP,
    *ANYWHERE,
)

_PALETTE_SCOPES = {Scope.REPLAY: "replay: ", Scope.TOUR: "caption: "}
"""Words before the names of these commands in the palette, where 'back' alone would not tell what goes back."""
ALWAYS_IN_FOOTER = ("palette", "help", "quit")


def in_scope(*scopes: Scope) -> list[Command]:
    return [command for command in COMMANDS if command.scope in scopes]


def palette_name(command: Command, keys: str) -> str:
    """'replay: 10 s on  (>)'; `keys`: as they are listed."""
    name = f"{_PALETTE_SCOPES.get(command.scope, '')}{command.palette or command.label}"
    return f"{name}  ({keys})" if keys else name


def command(id_: str) -> Command:
    return next(command for command in COMMANDS if command.id == id_)


def bindings(scope: Scope) -> list[BindingType]:
    """Textual's bindings of one scope. Binding ids are command ids, which the [keys] table of the config file names."""
    return bindings_of(in_scope(scope))


def bindings_of(commands: Iterable[Command]) -> list[BindingType]:
    return [
        Binding(",".join(c.keys), c.action, c.label, show=False, id=c.id, priority=c.priority)
        for c in commands
        if c.keys
    ]


def footer_commands(*scopes: Scope) -> list[Command]:
    """The commands of these scopes that the footer shows, by rank."""
    return sorted((c for c in in_scope(*scopes) if c.footer), key=lambda c: c.footer)
