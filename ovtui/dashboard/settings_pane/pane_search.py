"""The first line of the settings pane: its title, the key for search, and the search itself."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, spread
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.settings_pane.pane_model import PaneList
from ovtui.settings.shown_text import in_quotes


class SearchLine(Input):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.SEARCHING)

    class SearchEnded(Message):
        """The focus leaves the search."""

        def __init__(self, *, keep: bool) -> None:
            super().__init__()
            self.keep = keep
            """True to keep the list filtered."""

    def __init__(self) -> None:
        super().__init__(compact=True, select_on_focus=False)
        self.cursor_blink = False

    def action_leave(self, keep: bool) -> None:
        self.post_message(self.SearchEnded(keep=keep))


class _SearchHeading(Panel):
    _list: PaneList | None = None
    _visible_lines = ""

    def show(self, pane_list: PaneList, visible_lines: str) -> None:
        self._list, self._visible_lines = pane_list, visible_lines
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._list is None:
            return Content.styled("  SETTINGS", "bold")
        text = self._list.filter
        left: list[Piece] = [("  SETTINGS", "bold")]
        if text:
            left.append((f"  with {in_quotes(text)}: {len(self._list.items)} of {self._list.total}", "$warning"))
        keys = keys_of(self)
        hint = f"{keys.first('close-pane')} shows all" if text else keys.hint("search")
        return spread(left, [(f"{self._visible_lines}  ", "$dim"), (f"{hint} ", "$dim")], width)


class PaneSearch(Horizontal):
    def compose(self) -> ComposeResult:
        yield _SearchHeading()
        yield SearchLine()

    def show(self, pane_list: PaneList, visible_lines: str) -> None:
        """`visible_lines`: '1–20 of 44', or empty where all are visible."""
        self.query_one(_SearchHeading).show(pane_list, visible_lines)

    def open(self, text: str) -> None:
        line = self.query_one(SearchLine)
        line.value = text
        self.add_class("-open")
        line.focus()

    def close(self) -> None:
        self.remove_class("-open")
