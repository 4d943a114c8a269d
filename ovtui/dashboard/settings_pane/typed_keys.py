"""What a typed character and a pasted text mean on a row of the settings pane. No Textual.

On a row with a list of choices letters filter the list; on a text whose row has no letter of its own they begin the
text; on the other rows they go to the row whose letter they are. The keys of `KEPT` work on all rows, except within a
word that they continue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum, auto

from ovtui.dashboard.settings_pane.choice_typing import beginning_with
from ovtui.dashboard.settings_pane.pane_rows import PaneItem
from ovtui.settings.schema.fields import MOST_CHARACTERS

KEPT = ("apply", "undo", "undo-all", "row-down", "row-up")
_IN_NAMES = "_-."
"""Signs that belong to a word once its first letter is typed."""


class Meaning(Enum):
    COMMAND = auto()
    """Not the row's: the key of a command, if it is one."""
    FILTER = auto()
    """The next letter of a choice."""
    EDIT = auto()
    """The first character of a new value."""
    ROW = auto()
    """The letter of a row, this one or another."""


def meaning_of(
    character: str, item: PaneItem | None, choices: Sequence[str], typed: str, row_letters: Collection[str]
) -> Meaning:
    """`item`: the selected row, None for a heading; `choices`: its list, `typed`: what is typed on it already."""
    if typed:
        return Meaning.FILTER if character.isalnum() or character in _IN_NAMES else Meaning.COMMAND
    if choices and character.isalpha():
        if beginning_with(character, choices):
            return Meaning.FILTER
        if item is not None and character == item.own_key:
            return Meaning.ROW
        # A capital begins no word here and is the letter of no row: it remains the command that it is.
        return Meaning.COMMAND if character.isupper() else Meaning.FILTER
    if item is not None and character in "0123456789" and item.digits_start_edit:
        return Meaning.EDIT
    # A capital is not taken: where an engine has failed, R and A must work on the row that a person has just changed.
    if item is not None and character.isalpha() and not character.isupper() and item.letters_start_edit:
        return Meaning.EDIT
    return Meaning.ROW if character in row_letters else Meaning.COMMAND


def pasted_line(text: str) -> str:
    """The first line of a pasted text that has more than blanks, without control characters."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    return "".join(filter(str.isprintable, line.replace("\t", " "))).strip()[: MOST_CHARACTERS + 1]
