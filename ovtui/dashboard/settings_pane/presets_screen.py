"""The presets page: load, save, copy, rename, delete. Loading stages the differences; nothing is applied from here."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from ovtui.dashboard.drawing.glyphs import GlyphSet
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.settings_pane.preset_library import PresetLibrary
from ovtui.dashboard.settings_pane.preset_rows import PresetDetail, PresetRows
from ovtui.settings.errors import SettingsError
from ovtui.settings.files.presets import Preset

NamingAction = Literal["save", "copy", "rename"]
_PROMPTS: dict[NamingAction, str] = {
    "save": "save what is set as", "copy": "copy {} to", "rename": "rename {} to",
}  # fmt: skip


class NameLine(Input):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.NAMING)

    class Cancelled(Message):
        pass

    def __init__(self) -> None:
        super().__init__(compact=True, select_on_focus=True)
        self.cursor_blink = False

    def action_cancel(self) -> None:
        self.post_message(self.Cancelled())


class PresetsScreen(ModalScreen[str]):
    """Returns what was staged, in a sentence; empty where nothing was."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.PRESETS)
    AUTO_FOCUS = ""

    def __init__(self, shelf: PresetLibrary, *, read_only: bool, glyphs: GlyphSet = "braille") -> None:
        super().__init__()
        self.shelf = shelf
        self._read_only = read_only
        self._glyphs: GlyphSet = glyphs
        self._naming: NamingAction | None = None
        self._confirming = ""
        """What the next press of the same key does, though it cannot be undone."""

    def compose(self) -> ComposeResult:
        page = Vertical(id="page")
        page.border_title = "Presets"
        keys = keys_of(self)
        page.border_subtitle = keys.hint(
            "preset-load", "preset-save", "preset-copy", "preset-rename", "preset-delete", "close-presets"
        )
        with page:
            with Horizontal(id="columns"):
                yield PresetRows()
                yield PresetDetail()
            yield Static(id="prompt", markup=False)
            yield NameLine()
            yield Static(id="word", markup=False)

    def on_mount(self) -> None:
        self.set_class(self._glyphs == "ascii", "-ascii")
        for panel in self.query(Panel):
            panel.set_glyphs(self._glyphs)
        self._reload_presets()

    @property
    def rows(self) -> PresetRows:
        return self.query_one(PresetRows)

    def _reload_presets(self, choose: str = "") -> None:
        self.shelf.read()
        self.rows.show(self.shelf.presets)
        if choose:
            self.rows.choose(choose)
        if self.shelf.wrong:
            self._show_notice("; ".join(map(one_line, self.shelf.wrong)), wrong=True)
        self._draw_detail()

    def _draw_detail(self) -> None:
        preset, error = self.rows.chosen, ""
        changes: list[tuple[str, str, str]] = []
        if preset is not None:
            try:
                changes = self.shelf.differences(preset)
            except SettingsError as trouble:
                error = str(trouble)
        self.query_one(PresetDetail).show(preset, changes, error)

    def _show_notice(self, text: str, *, wrong: bool = False) -> None:
        word = self.query_one("#word", Static)
        word.update(text)
        word.set_class(wrong, "-wrong")

    def _attempt(self, act: Callable[[], str]) -> bool:
        """Does it and says what came of it. Whether it went well."""
        try:
            self._show_notice(act())
        except SettingsError as error:
            self._show_notice(str(error), wrong=True)
            return False
        return True

    def _chosen_personal(self, verb: str) -> Preset | None:
        """The chosen preset where it is a person's own; says why not."""
        preset = self.rows.chosen
        if preset is not None and preset.is_shipped:
            keys = keys_of(self)
            self._show_notice(
                f"{preset.name} is ovtui's own and cannot be {verb}; {keys.hint('preset-copy')}", wrong=True
            )
            return None
        return preset

    # Keys

    def action_move(self, rows: int) -> None:
        self.rows.move(rows)
        self._confirming = ""
        self._draw_detail()

    def action_load(self) -> None:
        preset = self.rows.chosen
        if preset is None:
            return
        if self._read_only:
            self._show_notice("this view is read-only; nothing can be changed", wrong=True)
            return
        try:
            told = self.shelf.load(preset)
        except SettingsError as error:
            self._show_notice(str(error), wrong=True)
        else:
            self.dismiss(told)

    def action_name(self, what: NamingAction) -> None:
        preset = self.rows.chosen if what != "rename" else self._chosen_personal("renamed")
        if preset is None and what != "save":
            return
        self._naming, self._confirming = what, ""
        self.query_one("#prompt", Static).update(_PROMPTS[what].format(preset.name if preset else "") + ": ")
        line = self.query_one(NameLine)
        line.value = preset.name if preset and not preset.is_shipped else ""
        self.set_class(True, "-naming")
        self._show_notice("")
        line.focus()

    def action_delete(self) -> None:
        preset = self._chosen_personal("deleted")
        if preset is None:
            return
        if self._confirming != preset.name:
            self._confirming = preset.name
            self._show_notice(
                f"{keys_of(self).first('preset-delete')} again deletes {preset.name} for good", wrong=True
            )
            return
        self._confirming = ""
        if self._attempt(lambda: self.shelf.delete(preset.name)):
            self._reload_presets()

    def action_dismiss_page(self) -> None:
        self.dismiss("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        name, preset = event.value.strip(), self.rows.chosen
        acts: dict[NamingAction, Callable[[], str]] = {
            "save": lambda: self.shelf.save(name),
            "copy": lambda: self.shelf.copy(preset.name if preset else "", name),
            "rename": lambda: self.shelf.rename(preset.name if preset else "", name),
        }
        if self._naming is None or not self._overwrite_confirmed(name):
            return
        if self._attempt(acts[self._naming]):
            self._end_naming()
            self._reload_presets(choose=name)

    def _overwrite_confirmed(self, name: str) -> bool:
        """Asks once more before a preset is written over."""
        if self._naming != "save":
            return True
        try:
            there = self.shelf.exists(name)
        except SettingsError as error:
            self._show_notice(str(error), wrong=True)
            return False
        if there and self._confirming != name:
            self._confirming = name
            self._show_notice(f"{name} is there; enter again writes over it", wrong=True)
            return False
        return True

    def on_name_line_cancelled(self) -> None:
        self._show_notice("")
        self._end_naming()

    def _end_naming(self) -> None:
        self._naming, self._confirming = None, ""
        self.set_class(False, "-naming")
        self.set_focus(None)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw_detail)

    def on_click(self, event: events.Click) -> None:
        """A row of the list is chosen."""
        rows = self.rows
        if event.widget is rows:
            at = event.y - (rows.content_region.y - rows.region.y) + rows.visible_rows.start
            if at < rows.count():
                self.action_move(at - (rows.cursor or 0))
