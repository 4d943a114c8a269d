"""A translation in the making."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ovtui.cli.benchmark_app.config_file import Config


@dataclass(slots=True)
class Draft:
    values: dict[str, Any] = field(default_factory=dict)
    """Of settings, by their names."""
    properties: dict[str, str] = field(default_factory=dict)
    config: Config = field(default_factory=dict)
    """What benchmark_app would write with -dump_config."""
    meanings: dict[str, str] = field(default_factory=dict)
    """Name of a flag in Arguments to what it became."""
    notes: list[str] = field(default_factory=list)
    frames_per_s: float = 0.0
