"""The visible lines of the settings pane: as many widgets as fit, whatever the length of the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.containers import Vertical

from ovtui.dashboard.settings_pane.pane_model import Heading, Line
from ovtui.dashboard.settings_pane.pane_rows import RowState
from ovtui.dashboard.settings_pane.setting_row import EditLine, SettingRow, value_column

_WHEEL_LINES = 3


class SettingRows(Vertical, can_focus=False):
    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[Line] = ()
        self._selected_index = 0
        self._top = 0
        self._state: Callable[[Line], RowState | Heading] | None = None

    @property
    def visible_lines(self) -> str:
        """'1–20 of 44', or empty where all lines are visible."""
        shown = len(self.query(SettingRow))
        if not shown or len(self._lines) <= shown:
            return ""
        return f"{self._top + 1}–{min(self._top + shown, len(self._lines))} of {len(self._lines)}"

    def show(self, lines: Sequence[Line], selected: int, state: Callable[[Line], RowState | Heading]) -> None:
        """Draws the part of `lines` around the selected one; `state` is called for the visible lines only."""
        moved = selected != self._selected_index or len(lines) != len(self._lines)
        self._lines, self._selected_index, self._state = lines, selected, state
        if moved:
            self._scroll_to_selected()
        self._draw_rows()

    def _scroll_to_selected(self) -> None:
        """Scrolls to the selected line, with a heading just above it and with room for an error below."""
        index, height = self._selected_index, max(self.size.height, 1)
        first = index - 1 if index and isinstance(self._lines[index - 1], Heading) else index
        self._top = min(max(min(self._top, first), index + 3 - height, 0), index)

    def _draw_rows(self) -> None:
        if self._state is None:
            return
        rows = list(self.query(SettingRow))
        # A row's only child is the editor. Every frame checks this, and a query of each row costs more.
        edited = next((index for index, row in enumerate(rows) if row.children), None)
        if edited is None:
            self._top = max(min(self._top, len(self._lines) - self.size.height), 0)
        else:  # the line stays under its editor when lines around it come or go
            self._top = self._selected_index - edited
        for index, row in enumerate(rows, self._top):
            line = self._lines[index] if 0 <= index < len(self._lines) else None
            if line is None:
                row.show("", None)
            else:
                row.show(line.id, self._state(line), selected=index == self._selected_index)

    def on_resize(self) -> None:
        """Makes one widget per line of height."""
        rows = list(self.query(SettingRow))
        height = self.size.height
        if len(rows) > height:
            for row in rows[height:]:
                if row.query(EditLine):
                    self.post_message(EditLine.EditCancelled())
                row.remove()
        elif len(rows) < height:
            fresh = [SettingRow() for _ in range(height - len(rows))]
            self.mount(*fresh)
            for row in fresh:
                row.set_glyphs(getattr(self.screen, "glyphs", "braille"))
        self._scroll_to_selected()
        self.call_after_refresh(self._draw_rows)

    def edit(self, value: str, *, select: bool) -> None:
        """Opens the editor over the selected line's value."""
        row = next((row for row in self.query(SettingRow) if row.has_class("-selected")), None)
        if row is None:
            return
        editor = EditLine(value, select=select)
        row.mount(editor)
        editor.styles.margin = (0, 0, 0, value_column(row.size.width, wide=row.wide))
        editor.focus()

    async def end_edit(self) -> None:
        await self.query(EditLine).remove()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_lines(_WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_lines(-_WHEEL_LINES)

    def scroll_lines(self, lines: int) -> None:
        """Scrolls without moving the selection; not while a value is edited."""
        if not self.query(EditLine):
            self._top += lines
            self._draw_rows()
