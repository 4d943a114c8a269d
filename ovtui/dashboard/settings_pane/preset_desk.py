"""What a person does with presets: opens their page, stages what the chosen one changes."""

from __future__ import annotations

from typing import Protocol

from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.settings_pane.preset_library import PresetLibrary
from ovtui.dashboard.settings_pane.presets_screen import PresetsScreen
from ovtui.dashboard.staging import Staging
from ovtui.records.source import Source
from ovtui.settings.schema.display_settings import GlyphSet


class PresetHost(Protocol):
    """What the desk needs of the dashboard."""

    source: Source
    staging: Staging
    preferences: Preferences
    keys: KeyBindings

    @property
    def glyphs(self) -> GlyphSet: ...

    def show_answer(self, text: str) -> None: ...

    def show_presets_page(self, page: PresetsScreen) -> None:
        """Shows the page; its result goes to `PresetDesk.loaded`."""

    def show_settings(self) -> None:
        """Opens the settings pane, where it is not open."""


class PresetDesk:
    """Owner: the dashboard."""

    def __init__(self, host: PresetHost) -> None:
        self._host = host

    def open(self) -> None:
        """Opens the preset page. A preset that is loaded is staged and shown in the settings pane."""
        host = self._host
        if host.staging.in_force is None:
            host.show_answer("no settings are in force yet")
            return
        library = PresetLibrary(host.staging, host.preferences)
        host.show_presets_page(PresetsScreen(library, read_only=host.source.read_only, glyphs=host.glyphs))

    def loaded(self, answer: str | None) -> None:
        """`answer`: of the preset page; None or empty where no preset was loaded."""
        if not answer:
            return
        if self._host.staging.staged:
            head, separator, rest = answer.partition("; ")
            answer = f"{head}; {self._host.keys.first('apply')} applies{separator}{rest}"
            self._host.show_settings()
        self._host.show_answer(answer)
