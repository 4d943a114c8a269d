"""How long a view waits for the requests in flight where a signal ends it, and what it says meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ovtui.cli.exits import notify

if TYPE_CHECKING:
    from ovtui.metrics.digest import Digest

TOLD_AFTER_S = 0.5
"""A view that waits longer says so."""


class Drain:
    """Owner: the view."""

    def __init__(self, digest: Digest) -> None:
        from ovtui.host.client_protocol import leave_limit_s

        self._began_s = time.monotonic()
        self._limit_s = leave_limit_s(digest.session_state.settings)
        self._told = False

    def overdue(self, digest: Digest) -> bool:
        """Says that it waits once that takes longer than a moment. True where the host has not ended it in time."""
        from ovtui.metrics.number_format import quantity

        waited_s, in_flight = time.monotonic() - self._began_s, digest.snapshot().in_flight
        if waited_s > TOLD_AFTER_S and in_flight and not self._told:
            self._told = True
            notify(f"waiting for {quantity(in_flight, 'request')} in flight; ctrl+c again ends at once")
        return waited_s > self._limit_s
