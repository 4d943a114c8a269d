"""The settings pane: a row for each of our settings and of the devices' properties. Live changes act at once, the
others are staged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.settings_pane.pane_foot import PaneFoot
from ovtui.dashboard.settings_pane.pane_model import Heading, Line, PaneList
from ovtui.dashboard.settings_pane.pane_rows import Change, PaneContext, PaneItem, RowState, SettingItem
from ovtui.dashboard.settings_pane.pane_search import PaneSearch, SearchLine
from ovtui.dashboard.settings_pane.setting_row import EditLine, SettingRow
from ovtui.dashboard.settings_pane.setting_rows import SettingRows
from ovtui.dashboard.views.header import replacement_compiling
from ovtui.dashboard.views.view import ViewContext
from ovtui.metrics.snapshot import Snapshot
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.settings import fields

_READ_ONLY_TEXT = "this view is read-only; nothing can be changed"


class SettingsPane(Vertical, can_focus=True):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.SETTINGS)

    class Closed(Message):
        """The pane asks to be closed."""

    class Changed(Message):
        """Something was staged or taken back, or the keys have another meaning now."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self.staging = context.staging
        self._source = context.source
        self.read_only = context.source.read_only
        """A replay, or somebody else's session: nothing can be changed."""
        self.list = PaneList()
        self.editing = ""
        """Id of the row being written, or empty."""
        self._defaults = context.preferences.defaults
        self._error = ("", "")
        """Row and reason of the last value that could not be taken."""
        self._snapshot: Snapshot | None = None
        self._properties_version: tuple[int, int] = (-1, -1)
        """What the property rows were made from: version of the staging, and devices that have told of themselves."""

    def compose(self) -> ComposeResult:
        yield PaneSearch()
        yield SettingRows()
        yield PaneFoot()

    @property
    def rows(self) -> SettingRows:
        return self.query_one(SettingRows)

    @property
    def selected(self) -> str:
        return self.list.selected

    def show(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.redraw()

    def redraw(self) -> None:
        if self.staging.in_force is None or not self.display:
            return
        self._update_properties()
        now = self._pane_context
        self.rows.show(self.list.lines, self.list.at(), lambda line: self._state(line, now))
        self.query_one(PaneSearch).show(self.list, self.rows.words)
        if self._snapshot is not None:
            item = self.list.item
            about = item.about(now) if item is not None else self._help_without_row()
            foot = self.query_one(PaneFoot)
            foot.show(self._snapshot, self.staging, about, self.read_only)
            foot.styles.height = foot.preferred_height(self.size.height)

    def _help_without_row(self) -> str:
        """Where no row is chosen: on a group's heading, or in a search that found none."""
        if self.list.filter and not self.list.lines:
            return f"Nothing has {self.list.filter!r} in its name or its help, of {self.list.total} rows."
        return "Properties as the device lists them."

    def _update_properties(self) -> None:
        listed = self._snapshot.story.device_properties if self._snapshot else {}
        seen = self.staging.version, len(listed)
        if seen != self._properties_version:
            self._properties_version = seen
            self.list.set_properties(listed, self.staging.wanted)

    @property
    def _pane_context(self) -> PaneContext:
        story = self._snapshot.story if self._snapshot else None
        engine = story.engine if story else None
        return PaneContext(
            staging=self.staging,
            defaults=self._defaults,
            devices=list(engine.model.available) if engine and engine.model else (),
            in_flight=story.segment.nireq if story and story.segment else 0,
            throughput=self._snapshot.throughput if self._snapshot else None,
        )

    def _state(self, line: Line, now: PaneContext) -> RowState | Heading:
        if isinstance(line, Heading):
            return line
        state = line.state(now)
        return replace(state, error=self._error[1]) if self._error[0] == line.id else state

    def state_of(self, id_: str) -> RowState:
        """What a row shows, in sight or not."""
        item = next(item for item in self.list.items if item.id == id_)
        state = self._state(item, self._pane_context)
        assert isinstance(state, RowState)
        return state

    def select(self, id_: str) -> None:
        self.list.select(id_)
        self._selection_changed()

    def _selection_changed(self) -> None:
        if self._error[0] != self.list.selected:
            self._error = ("", "")
        self.redraw()

    def _change(self, wanted: Callable[[PaneItem, PaneContext], Change | None]) -> bool:
        """Proposes what `wanted` makes of the chosen row, or shows at the row why not. Whether it was taken."""
        item = self.list.item
        if item is None or self.staging.in_force is None:
            return False
        self._error = ("", "")
        try:
            change = wanted(item, self._pane_context)
            if change is None:
                return True
            if self.read_only:
                raise SettingsError(_READ_ONLY_TEXT)
            self.staging.propose(*change)
        except SettingsError as error:
            self._error = (item.id, str(error))
        self._changed()
        return not self._error[0]

    def _changed(self) -> None:
        self.redraw()
        self.post_message(self.Changed())

    # Keys

    def action_row(self, lines: int) -> None:
        self.list.move(lines)
        self._selection_changed()

    def action_row_page(self, pages: int) -> None:
        self.action_row(pages * max(self.rows.size.height - 2, 1))

    def action_row_end(self, direction: int) -> None:
        self.action_row(direction * len(self.list.lines))

    def action_step(self, direction: int) -> None:
        self._change(lambda item, now: self._require_change(item.stepped(now, direction), "no number to step"))

    def action_choice(self, direction: int) -> None:
        if self._toggle_fold() or self._go_to_setting():
            return
        self._change(lambda item, now: self._require_change(item.chosen(now, direction), "nothing to choose from"))

    def _require_change(self, change: Change | None, without: str) -> Change:
        """Says what does it where a key does nothing on this row."""
        if change is None:
            raise SettingsError(f"{without} on this row; {keys_of(self).first('edit')} writes a value")
        return change

    def action_edit(self) -> None:
        item = self.list.item
        if self._toggle_fold() or self._go_to_setting() or item is None:
            return
        if item.cycles:
            self.action_choice(1)
        else:
            self._begin_edit(select=True)

    def _toggle_fold(self) -> bool:
        """Where a heading is chosen: folds it, or unfolds it."""
        heading = self.list.heading
        if heading is not None:
            self.list.fold(heading.group)
            self.redraw()
        return heading is not None

    def _go_to_setting(self) -> bool:
        """Where the row's value is changed elsewhere: goes there."""
        item = self.list.item
        if item is None or not item.leads_to:
            return False
        self.select(item.leads_to)
        return True

    def action_reset(self) -> None:
        self._change(lambda item, now: item.reset(now))

    def action_undo(self) -> None:
        self._run_undo(self.staging.undo)

    def action_undo_all(self) -> None:
        self._run_undo(self._undo_all)

    def _undo_all(self) -> None:
        idle = not (self.staging.staged or self.read_only)
        # What compiles may have been asked for by another view, or by this one before it was attached again.
        elsewhere = idle and self._snapshot is not None and replacement_compiling(self._snapshot.story)
        if self.staging.undo_all() or elsewhere:
            self._source.cancel_change()

    def _run_undo(self, undo: Callable[[], None]) -> None:
        if self.staging.in_force is None:
            return
        self._error = ("", "")
        try:
            undo()
        except SettingsError as error:
            self._error = (self.list.selected, str(error))
        self._changed()

    def action_search(self) -> None:
        self.query_one(PaneSearch).open(self.list.filter)
        self._changed()

    def action_close(self) -> None:
        if self.list.filter:
            self.list.search("")
            self._changed()
        else:
            self.post_message(self.Closed())

    def on_key(self, event: events.Key) -> None:
        """A row's own letter, or the first digit of a new number."""
        letter = event.character or ""
        if self.staging.in_force is None or not letter or not self.has_focus:
            return
        chosen = next((field.name for field in fields().values() if field.spec.key == letter), None)
        item = self.list.item
        if chosen is not None:
            self.select(chosen)
            if fields()[chosen].type is str or SettingItem(fields()[chosen]).cycles:
                self.action_edit()
        elif letter in "0123456789" and item is not None and item.takes_digits:
            self._begin_edit(letter, select=False)
        else:
            return
        event.stop()
        event.prevent_default()

    # Writing a value

    def _begin_edit(self, text: str | None = None, *, select: bool) -> None:
        """Opens the editor over the chosen row's value, or shows at the row why it cannot be written. `text` stands
        for the value."""
        item = self.list.item
        if self.staging.in_force is None or item is None:
            return
        try:
            if self.read_only:
                raise SettingsError(_READ_ONLY_TEXT)
            value = item.text(self._pane_context)
        except SettingsError as error:
            self._error = (item.id, str(error))
            self.redraw()
            return
        self.editing = item.id
        self.rows.edit(value if text is None else text, select=select)

    async def _end_edit(self, *, left: bool = False) -> None:
        self.editing = ""
        await self.rows.end_edit()
        if not left:
            self.focus()
        self.redraw()

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if isinstance(event.input, SearchLine):
            self._end_search()
        elif self._change(lambda item, now: item.written(now, event.value)):
            await self._end_edit()

    async def on_edit_line_cancelled(self, event: EditLine.Cancelled) -> None:
        event.stop()
        if self.editing:
            self._error = ("", "")
            await self._end_edit(left=event.left)

    def on_setting_row_chosen(self, event: SettingRow.Chosen) -> None:
        event.stop()
        if self.editing:
            return
        self.focus()
        again = event.line_id == self.list.selected
        self.list.selected = event.line_id
        if self.list.heading is not None or again:
            self.action_edit()
        self._selection_changed()

    # Searching

    def on_input_changed(self, event: Input.Changed) -> None:
        if isinstance(event.input, SearchLine):
            event.stop()
            self.list.search(event.value)
            self._selection_changed()

    def on_search_line_left(self, event: SearchLine.Left) -> None:
        event.stop()
        if not event.keep:
            self.list.search("")
        self._end_search()

    def _end_search(self) -> None:
        self.query_one(PaneSearch).close()
        self.focus()
        self._changed()
