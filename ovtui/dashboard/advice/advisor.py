"""When the advice on the current measurement is worked out: with the figures that are drawn beside it."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.advice.advice_facts import advice_facts
from ovtui.metrics.advice.registry import advise
from ovtui.metrics.digest import Digest


class Advisor:
    """Runs the advice rules for the views. Owner: the dashboard."""

    def __init__(self, digest: Digest) -> None:
        self._digest = digest
        self.advice: Sequence[Advice] = []
        """Of the last run, most urgent first."""

    def update(self) -> None:
        """Runs the rules on what the digest has now. A view calls it in each frame in which it draws figures anew, so
        that a figure in the advice is the one beside it. Not during a trial, in which two settings serve in turns, or a
        second model is switched on and off.

        1.3 ms twice a second, which is 0.3 % of a core; every two seconds, as it was, lagged behind the figures."""
        if self._digest.session_state.trial is None:
            self.advice = advise(advice_facts(self._digest))
