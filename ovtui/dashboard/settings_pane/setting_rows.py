"""The lines of the settings pane that are in sight: as many widgets as there is height, whatever the list's length."""

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
        self._chosen = 0
        self._top = 0
        self._state: Callable[[Line], RowState | Heading] | None = None

    @property
    def words(self) -> str:
        """Which lines are in sight, where not all are."""
        shown = len(self.query(SettingRow))
        if not shown or len(self._lines) <= shown:
            return ""
        return f"{self._top + 1}–{min(self._top + shown, len(self._lines))} of {len(self._lines)}"

    def show(self, lines: Sequence[Line], chosen: int, state: Callable[[Line], RowState | Heading]) -> None:
        """Draws the part of `lines` around the chosen one; `state` is asked for those in sight only."""
        moved = chosen != self._chosen or len(lines) != len(self._lines)
        self._lines, self._chosen, self._state = lines, chosen, state
        if moved:
            self._keep_in_sight()
        self._draw_rows()

    def _keep_in_sight(self) -> None:
        """With its heading where that is just above, and with room for an error below."""
        height = max(self.size.height, 1)
        first = (
            self._chosen - 1 if self._chosen and isinstance(self._lines[self._chosen - 1], Heading) else self._chosen
        )
        self._top = max(min(self._top, first), self._chosen + 3 - height, 0)
        self._top = min(self._top, self._chosen)

    def _draw_rows(self) -> None:
        if self._state is None:
            return
        rows = list(self.query(SettingRow))
        # A row's only child is the editor; this is asked with every frame, and a query of each row costs more.
        edited = next((at for at, row in enumerate(rows) if row.children), None)
        if edited is None:
            self._top = max(min(self._top, len(self._lines) - self.size.height), 0)
        else:  # the line stays below its editor, whatever comes or goes around it
            self._top = self._chosen - edited
        for place, row in enumerate(rows, self._top):
            line = self._lines[place] if 0 <= place < len(self._lines) else None
            if line is None:
                row.show("", None)
            else:
                row.show(line.id, self._state(line), selected=place == self._chosen)

    def on_resize(self) -> None:
        """One widget for each line of height."""
        rows = list(self.query(SettingRow))
        height = self.size.height
        if len(rows) > height:
            for row in rows[height:]:
                if row.query(EditLine):
                    self.post_message(EditLine.Cancelled())
                row.remove()
        elif len(rows) < height:
            fresh = [SettingRow() for _ in range(height - len(rows))]
            self.mount(*fresh)
            for row in fresh:
                row.set_glyphs(getattr(self.screen, "glyphs", "braille"))
        self._keep_in_sight()
        self.call_after_refresh(self._draw_rows)

    def edit(self, value: str, *, select: bool) -> None:
        """Opens the editor over the chosen line's value."""
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
        """Moves what is in sight; the chosen row stays chosen. Not while a value is written."""
        if not self.query(EditLine):
            self._top += lines
            self._draw_rows()
