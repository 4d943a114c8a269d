"""The palette's entries: the registry's commands, with the keys in force."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.dom import DOMNode

from ovtui.dashboard.keys.commands import Scope, in_scope
from ovtui.dashboard.keys.keymap import KeyBindings


def entries(
    app: App[Any], keys: KeyBindings, view: DOMNode, own: Collection[Scope], others: Collection[Scope]
) -> Iterator[SystemCommand]:
    """Of the commands that work in a view: those of its `own` scopes act on the view, the `others` on the app."""
    for command in in_scope(*own, *others):
        if command.id != "palette":
            listed = keys.listed(command.id)
            yield SystemCommand(
                f"{command.label}  ({listed})" if listed else command.label,
                command.help,
                partial(app.run_action, command.action, view if command.scope in own else app),
            )
