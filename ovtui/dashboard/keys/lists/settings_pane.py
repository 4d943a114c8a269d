"""The keys of the settings pane, of its edit and search lines, and of the presets."""

from __future__ import annotations

from ovtui.dashboard.keys.command import Command, Scope

SETTINGS_PANE: tuple[Command, ...] = (
    Command("row-down", ("j", "down"), "row(1)", "down", "The next setting.", Scope.SETTINGS, 5, "row-up"),
    Command("row-up", ("k", "up"), "row(-1)", "up", "The setting before.", Scope.SETTINGS),
    Command("row-page-down", ("pagedown",), "row_page(1)", "page down", "A page down.", Scope.SETTINGS),
    Command("row-page-up", ("pageup",), "row_page(-1)", "page up", "A page up.", Scope.SETTINGS),
    Command("row-first", ("home",), "row_end(-1)", "first", "The first setting.", Scope.SETTINGS),
    Command("row-last", ("end", "G"), "row_end(1)", "last", "The last setting.", Scope.SETTINGS),
    Command("increase", ("plus", "equals_sign"), "step(1)", "change", "Raise a number by one step.",
            Scope.SETTINGS, 3, "decrease", changes=True),
    Command("decrease", ("minus",), "step(-1)", "lower", "Lower a number by one step.", Scope.SETTINGS),
    Command("choice-next", ("space", "right"), "choice(1)", "choose", "The next choice of the row, or the fold.",
            Scope.SETTINGS, 4),
    Command("choice-back", ("left",), "choice(-1)", "choose back", "The choice before.", Scope.SETTINGS),
    Command("edit", ("enter",), "edit", "edit", "Edit the value; on a number's row a digit begins at once.",
            Scope.SETTINGS, 2, changes=True),
    Command("row-key", (), "", "own key", "Go to the row with that key: choices move on, texts open for editing.",
            Scope.SETTINGS, keys_text="a row's letter"),
    Command("undo", ("u",), "undo", "undo", "Undo the last change, staged or live.", Scope.SETTINGS, 7,
            changes=True),
    Command(
        "undo-all", ("U",), "undo_all", "undo all",
        "Undo all staged changes, and cancel those that are being applied.", Scope.SETTINGS,
    ),
    Command("reset", ("backspace", "delete"), "reset", "default", "Put the row back to its default.",
            Scope.SETTINGS, 6, changes=True),
    Command("search", ("slash",), "search", "search", "Show the rows whose name, label or help contains these words.",
            Scope.SETTINGS, 5),
    Command("close-pane", ("escape",), "close", "close", "End the search, or close the pane; staged changes are kept.",
            Scope.SETTINGS, 8),
    Command("accept", ("enter",), "submit", "accept", "Accept the value.", Scope.EDITING, 1),
    Command("cancel", ("escape",), "cancel", "cancel", "Leave the value as it was.", Scope.EDITING, 2),
    Command("search-take", ("enter", "down"), "leave(True)", "to the rows", "Go to the rows that were found.",
            Scope.SEARCHING, 1),
    Command("search-clear", ("escape",), "leave(False)", "show all", "End the search.", Scope.SEARCHING, 2),
)  # fmt: skip

PRESETS: tuple[Command, ...] = (
    Command("preset-down", ("j", "down"), "move(1)", "down", "The next preset.", Scope.PRESETS),
    Command("preset-up", ("k", "up"), "move(-1)", "up", "The preset before.", Scope.PRESETS),
    Command("preset-load", ("enter",), "load", "load", "Stage what the preset would change.", Scope.PRESETS),
    Command("preset-save", ("s",), "name('save')", "save", "Save what is set, the staged included, under a name.",
            Scope.PRESETS),
    Command("preset-copy", ("c",), "name('copy')", "copy", "Copy the preset, comments and all, under another name.",
            Scope.PRESETS),
    Command("preset-rename", ("r",), "name('rename')", "rename", "Give a preset of yours another name.", Scope.PRESETS),
    Command("preset-delete", ("d",), "delete", "delete", "Delete a preset of yours; asks once more.", Scope.PRESETS),
    Command("close-presets", ("escape", "p", "q"), "dismiss_page", "close", "Close the page.", Scope.PRESETS),
    Command("name-take", ("enter",), "submit", "take", "Accept the name.", Scope.NAMING),
    Command("name-cancel", ("escape",), "cancel", "cancel", "Cancel.", Scope.NAMING),
)  # fmt: skip
