"""How a box stands, for who looks at it and, entry by entry, on the disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec

from ovtui.fleet.box import FleetError
from ovtui.fleet.running.journal import Entry, Journal, Standing
from ovtui.records.fleet import BoxPhase, BoxState


class KeptState:
    """Owner: the task that measures on the box."""

    def __init__(
        self, run: str, state: BoxState, standing: Standing, journal: Journal | None,
        changed: Callable[[BoxState], None],
    ) -> None:  # fmt: skip
        self.state, self.standing = state, standing
        self._run, self._journal, self._changed = run, journal, changed

    async def note(self, entry: Entry) -> None:
        """Keeps an entry. Raises FleetError."""
        msgspec.structs.force_setattr(entry, "at_s", time.time())
        if self._journal is not None:
            try:
                await asyncio.to_thread(self._journal.write, entry)
            except OSError as error:
                raise FleetError(
                    f"the folder of the run cannot be written to ({error.strerror}); make room, then "
                    f"ovtui fleet resume {self._run} goes on"
                ) from None
        self.standing.add(entry)
        self._changed(self.state)

    def phase(self, phase: BoxPhase, text: str = "") -> None:
        self.state.phase, self.state.text = phase, text
        self._changed(self.state)

    def told(self, text: str | None = None) -> None:
        """None: something has changed, but no text."""
        if text is not None:
            self.state.text = text
        self._changed(self.state)
