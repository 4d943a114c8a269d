"""The progress of a profiled engine, on stderr."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ovtui.cli.progress_line import ProgressLine

if TYPE_CHECKING:
    from ovtui.records.layers import LayersStep

LOG_S = 5.0


@contextlib.contextmanager
def layers_progress(device: str) -> Iterator[Callable[[LayersStep], None]]:
    """What `profile_layers` takes as `on_step`. The line goes away at the end."""
    from ovtui.records.layers import Doing

    progress = ProgressLine(sys.stderr, LOG_S)

    def show(step: LayersStep) -> None:
        if isinstance(step, Doing) and (step.planned == 0 or progress.is_due()):
            done = f", {step.done:,} of {step.planned:,} inferences" if step.planned else ""
            progress.write_over(f"{device}: {step.text}{done}")

    try:
        yield show
    finally:
        progress.clear()
