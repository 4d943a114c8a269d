"""What the dashboard and the fleet's screen have in common: the look, the keys, the page of small terminals."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from textual import events
from textual.geometry import Size

from ovtui.dashboard import export
from ovtui.dashboard.drawing.clean_lines import CleanLines
from ovtui.dashboard.drawing.themes import COLOURS
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.dashboard.keys.typeahead import InputQueue, is_user_input, message_path
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.terminal.few_colours import use_colours
from ovtui.dashboard.terminal.look import choice_text, glyphs_of, next_choice, theme_of
from ovtui.dashboard.terminal.terminal_app import TerminalApp
from ovtui.dashboard.views.too_small import TooSmallScreen, is_too_small
from ovtui.settings.schema.display_settings import GlyphSet


class CommonApp(TerminalApp[int], inherit_bindings=False):
    """A subclass answers keys (`show_answer`), and says what is to be done after one (`attend`), with a new look
    (`use_look`) and with a key that does nothing (`tell_elsewhere`)."""

    TITLE = "ovtui"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide"), (160, "-huge")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall"), (50, "-high")]  # noqa: RUF012
    COMMAND_PALETTE_BINDING = "colon"

    def __init__(self, preferences: Preferences) -> None:
        self.terminal = preferences.terminal
        super().__init__(ansi_color=True if self.terminal.colours == "none" else None)
        use_colours(self, self.terminal.colours)
        self._filters.insert(0, CleanLines())
        self.preferences = preferences
        self.look = preferences.look
        self.keys = KeyBindings(preferences.keys)
        self.animation_level = "none"
        self.input_queue = InputQueue(
            self, lambda: message_path(self.focused or self.screen) if self.screen_stack else ()
        )
        for colours in COLOURS.values():
            self.register_theme(colours)
        self._apply_look()
        self.stylesheet.set_variables(self.get_css_variables())
        self.set_keymap(self.keys.textual())

    # For a subclass

    def show_answer(self, text: str) -> None:
        """Shows the answer to a key for some seconds."""
        raise NotImplementedError

    def attend(self) -> None:
        """A person has pressed a key."""

    def use_look(self) -> None:
        """The look has changed."""

    def tell_elsewhere(self, key: str) -> None:
        """A printable key does nothing here."""

    # Keys and size

    async def on_event(self, event: events.Event) -> None:
        if typed := is_user_input(event):
            self.attend()
        if typed and getattr(event, "key", "") not in self.keys.of("interrupt"):
            await self.input_queue.deliver(partial(super().on_event, event))
        else:
            await super().on_event(event)

    async def on_key(self, event: events.Key) -> None:
        event.prevent_default()  # Textual's own handler, which only looks up the bindings
        if not await self._check_bindings(event.key) and event.is_printable:
            self.tell_elsewhere(event.key)

    def on_resize(self, event: events.Resize) -> None:
        self.check_size(event.size)

    def check_size(self, size: Size) -> None:
        """Shows or takes away the page of terminals that are too small."""
        shown = isinstance(self.screen, TooSmallScreen)
        if is_too_small(size) and not shown:
            self.push_screen(TooSmallScreen())
        elif shown and not is_too_small(size):
            self.pop_screen()

    # Look

    @property
    def glyphs(self) -> GlyphSet:
        return glyphs_of(self.look, self.terminal)

    def change_look(self, **changes: Any) -> None:
        """Changes how the screen looks, from now on."""
        self.look = msgspec.structs.replace(self.look, **changes)
        self._apply_look()
        self.use_look()

    def _apply_look(self) -> None:
        self.theme = theme_of(self.look, self.terminal)
        self.set_class(self.glyphs == "ascii", "-ascii")

    def action_cycle_look(self, name: str) -> None:
        """Moves one field of DisplaySettings to its next choice."""
        value = next_choice(self.look, name, self.terminal)
        self.change_look(**{name: value})
        self.show_answer(choice_text(self.look, name, self.terminal))

    def action_save_look(self) -> None:
        self.show_answer(export.save_look(self.look))

    def action_picture(self) -> None:
        """Writes the screen as it is to a file."""
        from ovtui.dashboard.drawing.screen_svg import screen_svg  # not needed for the first paint

        self.show_answer(export.save_screenshot(screen_svg(self)))
