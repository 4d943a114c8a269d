"""A person's preferences for the dashboard, and the settings that presets change. Made by the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.settings import Settings
from ovtui.terminal.terminal_kind import TerminalKind


@dataclass(frozen=True, slots=True)
class Preferences:
    look: DisplaySettings = field(default_factory=DisplaySettings)
    terminal: TerminalKind = field(default_factory=TerminalKind)
    keys: Mapping[str, Any] = field(default_factory=dict)
    """The [keys] table of the config file, unchecked."""
    defaults: Settings = field(default_factory=Settings)
    """The defaults with the config file's settings over them: a reset row returns to these, and presets change
    these."""
    configured: Sequence[str] = ()
    """The names of the settings in the config file."""
