"""What the fleet's screen needs of the controller that follows the boxes. Both live in one asyncio loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ovtui.records.fleet import BoxState
from ovtui.settings.schema.settings import Settings


class FleetSource(Protocol):
    """The screen reads `states` only when `version` has risen, and never while a task of the controller runs."""

    @property
    def name(self) -> str:
        """Of the run; `ovtui fleet resume NAME` comes back to it."""

    @property
    def states(self) -> Sequence[BoxState]:
        """In the order of the inventory. The same objects throughout; they change."""

    @property
    def version(self) -> int:
        """Raised with each change of a state."""

    @property
    def settings(self) -> Settings: ...

    @property
    def began_s(self) -> float:
        """time.time() of the begin of the run, also where it was resumed since."""

    @property
    def finished(self) -> bool:
        """All boxes are done or failed, and nothing more will come."""

    @property
    def problem(self) -> str:
        """Why the whole was broken off, as a sentence; empty where it was not."""

    async def run(self) -> object:
        """Follows the boxes until all are done or failed. Cancelled it closes its lines and leaves what runs on the
        boxes running."""

    def stop(self, *names: str) -> None:
        """Ends the loads of these boxes, without names of all, drains them and fetches what was measured; a box that
        waits for its turn is not begun. Returns at once; the phases tell how far it is."""

    def stop_at_once(self) -> None:
        """As `stop` of all, without waiting for requests in flight or fetching what is not here yet."""
