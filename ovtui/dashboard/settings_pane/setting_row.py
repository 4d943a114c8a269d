"""One line of the settings pane, and the editor of its value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import cut, cut_middle, one_line
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.settings_pane.pane_model import Heading
from ovtui.dashboard.settings_pane.pane_rows import RowState
from ovtui.dashboard.settings_pane.typed_keys import pasted_line

_LABEL_COLUMN, _VALUE_COLUMN, _STATUS_WIDTH = 5, 20, 8
_MAX_LABEL_WIDTH = 38
_ERROR_LINES = 2
_LIST_LINES = 1
"""Of the choices that typed letters leave."""
_MIN_OLD_VALUE_WIDTH = 5


def value_column(width: int, *, wide: bool) -> int:
    """The column where a row's value begins."""
    return (
        _LABEL_COLUMN + min(_MAX_LABEL_WIDTH, max(width - _LABEL_COLUMN - _STATUS_WIDTH - 14, 20))
        if wide
        else _VALUE_COLUMN
    )


class EditLine(Input):
    """The inline editor of one value: `Input.Submitted` sets it, `EditCancelled` leaves it unchanged."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.EDITING)

    class EditCancelled(Message):
        """The value stays unchanged."""

        def __init__(self, *, left: bool = False) -> None:
            super().__init__()
            self.left = left
            """True when the focus has moved elsewhere and should stay there."""

    def __init__(self, value: str, *, select: bool) -> None:
        super().__init__(value, compact=True, select_on_focus=select)
        self.cursor_blink = False

    def action_cancel(self) -> None:
        self.post_message(self.EditCancelled())

    def on_paste(self, event: events.Paste) -> None:
        """Textual's own handler, which follows, inserts the first line."""
        event.text = pasted_line(event.text)

    def on_unmount(self) -> None:
        """Textual's screen keeps for good what has asked it to be told of selections: 20 KB for each edit."""
        self.screen.text_selection_started_signal.unsubscribe(self)

    def on_blur(self) -> None:
        """Cancels the edit, but not where the whole terminal lost the focus, which comes back to the editor later."""
        if self.app.app_focus and not self.has_focus:
            self.post_message(self.EditCancelled(left=True))


class SettingRow(Panel):
    """Shows the line of the list that is scrolled to this widget's place."""

    def __init__(self) -> None:
        super().__init__()
        self.line_id = ""
        self._state: RowState | Heading | None = None
        self._selected = False

    class Chosen(Message):
        """The line was clicked."""

        def __init__(self, line_id: str) -> None:
            super().__init__()
            self.line_id = line_id

    def show(self, line_id: str, state: RowState | Heading | None, *, selected: bool = False) -> None:
        if (line_id, state, selected) == (self.line_id, self._state, self._selected):
            return
        self.line_id, self._state, self._selected = line_id, state, selected
        self.styles.height = _height(state)
        self.set_class(selected, "-selected")
        self.redraw()

    @property
    def wide(self) -> bool:
        """True for a row with a long label, such as a property's name."""
        return isinstance(self._state, RowState) and self._state.wide

    def draw(self, width: int) -> Content:
        if isinstance(self._state, Heading):
            return _heading_line(self._state, width, selected=self._selected)
        return Content() if self._state is None else _setting_line(self._state, width, selected=self._selected)

    def on_click(self) -> None:
        if self.line_id:
            self.post_message(self.Chosen(self.line_id))


def _height(state: RowState | Heading | None) -> int:
    if not isinstance(state, RowState):
        return 1
    return 1 + (_LIST_LINES if state.typed else 0) + (_ERROR_LINES if state.error else 0)


def _heading_line(state: Heading, width: int, *, selected: bool) -> Content:
    if not state.foldable:
        return Content(cut(f"  {state.group}", width))
    mark = "+" if state.folded else "-"
    changed = f", {state.changed} set" if state.changed else ""
    return Content.assemble(
        ("› " if selected else "  ", "bold"),
        (f"{mark} ", "bold $key"),
        (cut(state.group, width - 16), ""),
        (f"  {state.count}{changed}", "$dim"),
    )


def _setting_line(state: RowState, width: int, *, selected: bool) -> Content:
    begin = value_column(width, wide=state.wide)
    room = width - begin - _STATUS_WIDTH
    base = "$faint" if state.dimmed else "$dim" if state.automatic else ""
    label = (
        cut_middle(state.label, begin - _LABEL_COLUMN - 1)
        if state.wide
        else cut(state.label, begin - _LABEL_COLUMN - 1)
    )
    head: list[tuple[str, str]] = [
        ("› " if selected else "  ", "bold"),
        (f"{state.key:<2}", "bold $key"),
        ("*" if state.default else " ", "bold"),
        (f"{label:<{begin - _LABEL_COLUMN}}", "$faint" if state.dimmed else "$dim"),
    ]
    value = one_line(state.value)
    if state.typed:
        body = [(cut(f"{one_line(state.typed)}_", room), "bold")]
    elif state.old is not None:
        left = room - cell_len(value) - 3
        old = cut(one_line(state.old), left) if left >= min(cell_len(state.old), _MIN_OLD_VALUE_WIDTH) else ""
        body = [(cut(f"{old} → {value}".lstrip(), room), "bold $warning")]
    else:
        body = [(cut(value, room), base)]
        default = f"  default {one_line(state.default)}" if state.default else ""
        if default and len(value) + len(default) <= room:
            body.append((default, "$faint"))
    gap = " " * max(room - Content("".join(text for text, _ in body)).cell_length, 0)
    style = "bold $warning" if state.old is not None else "$faint" if state.dimmed else "$dim"
    line = Content.assemble(*head, *body, gap, (f"{state.status:>{_STATUS_WIDTH - 1}} ", style))
    if state.typed:
        line = Content("\n").join([line, _choices_line(state.matches, width)])
    if not state.error:
        return line
    reason = Content.styled(cut(state.error, 2 * (width - 6)), "$error")
    wrapped = reason.wrap(width - 6) if width > 10 else [reason]
    return Content("\n").join([line, *(Content("     ") + part for part in wrapped[:_ERROR_LINES])])


def _choices_line(matches: Sequence[str], width: int) -> Content:
    """The choices that are left, below the value; the first one is the one that enter takes."""
    first, *others = map(one_line, matches)
    room = max(width - 6, 1)
    shown = cut(first, room)
    listed = "".join(f" · {other}" for other in others)
    return Content.assemble("     ", (shown, "bold"), (cut(listed, room - cell_len(shown)), "$dim"))
