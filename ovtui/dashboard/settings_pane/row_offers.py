"""Which commands do nothing on the selected row of the settings pane: the footer leaves them out. No Textual."""

from __future__ import annotations

from collections.abc import Callable

from ovtui.dashboard.keys.command import Command, Scope
from ovtui.dashboard.keys.commands import COMMANDS
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.dashboard.settings_pane.pane_rows import Change, PaneContext, PaneItem
from ovtui.dashboard.settings_pane.typed_keys import Meaning, meaning_of
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.field_spec import Effect

_OF_THE_ROW = (
    "increase", "choice-next", "fold-row", "own-row", "edit", "type-choice", "type-text", "reset", "undo",
)  # fmt: skip
"""The footer's commands whose effect depends on the row or on what has been changed."""


def idle_commands(
    item: PaneItem | None, context: PaneContext, keys: KeyBindings, *, read_only: bool, foldable: bool
) -> frozenset[str]:
    """Ids of the commands that do nothing now. `item`: the selected row; None for a heading, which is `foldable`, or
    where no row is shown."""
    if item is None:
        working = {"fold-row"} if foldable else set()
    elif item.setting_id:
        working = {"own-row"}
    else:
        working = set() if read_only else _working(item, context)
    if not read_only and context.staging.can_undo:
        working.add("undo")
    typed = _typed_as_text(item, context, keys) if item is not None and not read_only else frozenset()
    return frozenset(_OF_THE_ROW) - working | typed


def _working(item: PaneItem, context: PaneContext) -> set[str]:
    if context.staging.in_force is None or context.staging.effect(item.setting) is Effect.START:
        return set()
    working = {
        "increase": _changes(lambda: item.stepped(context, 1)),
        "choice-next": _changes(lambda: item.next_choice(context, 1)),
        "reset": _changes(lambda: item.reset(context)),
        "edit": item.can_edit(context),
        "type-choice": bool(item.typed_choices(context)),
        "type-text": item.letters_start_edit and item.can_edit(context),
    }
    return {id_ for id_, works in working.items() if works}


def _changes(make: Callable[[], Change | None]) -> bool:
    try:
        return make() is not None
    except SettingsError:
        return False


def _typed_as_text(item: PaneItem, context: PaneContext, keys: KeyBindings) -> frozenset[str]:
    """The commands of every view whose keys are letters that this row takes as its text."""
    choices = item.typed_choices(context)
    if not choices and not item.letters_start_edit:
        return frozenset()

    def is_taken(command: Command) -> bool:
        mine = keys.of(command.id)
        return bool(mine) and all(
            len(key) == 1 and meaning_of(key, item, choices, "", ()) is not Meaning.COMMAND for key in mine
        )

    everywhere = (Scope.VIEWS, Scope.ANYWHERE)
    return frozenset(command.id for command in COMMANDS if command.scope in everywhere and is_taken(command)) - {
        "apply"
    }
