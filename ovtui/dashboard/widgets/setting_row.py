"""One setting's row in the pane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from ovtui.dashboard.commands import Scope, bindings
from ovtui.dashboard.fitting import cut, one_line
from ovtui.dashboard.widgets.panel import Panel

_LABEL_FROM, VALUE_FROM, _STATUS = 5, 20, 7


@dataclass(frozen=True, slots=True)
class RowState:
    """All that a row shows."""

    key: str
    label: str
    value: str
    old: str | None = None
    """The value in force where another one is staged."""
    status: str = ""
    selected: bool = False
    dimmed: bool = False
    left_open: bool = False
    """Nothing was set: the value says what it comes to."""
    error: str = ""


class EditLine(Input):
    """The inline editor of one value. `Input.Submitted` takes it, Cancelled leaves the value as it was."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.EDITING)

    class Cancelled(Message):
        pass

    newest_key: events.Key | None = None
    """The key it saw last: another one that reaches the pane was typed before this editor had the focus."""

    def __init__(self, value: str, *, select: bool) -> None:
        super().__init__(value, compact=True, select_on_focus=select)
        self.cursor_blink = False

    def on_key(self, event: events.Key) -> None:
        self.newest_key = event

    def action_cancel(self) -> None:
        self.post_message(self.Cancelled())

    def on_blur(self) -> None:
        self.post_message(self.Cancelled())


class SettingRow(Panel):
    def __init__(self, name: str) -> None:
        super().__init__(id=f"setting-{name}")
        self.setting = name
        self.state = RowState("", "", "")

    class Chosen(Message):
        """The row was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def show(self, state: RowState) -> None:
        if state == self.state:
            return
        if bool(state.error) != bool(self.state.error):
            self.styles.height = 3 if state.error else 1
        self.state = state
        self.set_class(state.selected, "-selected")
        self.redraw()

    def draw(self, width: int) -> Content:
        state = self.state
        room = width - VALUE_FROM - _STATUS
        base = "$faint" if state.dimmed else "$dim" if state.left_open else ""
        label = "$faint" if state.dimmed else "$dim"
        head: list[tuple[str, str]] = [
            ("› " if state.selected else "  ", "bold $accent"),
            (f"{state.key:<3}", "bold $key"),
            (f"{cut(state.label, VALUE_FROM - _LABEL_FROM - 1):<{VALUE_FROM - _LABEL_FROM}}", label),
        ]
        value = one_line(state.value)
        if state.old is None:
            shown = cut(value, room)
            body = [(shown, base)]
        else:
            old = cut(one_line(state.old), max(room - len(value) - 3, 3))
            shown = f"{old} → {cut(value, room - len(old) - 3)}"
            body = [(shown, "bold $warning")]
        gap = " " * max(room - Content(shown).cell_length, 0)
        status = "bold $warning" if state.old is not None else label
        line = Content.assemble(*head, *body, gap, (f"{state.status:>{_STATUS - 1}} ", status))
        if not state.error:
            return line
        reason = Content.styled(cut(state.error, 2 * (width - 6)), "$error")
        wrapped = reason.wrap(width - 6) if width > 10 else [reason]
        return Content("\n").join([line, *(Content("     ") + part for part in wrapped[:2])])

    def edit(self, value: str, *, select: bool) -> None:
        editor = EditLine(value, select=select)
        self.mount(editor)
        editor.focus()

    async def end_edit(self) -> None:
        await self.query(EditLine).remove()

    def on_click(self) -> None:
        self.post_message(self.Chosen(self.setting))
