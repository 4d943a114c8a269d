"""The settings pane's first line: its name, how to search, and the search."""

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


class SearchLine(Input):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.SEARCHING)

    class Left(Message):
        """The search is over."""

        def __init__(self, *, keep: bool) -> None:
            super().__init__()
            self.keep = keep
            """The rows found stay alone in the list."""

    def __init__(self) -> None:
        super().__init__(compact=True, select_on_focus=False)
        self.cursor_blink = False

    def action_leave(self, keep: bool) -> None:
        self.post_message(self.Left(keep=keep))


class _SearchHeading(Panel):
    _list: PaneList | None = None
    _visible_lines = ""

    def show(self, rows: PaneList, sight: str) -> None:
        self._list, self._visible_lines = rows, sight
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._list is None:
            return Content.styled("  SETTINGS", "bold $primary")
        found = self._list.filter
        left: list[Piece] = [("  SETTINGS", "bold $primary")]
        if found:
            left.append((f"  with {found!r}: {len(self._list.items)} of {self._list.total}", "$warning"))
        keys = keys_of(self)
        hint = f"{keys.first('close-pane')} shows all" if found else keys.hint("search")
        return spread(left, [(f"{self._visible_lines}  ", "$dim"), (f"{hint} ", "$dim")], width)


class PaneSearch(Horizontal):
    def compose(self) -> ComposeResult:
        yield _SearchHeading()
        yield SearchLine()

    def show(self, rows: PaneList, sight: str) -> None:
        """`sight`: which lines are in sight."""
        self.query_one(_SearchHeading).show(rows, sight)

    def open(self, text: str) -> None:
        line = self.query_one(SearchLine)
        line.value = text
        self.add_class("-open")
        line.focus()

    def close(self) -> None:
        self.remove_class("-open")
