"""The turns of a study with real engines; the test is the study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from acted_study import Study, acted

from ovtui.records.events import (
    TurnBegan,
    TurnEnded,
)
from ovtui.settings.changes import with_changes

OPEN = {"model": "demo-matmul", "device": "CPU", "nireq": 2, "rate": 2000.0}


def serve(study: Study, turn: int, *, keep: int = 0, completed: int = 300, **changes: object) -> TurnBegan:
    """Takes a turn with changes of the settings from before the study, and lets some requests come back."""
    base = study.session_state.study.began.settings
    study.session.take_turn(turn, with_changes(base, changes), [f"turn {turn}"], keep=keep)
    study.wait_for(lambda: [e for e in study.of(TurnBegan) if e.turn == turn], f"the begin of turn {turn}")
    study.wait_completed(completed)
    return study.of(TurnBegan)[-1]


def rest(study: Study, turn: int) -> TurnEnded:
    study.session.rest()
    study.wait_for(lambda: [e for e in study.of(TurnEnded) if e.turn == turn], f"the end of turn {turn}")
    return study.of(TurnEnded)[-1]


def test_turns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with acted(monkeypatch, tmp_path, **OPEN) as stage:
        stage.run.wait_completed(100)
        study = stage.begin()
        slow = serve(study, 1, rate=300.0)
        fast = serve(study, 2, rate=3000.0)
        ended = rest(study, 2)
        assert slow.engine == fast.engine == 1
        assert slow.compile_ms is fast.compile_ms is None
        slow_rows, fast_rows = of_turn(study, slow), of_turn(study, fast)
        assert slow_rows["done_ns"].max() < fast_rows["due_ns"].min(), "drained in between"
        assert np.diff(slow_rows["due_ns"]).min() > 1e9 / 300 - 1e3, "none with the old rate"
        assert np.allclose(np.diff(fast_rows["due_ns"]), 1e9 / 3000, atol=2)
        assert fast_rows["due_ns"].max() <= ended.halted_ns


def of_turn(study: Study, turn: TurnBegan) -> np.ndarray:
    rows = study.records()
    rows = rows[rows["segment"] == turn.segment]
    return rows[np.argsort(rows["seq"])]
