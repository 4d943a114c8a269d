"""Letters and pastes on the settings pane's selected row: they filter its choices, begin its text or go to a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Protocol

from ovtui.dashboard.keys.commands import Scope, in_scope
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.dashboard.settings_pane.choice_typing import ChoiceTyping
from ovtui.dashboard.settings_pane.pane_model import PaneList
from ovtui.dashboard.settings_pane.pane_rows import Change, PaneContext, PaneItem
from ovtui.dashboard.settings_pane.typed_keys import KEPT, Meaning, meaning_of, pasted_line
from ovtui.settings.schema.settings import fields
from ovtui.settings.shown_text import in_quotes


class TypingHost(Protocol):
    """What the typing needs of the pane."""

    list: PaneList
    read_only: bool

    @property
    def keys(self) -> KeyBindings: ...

    @property
    def pane_context(self) -> PaneContext: ...

    def change(self, make_change: Callable[[PaneItem, PaneContext], Change | None]) -> bool: ...

    def begin_edit(self, text: str | None = None, *, select: bool) -> None: ...

    def choose_row(self, name: str) -> None: ...

    def show_error(self, text: str) -> None: ...

    def say(self, text: str) -> None: ...


class RowTyping:
    """What is typed on the selected row. Owner: the settings pane, which ends it when the selection or a value changes.

    Its actions are the commands of Scope.TYPING."""

    def __init__(self, pane: TypingHost) -> None:
        self._pane = pane
        self._typing = ChoiceTyping()
        self.end = self._typing.end

    @property
    def text(self) -> str:
        """The letters that filter the choices of the selected row; empty while none are typed."""
        return self._typing.text

    @property
    def refused(self) -> bool:
        return self._typing.refused

    @property
    def matches(self) -> tuple[str, ...]:
        return self._typing.matches

    def press(self, key: str, character: str) -> bool:
        """Returns False for a key that is a command's, not the row's."""
        keys = self._pane.keys
        if self.text:
            command = next((c for c in in_scope(Scope.TYPING) if key in keys.of(c.id)), None)
            if command is not None:
                getattr(self, f"action_{command.action}")()
                return True
            refused = self.refused
            # 'u' in 'auto' is no undo: a key of KEPT is one at the beginning of a word, and where it continues none.
            if len(character) == 1 and self._typing.add(character, self._choices):
                self._pane.show_error("")
                return True
            if key in keys.of("apply"):  # with what is typed
                self._take(refused=refused)
        if len(character) != 1 or any(key in keys.of(id_) for id_ in KEPT):
            return False
        return self._type(character)

    def _type(self, character: str) -> bool:
        pane, rows = self._pane, rows_by_letter()
        # Where nothing can be changed, letters only go to rows.
        item = None if pane.read_only else pane.list.item
        choices = self._choices
        match meaning_of(character, item, choices, self.text, rows):
            case Meaning.FILTER:
                self._filter(character, choices)
            case Meaning.EDIT:
                pane.begin_edit(character, select=False)
            case Meaning.ROW:
                pane.choose_row(rows[character])
            case Meaning.COMMAND:
                return False
        return True

    @property
    def _choices(self) -> Sequence[str]:
        item = self._pane.list.item
        return () if item is None or self._pane.read_only else item.typed_choices(self._pane.pane_context)

    def _filter(self, text: str, choices: Sequence[str]) -> None:
        """Types `text` on the selected row, or says at the row that none of its choices begins so."""
        if self._typing.add(text, choices):
            self._pane.show_error("")
            return
        leave = "" if self.text else f"; {self._pane.keys.first('close-pane')} closes the settings"
        self._pane.show_error(
            f"{in_quotes(self.text + text)} begins none of {', '.join(map(in_quotes, choices))}{leave}"
        )

    def paste(self, pasted: str) -> None:
        """Begins the edit of the selected row with a pasted text, or filters the row's choices by it."""
        text = pasted_line(pasted)
        if not text:
            return
        if self._pane.list.item is None:
            self._pane.say("a heading takes no text; go to a row and paste there")
        elif choices := self._choices:
            self.end()
            self._filter(text, choices)
        else:
            self._pane.begin_edit(text, select=False)

    def action_take(self) -> None:
        """Takes the first of the choices that the letters leave; after a letter that was refused, ends the typing."""
        self._take(refused=self.refused)

    def _take(self, *, refused: bool) -> None:
        if refused:
            self.action_leave()
            return
        choice = next(iter(self.matches), None)
        if choice is not None:
            self._pane.change(lambda item, context: item.parsed(context, choice))

    def action_leave(self) -> None:
        self.end()
        self._pane.show_error("")

    def action_letter_back(self) -> None:
        self._typing.remove_letter()
        self._pane.show_error("")


@cache
def rows_by_letter() -> Mapping[str, str]:
    """The name of the setting whose row a letter selects."""
    return {field.spec.key: name for name, field in fields().items() if field.spec.key}
