"""How it is measured on a box, beside the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Recordings = Literal["fetch", "leave", "drop"]
"""What becomes of the recording: it comes here and is taken away there, stays there, or is taken away unseen."""


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """How it is measured on a box, beside the settings."""

    run: str
    """Of which it is a part; letters, digits, '-' and '_'. Its folder on the box is called by it and the box. A box
    runs each name once: who comes with the same name again is told of the run that is there."""
    upload: str = ""
    """What the model is sent for, where that is more than this run: a transfer that was broken off is gone on with."""
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
