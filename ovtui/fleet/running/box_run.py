"""One box from its connection to its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ovtui.fleet.running.held_line import HeldLine
from ovtui.records.fleet import BoxState
from ovtui.records.following import Ended
from ovtui.settings.schema.settings import Settings

Recordings = Literal["fetch", "leave", "drop"]
"""What becomes of the recording: it comes here and is taken away there, stays there, or is taken away unseen."""


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """How it is measured on a box, beside the settings."""

    run: str
    """Name of the folder on the box; letters, digits, '-' and '_'. A box runs each name once: who comes with the same
    name again is told of the run that is there."""
    every_s: float = 1.0
    """A line of `ovtui follow` comes at least so often."""
    patience_s: float = 60.0
    """How long a box that cannot be reached is waited for beyond the expected end of its run."""
    keep_s: float = 3600.0
    """How long the session stays there after its load, where nobody comes for it."""
    recordings: Recordings = "drop"
    fetch_to: Path | None = None
    """Path here of the recording, with recordings='fetch'."""
    most_fetch_bytes: int = 2 << 30
    """A larger recording stays on the box."""
    record_limit: str = "1G"
    models_there: bool = False
    """The model of the settings is a path of the box; else a file that is there already, sent by `send_model`, or a
    built-in one."""


async def measure_on_box(
    line: HeldLine,
    settings: Settings,
    options: MeasureOptions,
    *,
    state: BoxState | None = None,
    changed: Callable[[BoxState], None] = lambda _: None,
) -> Ended:
    """Runs the settings on the box, which have an end of their own (--duration or --requests), and returns how it
    ended, with its result. Leaves the line open. `state`: kept up to date, `changed` is called after each change.

    Raises BoxError, also where the session failed and nothing was measured. Cancelled, it ends the session there, where
    the box can be reached within some seconds."""
    raise NotImplementedError
