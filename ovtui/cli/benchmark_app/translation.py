"""A command line of benchmark_app in ovtui's settings."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.settings.schema.settings import Settings


@dataclass(frozen=True, slots=True)
class Translation:
    arguments: Arguments
    settings: Settings
    """What the run is made with."""
    command: tuple[str, ...]
    """ovtui's own command for it, word by word; the first one is 'ovtui'."""
    notes: tuple[str, ...] = ()
    """What is otherwise here, a sentence each, for stderr."""
