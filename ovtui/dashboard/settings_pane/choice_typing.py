"""Letters typed on a row that has a list of choices: they filter the list until one choice is taken. No Textual."""

from __future__ import annotations

from collections.abc import Sequence


class ChoiceTyping:
    """What is typed on the selected row. Owner: the settings pane, which ends it when the selection moves."""

    def __init__(self) -> None:
        self.text = ""
        """The letters; empty while none are typed."""
        self.refused = False
        """What was typed or pasted last begins no choice."""
        self._choices: Sequence[str] = ()

    @property
    def matches(self) -> tuple[str, ...]:
        """The choices that are left, in the order of the row; enter takes the first one."""
        return beginning_with(self.text, self._choices) if self.text else ()

    def add(self, text: str, choices: Sequence[str]) -> bool:
        """Types `text` on a row with these choices. Returns False, and leaves the letters, where none would be left."""
        longer = self.text + text
        self.refused = not beginning_with(longer, choices)
        if self.refused:
            return False
        self.text, self._choices = longer, choices
        return True

    def remove_letter(self) -> None:
        self.text, self.refused = self.text[:-1], False

    def end(self) -> None:
        self.text, self.refused = "", False


def beginning_with(text: str, choices: Sequence[str]) -> tuple[str, ...]:
    """The choices that begin with this text, in small letters or capitals."""
    wanted = text.casefold()
    return tuple(choice for choice in choices if choice.casefold().startswith(wanted))
