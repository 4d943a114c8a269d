"""The settings: one row each, made from the schema; live changes act at once, others are staged."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from ovtui.dashboard.commands import Scope, bindings
from ovtui.dashboard.fitting import cut
from ovtui.dashboard.staging import shown
from ovtui.dashboard.stepping import choices, choose, step
from ovtui.dashboard.views import Context
from ovtui.dashboard.widgets.pane_foot import PaneFoot
from ovtui.dashboard.widgets.panel import Panel
from ovtui.dashboard.widgets.setting_row import EditLine, RowState, SettingRow
from ovtui.metrics.snapshot import Snapshot
from ovtui.settings.errors import SettingsError
from ovtui.settings.fields import Field, fields
from ovtui.settings.knob import Effect

_FIRST = "device"
"""Where the cursor starts: what people change first."""


class _Rows(VerticalScroll, can_focus=False):
    pass


class _Heading(Panel):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def draw(self, width: int) -> Content:
        return Content.styled(cut(f"  {self.text}", width), "bold $primary" if self.text.isupper() else "$secondary")


class SettingsPane(Vertical, can_focus=True):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.SETTINGS)

    class Closed(Message):
        """The pane asks to be closed."""

    class Changed(Message):
        """Something was staged or taken back."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.staging = context.staging
        self.read_only = context.source.read_only
        """A replay, or somebody else's session: nothing can be changed."""
        self.selected = _FIRST
        self.editing = ""
        """The setting being written, or empty."""
        self._ahead: list[events.Key] = []
        self._error = ("", "")
        """Setting and reason of the last value that could not be taken."""
        self._snapshot: Snapshot | None = None
        self._grouped = grouped()
        self._names = [field.name for group in self._grouped.values() for field in group]

    def compose(self) -> ComposeResult:
        yield _Heading("SETTINGS")
        with _Rows():
            for group, members in self._grouped.items():
                yield _Heading(group)
                for field in members:
                    yield SettingRow(field.name)
        yield PaneFoot()

    def show(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.redraw()

    def redraw(self) -> None:
        if self.staging.in_force is None or not self.display:
            return
        for row in self.query(SettingRow):
            row.show(self._row(fields()[row.setting]))
        if self._snapshot is not None:
            self.query_one(PaneFoot).show(
                self._snapshot, self.staging, fields()[self.selected], self._available, self.read_only
            )

    def _row(self, field: Field) -> RowState:
        name, staging = field.name, self.staging
        effect = staging.effect(name)
        old = None
        status = {Effect.LIVE: "live", Effect.START: "start", Effect.RECOMPILE: ""}[effect]
        value = shown(name, staging.value(name))
        if name in staging.staged:
            old, status = shown(name, getattr(staging.in_force, name)), "staged"
        elif name == "nireq" and not staging.value(name) and self._in_flight:
            value = f"auto ({self._in_flight})"
        return RowState(
            key=field.knob.key,
            label=field.label,
            value=value,
            old=old,
            status=status,
            selected=name == self.selected,
            dimmed=effect is Effect.START or self._has_no_effect(name),
            left_open=not staging.value(name),
            error=self._error[1] if self._error[0] == name else "",
        )

    def _has_no_effect(self, name: str) -> bool:
        device = str(self.staging.value("device")).upper()
        if name == "batch_timeout_ms":
            return self.staging.value("auto_batching") == "no" and not device.startswith("BATCH:")
        return False

    @property
    def _in_flight(self) -> int:
        """What automatic comes to: the pool of the segment in force."""
        segment = self._snapshot.story.segment if self._snapshot else None
        return segment.nireq if segment else 0

    @property
    def _available(self) -> list[str]:
        engine = self._snapshot.story.engine if self._snapshot else None
        return list(engine.model.available) if engine and engine.model else []

    def _implied(self, name: str) -> float | None:
        if name == "nireq":
            return self._in_flight or None
        return self._snapshot.throughput if name == "rate" and self._snapshot else None

    def select(self, name: str) -> None:
        self.selected = name
        if self._error[0] != name:
            self._error = ("", "")
        self.redraw()
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        if self.selected == self._names[0]:
            self.query_one(_Rows).scroll_home(animate=False)
        else:
            self.query_one(f"#setting-{self.selected}", SettingRow).scroll_visible(animate=False)

    def on_resize(self) -> None:
        self.call_after_refresh(self._keep_in_sight)

    def _propose(self, name: str, value: Any) -> bool:
        """Takes a wanted value, or shows at the row why not."""
        self._error = ("", "")
        try:
            if self.read_only:
                raise SettingsError("this view is read-only; nothing can be changed")
            self.staging.propose(name, value)
        except SettingsError as error:
            self._error = (name, str(error))
        self._changed()
        return not self._error[0]

    def _changed(self) -> None:
        self.redraw()
        self.post_message(self.Changed())

    def _change(self, next_value: Callable[[Field, Any], Any]) -> None:
        field = fields()[self.selected]
        if self.staging.in_force is None:
            return
        value = next_value(field, self.staging.value(field.name))
        if value is not None:
            self._propose(field.name, value)

    def action_row(self, direction: int) -> None:
        at = self._names.index(self.selected) + direction
        self.select(self._names[max(0, min(at, len(self._names) - 1))])

    def action_row_end(self, direction: int) -> None:
        self.select(self._names[-1 if direction > 0 else 0])

    def action_step(self, direction: int) -> None:
        self._change(lambda field, value: step(field, value, direction, self._implied(field.name)))

    def action_choice(self, direction: int) -> None:
        self._change(lambda field, value: choose(field, value, direction, self._available))

    def action_edit(self) -> None:
        field = fields()[self.selected]
        if field.knob.choices or field.type is bool:
            self.action_choice(1)
        else:
            self._begin_edit(field, field.show(self.staging.value(field.name)), select=True)

    def action_undo(self) -> None:
        self.staging.undo()
        self._changed()

    def action_undo_all(self) -> None:
        self.staging.undo_all()
        self._changed()

    def action_close(self) -> None:
        self.post_message(self.Closed())

    def on_key(self, event: events.Key) -> None:
        """A row's own letter, or the first digit of a new number."""
        letter = event.character or ""
        if self.editing:
            self._type_ahead(event)
            return
        if self.staging.in_force is None or not letter:
            return
        chosen = next((name for name in self._names if fields()[name].knob.key == letter), None)
        field = fields()[self.selected]
        if chosen is not None:
            self.select(chosen)
            field = fields()[chosen]
            if choices(field, ()) and field.name != "device":
                self.action_choice(1)
            elif field.type is str:
                self.action_edit()
        elif letter in "0123456789" and _takes_digits(field):
            self._begin_edit(field, letter, select=False)
        else:
            return
        event.stop()
        event.prevent_default()

    def _type_ahead(self, event: events.Key) -> None:
        """Keeps what is typed before the editor has the focus: a paste or a packet over SSH brings several keys at
        once, and the editor opens after the first of them."""
        editor = self.query_one(EditLine)
        if event is editor.newest_key:
            return
        self._ahead.append(copy(event))
        event.stop()
        event.prevent_default()
        self.on_descendant_focus()

    def on_descendant_focus(self) -> None:
        for editor in self.query(EditLine):
            if editor.has_focus:
                for event in self._ahead:
                    editor.post_message(event)
                self._ahead.clear()

    def _begin_edit(self, field: Field, text: str, *, select: bool) -> None:
        if self.staging.in_force is None or self.read_only or field.knob.effect is Effect.START:
            self._propose(field.name, self.staging.value(field.name))
            return
        self.editing = field.name
        self.query_one(f"#setting-{field.name}", SettingRow).edit(text, select=select)

    async def _end_edit(self) -> None:
        name, self.editing = self.editing, ""
        had_focus = isinstance(self.screen.focused, EditLine)
        await self.query_one(f"#setting-{name}", SettingRow).end_edit()
        if had_focus:
            self.focus()
        self.redraw()

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        field = fields()[self.editing]
        try:
            value = field.read(event.value)
        except SettingsError as error:
            self._error = (field.name, str(error))
            self.redraw()
            return
        if self._propose(field.name, value):
            await self._end_edit()

    async def on_edit_line_cancelled(self, event: EditLine.Cancelled) -> None:
        event.stop()
        if self.editing:
            self._error = ("", "")
            await self._end_edit()

    def on_setting_row_chosen(self, event: SettingRow.Chosen) -> None:
        event.stop()
        self.select(event.name)


def grouped() -> dict[str, list[Field]]:
    """The settings by group, groups and members in the order of the schema."""
    groups: dict[str, list[Field]] = {}
    for field in fields().values():
        groups.setdefault(field.knob.group, []).append(field)
    return groups


def _takes_digits(field: Field) -> bool:
    return field.type in (int, float) or bool(field.knob.words)
