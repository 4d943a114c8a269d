"""The presets page: load, save, copy, rename, delete. Loading stages the differences, and never applies them."""

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
from ovtui.dashboard.settings_pane.preset_library import PresetDiff, PresetLibrary
from ovtui.dashboard.settings_pane.preset_rows import PresetDetail, PresetRows
from ovtui.dashboard.staging import value_text
from ovtui.settings.errors import SettingsError
from ovtui.settings.files.presets import Preset

NamingAction = Literal["save", "copy", "rename"]
_PROMPTS: dict[NamingAction, str] = {
    "save": "save the settings as", "copy": "copy {} to", "rename": "rename {} to",
}  # fmt: skip


class NameLine(Input):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.NAMING)

    class NamingCancelled(Message):
        """No name is given."""

    def __init__(self) -> None:
        super().__init__(compact=True, select_on_focus=True)
        self.cursor_blink = False

    def action_cancel(self) -> None:
        self.post_message(self.NamingCancelled())


class PresetsScreen(ModalScreen[str]):
    """Returns a sentence on what was staged, or an empty text."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.PRESETS)
    AUTO_FOCUS = ""

    def __init__(self, library: PresetLibrary, *, read_only: bool, glyphs: GlyphSet = "braille") -> None:
        super().__init__()
        self.library = library
        self._read_only = read_only
        self._glyphs: GlyphSet = glyphs
        self._naming: NamingAction | None = None
        self._confirming = ""
        """The preset that the next enter overwrites or deletes."""
        self._asks_to_delete = False
        self._with_model = False
        """Loading replaces the model under test too."""
        self._diff = PresetDiff()
        """Of the selected preset."""

    def compose(self) -> ComposeResult:
        page = Vertical(id="page")
        page.border_title = "Presets"
        with page:
            with Horizontal(id="columns"):
                yield PresetRows()
                yield PresetDetail()
            yield Static(id="prompt", markup=False)
            yield NameLine()
            yield Static(id="notice", markup=False)

    def on_mount(self) -> None:
        self.set_class(self._glyphs == "ascii", "-ascii")
        for panel in self.query(Panel):
            panel.set_glyphs(self._glyphs)
        self._reload_presets()
        self._show_keys()

    def _show_keys(self) -> None:
        """The keys that work now: those of the prompt while it asks, else those of the page."""
        keys, preset = keys_of(self), self.rows.chosen
        page = self.query_one("#page", Vertical)
        if self._asks_to_delete:
            page.border_subtitle = f"{keys.first('name-take')} delete  {keys.hint('name-cancel')}"
        elif self._naming is not None:
            page.border_subtitle = keys.hint("name-take", "name-cancel")
        else:
            own = ("preset-rename", "preset-delete") if preset is not None and not preset.is_shipped else ()
            model = ("preset-model",) if self._diff.kept and not self._read_only else ()
            load = () if self._read_only or preset is None else ("preset-load",)
            copy = () if preset is None else ("preset-copy",)
            page.border_subtitle = keys.hint(*load, *model, "preset-save", *copy, *own, "close-presets")

    @property
    def rows(self) -> PresetRows:
        return self.query_one(PresetRows)

    def _reload_presets(self, choose: str = "") -> None:
        self.library.read()
        self.rows.show(self.library.presets)
        if choose:
            self.rows.choose(choose)
        if self.library.problems:
            self._show_notice("; ".join(map(one_line, self.library.problems)), wrong=True)
        self._draw_detail()

    def _draw_detail(self) -> None:
        preset, error = self.rows.chosen, ""
        self._diff = PresetDiff()
        if preset is not None:
            try:
                self._diff = self.library.differences(preset)
            except SettingsError as problem:
                error = str(problem)
        self.query_one(PresetDetail).show(preset, self._diff, error, with_model=self._with_model)
        self._show_keys()

    def _show_notice(self, text: str, *, wrong: bool = False) -> None:
        notice = self.query_one("#notice", Static)
        notice.update(one_line(text))
        notice.set_class(wrong, "-wrong")

    def _attempt(self, act: Callable[[], str]) -> bool:
        """Runs `act` and shows its result, or why it failed. Returns True on success."""
        try:
            self._show_notice(act())
        except SettingsError as error:
            self._show_notice(str(error), wrong=True)
            return False
        return True

    def _chosen_personal(self, verb: str) -> Preset | None:
        """The selected preset if it is a person's own; else None, with a notice."""
        preset = self.rows.chosen
        if preset is not None and preset.is_shipped:
            keys = keys_of(self)
            self._show_notice(
                f"{preset.name} is ovtui's own and cannot be {verb}; {keys.hint('preset-copy')}", wrong=True
            )
            return None
        return preset

    # Keys

    def on_key(self, event: events.Key) -> None:
        """The answer to the question whether to delete: every other key leaves the preset and is itself again."""
        if not self._asks_to_delete:
            return
        keys, name = keys_of(self), self._confirming
        self._asks_to_delete, self._confirming = False, ""
        self._show_notice("")
        self._show_keys()
        taken = event.key in keys.of("name-take")
        if taken and self._attempt(lambda: self.library.delete(name)):
            self._reload_presets()
        if taken or event.key in (*keys.of("name-cancel"), *keys.of("preset-delete")):
            event.stop()
            event.prevent_default()

    def action_move(self, rows: int) -> None:
        self.rows.move(rows)
        self._asks_to_delete, self._confirming = False, ""
        self._draw_detail()

    def action_model(self) -> None:
        """Whether loading replaces the model under test too."""
        preset = self.rows.chosen
        if preset is None:
            return
        if not self._diff.kept:
            model = value_text("model", self.library.staging.wanted.model)
            why = f"is for {model} too" if "model" in preset.settings else "names no model"
            self._show_notice(f"{preset.name} {why}; the model stays {model}")
            return
        self._with_model = not self._with_model
        self._show_notice("")
        self._draw_detail()

    def action_load(self) -> None:
        preset = self.rows.chosen
        if preset is None:
            return
        if self._read_only:
            self._show_notice("read-only: nothing can be changed", wrong=True)
            return
        try:
            text = self.library.load(preset, with_model=self._with_model)
        except SettingsError as error:
            self._show_notice(str(error), wrong=True)
        else:
            self.dismiss(text)

    def action_name(self, action: NamingAction) -> None:
        preset = self.rows.chosen if action != "rename" else self._chosen_personal("renamed")
        if preset is None and action != "save":
            return
        self._naming, self._confirming = action, ""
        self.query_one("#prompt", Static).update(
            _PROMPTS[action].format(one_line(preset.name) if preset else "") + ": "
        )
        line = self.query_one(NameLine)
        line.value = preset.name if preset and not preset.is_shipped else ""
        self.set_class(True, "-naming")
        self._show_notice("")
        self._show_keys()
        line.focus()

    def action_delete(self) -> None:
        preset = self._chosen_personal("deleted")
        if preset is None:
            return
        keys = keys_of(self)
        self._asks_to_delete, self._confirming = True, preset.name
        self._show_notice(
            f"delete {preset.name} for good? {keys.first('name-take')} deletes, {keys.first('name-cancel')} keeps it",
            wrong=True,
        )
        self._show_keys()

    def action_dismiss_page(self) -> None:
        self.dismiss("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        name, preset = event.value.strip(), self.rows.chosen
        acts: dict[NamingAction, Callable[[], str]] = {
            "save": lambda: self.library.save(name),
            "copy": lambda: self.library.copy(preset.name if preset else "", name),
            "rename": lambda: self.library.rename(preset.name if preset else "", name),
        }
        if self._naming is None or not self._overwrite_confirmed(name):
            return
        if self._attempt(acts[self._naming]):
            self._end_naming()
            self._reload_presets(choose=name)

    def _overwrite_confirmed(self, name: str) -> bool:
        """True where nothing would be overwritten, or a second enter confirms it."""
        if self._naming != "save":
            return True
        try:
            exists = self.library.exists(name)
        except SettingsError as error:
            self._show_notice(str(error), wrong=True)
            return False
        if exists and self._confirming != name:
            self._confirming = name
            self._show_notice(f"{name} exists; {keys_of(self).first('name-take')} again overwrites it", wrong=True)
            return False
        return True

    def on_name_line_naming_cancelled(self) -> None:
        self._show_notice("")
        self._end_naming()

    def _end_naming(self) -> None:
        self._naming, self._confirming = None, ""
        self.set_class(False, "-naming")
        self.set_focus(None)
        self._show_keys()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw_detail)

    def on_click(self, event: events.Click) -> None:
        """Selects the clicked row of the list."""
        rows = self.rows
        if event.widget is rows:
            at = event.y - (rows.content_region.y - rows.region.y) + rows.visible_rows.start
            if at < rows.count():
                self.action_move(at - (rows.cursor or 0))
