"""The settings pane: a row per setting and per property of the devices. Live changes act at once, the others are
staged."""

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
from ovtui.dashboard.keys.keymap import KeyBindings, keys_of
from ovtui.dashboard.settings_pane.pane_foot import PaneFoot
from ovtui.dashboard.settings_pane.pane_model import FIRST_SELECTED, Heading, Line, PaneList
from ovtui.dashboard.settings_pane.pane_rows import Change, PaneContext, PaneItem, RowState, SettingItem
from ovtui.dashboard.settings_pane.pane_search import PaneSearch, SearchLine
from ovtui.dashboard.settings_pane.row_offers import idle_commands
from ovtui.dashboard.settings_pane.row_typing import RowTyping
from ovtui.dashboard.settings_pane.setting_row import EditLine, SettingRow
from ovtui.dashboard.settings_pane.setting_rows import SettingRows
from ovtui.dashboard.staging import BeingAppliedError
from ovtui.dashboard.views.header import replacement_compiling
from ovtui.dashboard.views.view import View, ViewContext
from ovtui.metrics.snapshot import Snapshot
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.settings import fields
from ovtui.settings.shown_text import in_quotes

_READ_ONLY_TEXT = "read-only: nothing can be changed"


class SettingsPane(Vertical, can_focus=True):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.SETTINGS)

    class Closed(Message):
        """The pane asks its view to close it."""

    class Changed(Message):
        """The staged changes, or what the keys do, may have changed."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self.staging = context.staging
        self._source = context.source
        self.read_only = context.source.read_only
        """True for a replay and for a session of another person."""
        self.list = PaneList()
        self.editing = ""
        """Id of the row being edited, or empty."""
        self._typing = RowTyping(self)
        self._idle: tuple[object, frozenset[str]] = None, frozenset()
        """What `idle_commands` was made from, and its value: the footer asks in every frame."""
        self._defaults = context.preferences.defaults
        self._error = ("", "")
        """Row id and reason of the last change that was rejected."""
        self._snapshot: Snapshot | None = None
        self._properties_version: tuple[int, int] = (-1, -1)
        """The version of the staging and the number of listing devices that the property rows were made from."""

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

    @property
    def keys(self) -> KeyBindings:
        return keys_of(self)

    @property
    def scope(self) -> Scope:
        """The scope of the keys while the pane has the focus."""
        return Scope.TYPING if self._typing.text else Scope.SETTINGS

    @property
    def idle_commands(self) -> frozenset[str]:
        """Ids of the commands that do nothing on the selected row, for the footer."""
        if self.staging.in_force is None or self.scope is Scope.TYPING:
            return frozenset()
        version = self.list.selected, self.list.filter, self.staging.version, self.staging.applying
        if self._idle[0] != version:
            item, foldable = self.list.item, self.list.heading is not None
            context, keys = self.pane_context, keys_of(self)
            self._idle = version, idle_commands(item, context, keys, read_only=self.read_only, foldable=foldable)
        return self._idle[1]

    def begin(self) -> None:
        """The pane is opened: at the same row each time, so that the keys after it mean the same each time."""
        self.select(FIRST_SELECTED)

    def show(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.redraw()

    def redraw(self) -> None:
        if self.staging.in_force is None or not self.display:
            return
        self._update_properties()
        context = self.pane_context
        self.rows.show(self.list.lines, self.list.selected_index(), lambda line: self._state(line, context))
        self.query_one(PaneSearch).show(self.list, self.rows.visible_lines)
        if self._snapshot is not None:
            item = self.list.item
            help_text = item.help_text(context) if item is not None else self._help_without_row()
            foot = self.query_one(PaneFoot)
            foot.show(self._snapshot, self.staging, help_text, self.read_only)
            foot.styles.height = foot.preferred_height(self.size.height)

    def _help_without_row(self) -> str:
        """For a selected heading, or a search without a match."""
        if self.list.filter and not self.list.lines:
            return f"None of {self.list.total} rows has {in_quotes(self.list.filter)} in its name or help."
        return "The properties that the device lists."

    def _update_properties(self) -> None:
        listed = self._snapshot.session_state.device_properties if self._snapshot else {}
        version = self.staging.version, len(listed)
        if version != self._properties_version:
            self._properties_version = version
            self.list.set_properties(listed, self.staging.wanted)

    @property
    def pane_context(self) -> PaneContext:
        session_state = self._snapshot.session_state if self._snapshot else None
        engine = session_state.engine if session_state else None
        segment = session_state.segment if session_state else None
        return PaneContext(
            staging=self.staging,
            defaults=self._defaults,
            devices=list(engine.model.available) if engine and engine.model else (),
            in_flight=segment.nireq if segment else 0,
            api=segment.api if segment else "",
            throughput=self._snapshot.throughput if self._snapshot else None,
        )

    def _state(self, line: Line, context: PaneContext) -> RowState | Heading:
        if isinstance(line, Heading):
            return line
        state = line.state(context)
        if self._typing.text and line.id == self.list.selected:
            state = replace(state, typed=self._typing.text, matches=self._typing.matches)
        return replace(state, error=self._error[1]) if self._error[0] == line.id else state

    def select(self, id_: str) -> None:
        self.list.select(id_)
        self._selection_changed()

    def _selection_changed(self) -> None:
        self._typing.end()
        if self._error[0] != self.list.selected:
            self._error = ("", "")
        self._changed()

    def change(self, make_change: Callable[[PaneItem, PaneContext], Change | None]) -> bool:
        """Proposes the change that `make_change` returns for the selected row.

        Returns False where it is rejected, and shows the reason at the row."""
        item = self.list.item
        if item is None or self.staging.in_force is None:
            return False
        self._error = ("", "")
        self._typing.end()
        try:
            change = make_change(item, self.pane_context)
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
        self.change(lambda item, context: self._require_change(item.stepped(context, direction), "no number to step"))

    def action_choice(self, direction: int) -> None:
        if self._toggle_fold() or self._go_to_setting():
            return
        self.change(
            lambda item, context: self._require_change(item.next_choice(context, direction), "nothing to choose from")
        )

    def _require_change(self, change: Change | None, reason: str) -> Change:
        """Raises SettingsError, which names the key to use instead, where a key does nothing on this row."""
        if change is None:
            raise SettingsError(f"{reason} on this row; {keys_of(self).first('edit')} edits the value")
        return change

    def action_edit(self) -> None:
        item = self.list.item
        if self._toggle_fold() or self._go_to_setting() or item is None:
            return
        if self._typing.refused:  # enter after a word that was not taken chooses nothing else
            self._typing.action_leave()
        elif item.cycles:
            self.action_choice(1)
        else:
            self.begin_edit(select=True)

    def _toggle_fold(self) -> bool:
        """Folds or unfolds the selected heading. Returns False where a row is selected."""
        heading = self.list.heading
        if heading is not None:
            self.list.fold(heading.group)
            self.redraw()
        return heading is not None

    def _go_to_setting(self) -> bool:
        """Goes to the row that edits this value, if it is another one."""
        item = self.list.item
        if item is None or not item.setting_id:
            return False
        self.select(item.setting_id)
        return True

    def action_reset(self) -> None:
        self.change(lambda item, context: item.reset(context))

    def action_undo(self) -> None:
        self._run_undo(self.staging.undo)

    def action_undo_all(self) -> None:
        self._run_undo(self._undo_all)

    def _undo_all(self) -> None:
        nothing_staged = not (self.staging.staged or self.read_only)
        # The compile may have been started by another client, or by this one before it attached again.
        elsewhere = (
            nothing_staged and self._snapshot is not None and replacement_compiling(self._snapshot.session_state)
        )
        if self.staging.undo_all() or elsewhere:
            self._source.cancel_change()

    def _run_undo(self, undo: Callable[[], None]) -> None:
        if self.staging.in_force is None:
            return
        if self._typing.text:  # what was typed is the last change
            self._typing.action_leave()
            return
        self._error = ("", "")
        try:
            undo()
        except BeingAppliedError as error:
            self._error = (self.list.selected, f"{error}; {self.keys.first('undo-all')} cancels it")
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

    # Letters and pastes

    def on_key(self, event: events.Key) -> None:
        if self.staging.in_force is None or not self.has_focus:
            return
        if self._typing.press(event.key, event.character or ""):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        if self.staging.in_force is not None:
            self._go_to_setting()
            self._typing.paste(event.text)

    def on_blur(self) -> None:
        """Ends the typing, but not where the whole terminal lost the focus."""
        if self.app.app_focus and self._typing.text:
            self._typing.action_leave()

    def choose_row(self, name: str) -> None:
        """Goes to the row of this setting by its letter: a choice moves on, and a text opens for editing."""
        self.select(name)
        field = fields()[name]
        if field.choices:  # enter edits those of which other texts are possible too
            self.action_choice(1)
        elif field.type is str or SettingItem(field).cycles:
            self.action_edit()

    def show_error(self, text: str) -> None:
        """Shows at the selected row why a key did nothing; an empty text removes it."""
        self._error = (self.list.selected, text) if text else ("", "")
        self._changed()

    def say(self, text: str) -> None:
        if isinstance(self.screen, View):
            self.screen.show_answer(text)

    # Editing a value

    def begin_edit(self, text: str | None = None, *, select: bool) -> None:
        """Opens the editor over the selected row's value, or shows at the row why it is read-only.

        `text`: what the edit begins with, in place of the value."""
        item = self.list.item
        if self.staging.in_force is None or item is None:
            return
        try:
            if self.read_only:
                raise SettingsError(_READ_ONLY_TEXT)
            value = item.edit_text(self.pane_context)
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
        elif self.change(lambda item, context: item.parsed(context, event.value)):
            await self._end_edit()

    async def on_edit_line_edit_cancelled(self, event: EditLine.EditCancelled) -> None:
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

    def on_search_line_search_ended(self, event: SearchLine.SearchEnded) -> None:
        event.stop()
        if not event.keep:
            self.list.search("")
        self._end_search()

    def _end_search(self) -> None:
        self.query_one(PaneSearch).close()
        self.focus()
        self._changed()
