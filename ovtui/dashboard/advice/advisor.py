"""Asks for advice now and then: what is wrong does not change with every frame."""

from __future__ import annotations

from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.advice.registry import advise
from ovtui.metrics.advice.situation import situation_of
from ovtui.metrics.digest import Digest

EVERY_NS = 2_000_000_000


class Advisor:
    """Owner: the dashboard."""

    def __init__(self, digest: Digest) -> None:
        self._digest = digest
        self._asked_ns = -EVERY_NS
        self.advice: list[Advice] = []
        """As last asked for, the most pressing first."""

    def follow(self, now_ns: int) -> None:
        """Costs a millisecond every two seconds."""
        if not 0 <= now_ns - self._asked_ns < EVERY_NS:
            self._asked_ns = now_ns
            self.advice = advise(situation_of(self._digest))
