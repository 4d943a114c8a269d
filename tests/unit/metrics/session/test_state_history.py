"""How states grew, by engine."""

from __future__ import annotations

import numpy as np

from ovtui.metrics.session.state_history import ENGINES_KEPT, TOKENS_KEPT, StateHistory
from ovtui.records.events import StateGrew


def test_only_the_newest_engines_are_kept() -> None:
    history = StateHistory()
    for engine in range(1, 3 * ENGINES_KEPT + 1):
        for tokens in range(2 * TOKENS_KEPT):
            history.add(StateGrew(t_ns=tokens * 1_000_000_000, engine=engine, tokens=tokens))
    assert len(history._lengths) == ENGINES_KEPT
    assert max(map(len, history._lengths.values())) <= TOKENS_KEPT
    assert history.tokens_at(3 * ENGINES_KEPT, np.array([100.5])) == 100.5
    assert history.tokens_at(1, np.array([100.5])) == 0
