"""What a person has set of the dashboard itself, and what presets are laid over. Made by the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.settings import Settings


@dataclass(frozen=True, slots=True)
class Preferences:
    look: DisplaySettings = field(default_factory=DisplaySettings)
    keys: Mapping[str, Any] = field(default_factory=dict)
    """[keys] of the config file, as it stands there."""
    defaults: Settings = field(default_factory=Settings)
    """The config file's settings over the defaults: where a reset row goes back to, and what a preset changes."""
    configured: Sequence[str] = ()
    """The settings that the config file names."""
