"""Asks for advice now and then: what is wrong does not change with every frame."""

from __future__ import annotations

from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.advice.advice_facts import advice_facts
from ovtui.metrics.advice.registry import advise
from ovtui.metrics.digest import Digest

ADVICE_INTERVAL_NS = 2_000_000_000


class Advisor:
    """Owner: the dashboard."""

    def __init__(self, digest: Digest) -> None:
        self._digest = digest
        self._advised_ns = -ADVICE_INTERVAL_NS
        self.advice: list[Advice] = []
        """As last asked for, the most pressing first."""

    def follow(self, now_ns: int) -> None:
        """Costs a millisecond every two seconds."""
        if not 0 <= now_ns - self._advised_ns < ADVICE_INTERVAL_NS:
            self._advised_ns = now_ns
            self.advice = advise(advice_facts(self._digest))
