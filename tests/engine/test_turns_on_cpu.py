"""The turns of a study with real engines; the test is the study."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest
from acted_study import Study, acted

from ovtui.host.client_protocol import SessionOptions
from ovtui.metrics.result.build import build_result
from ovtui.records.events import (
    EngineExited,
    EngineSpawned,
    Refused,
    SegmentBegan,
    StudyEnded,
    TurnBegan,
    TurnEnded,
    TurnRefused,
)
from ovtui.records.record import Records
from ovtui.records.session_file.reader import SessionReader
from ovtui.settings.changes import with_changes

BASE = {"model": "demo-matmul", "device": "CPU", "nireq": 2, "rate": 2000.0}


def take(study: Study, turn: int, *, keep: int = 0, **changes: object) -> None:
    """Takes a turn with changes of the settings from before the study."""
    base = study.session_state.study.began.settings
    study.session.take_turn(turn, with_changes(base, changes), [f"turn {turn}"], keep=keep)


def serve(study: Study, turn: int, *, keep: int = 0, completed: int = 100, **changes: object) -> TurnBegan:
    take(study, turn, keep=keep, **changes)
    study.wait_for(lambda: [event for event in study.of(TurnBegan) if event.turn == turn], f"the begin of turn {turn}")
    study.wait_completed(completed)
    return study.of(TurnBegan)[-1]


def rest(study: Study, turn: int) -> TurnEnded:
    study.session.rest()
    study.wait_for(lambda: [event for event in study.of(TurnEnded) if event.turn == turn], f"the end of turn {turn}")
    return study.of(TurnEnded)[-1]


def rows_of(study: Study, turn: TurnBegan) -> Records:
    rows = study.records()
    rows = rows[rows["segment"] == turn.segment]
    return rows[np.argsort(rows["seq"])]


def test_the_turns_of_a_study(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    recording = tmp_path / "study.ovtui"
    with acted(monkeypatch, tmp_path, SessionOptions(record=str(recording)), **BASE) as stage:
        stage.run.wait_completed(100)
        study = stage.begin()

        # Within one compile.
        slow = serve(study, 1, rate=300.0)
        fast = serve(study, 2, rate=3000.0)
        ended = rest(study, 2)
        assert (slow.engine, slow.compile_ms, fast.engine, fast.compile_ms) == (1, None, 1, None)
        slow_rows, fast_rows = rows_of(study, slow), rows_of(study, fast)
        assert slow_rows["done_ns"].max() < fast_rows["due_ns"].min(), "drained in between"
        assert np.diff(slow_rows["due_ns"]).min() > 1e9 / 300 - 1e3, "none with the rate before"
        assert np.allclose(np.diff(fast_rows["due_ns"]), 1e9 / 3000, atol=2)
        assert fast_rows["due_ns"].max() < ended.halted_ns
        sent_s = (ended.halted_ns - study.of(SegmentBegan)[-1].t_ns) / 1e9
        (figures,) = [each for each in build_result(study.digest).segments if each.segment == fast.segment]
        assert figures.duration_s == pytest.approx(sent_s, abs=1e-6)
        counted = fast_rows["done_ns"] <= ended.halted_ns if ended.dropped else fast_rows["done_ns"] > 0
        assert figures.throughput == pytest.approx(np.count_nonzero(counted) / sent_s, rel=1e-5)

        # What needs a compile, and one engine that is kept for it.
        serve(study, 3, hint="latency")
        assert (study.of(TurnBegan)[-1].engine, study.of(EngineExited)[-1].engine) == (2, 1)
        again = [serve(study, turn, keep=1, hint=hint) for turn, hint in ((4, "throughput"), (5, "latency"))]
        again.append(serve(study, 6, keep=1, hint="throughput", rate=500.0))
        assert [turn.engine for turn in again] == [3, 2, 3]
        assert [turn.compile_ms is None for turn in again] == [False, True, True]

        # What OpenVINO refuses, and what a person may not do meanwhile.
        take(study, 7, device="GPU.7")
        refused = study.wait_event(TurnRefused)
        assert (refused.turn, refused.died) == (7, False)
        assert "GPU.7" in refused.reason
        assert serve(study, 8, keep=1).engine == 5
        stage.run.session.apply(with_changes(stage.run.settings, {"rate": 50.0}))
        assert stage.run.wait_event(Refused).reason == "a study runs; end it first"

        # An engine that dies, and then the study.
        os.kill(study.of(EngineSpawned)[-1].pid, signal.SIGKILL)
        assert study.wait_event(TurnRefused, 2).died
        serve(study, 9, hint="latency")
        os.kill(study.pid, signal.SIGKILL)
        told = stage.run.wait_event(StudyEnded)
        assert told.reason == "failed"
        assert told.text.startswith("the study's process died: SIGKILL (9: ")
        stage.run.wait_for(lambda: stage.run.of(SegmentBegan)[-1].changes == ["study over"], "the settings before")
        assert stage.run.settings == study.session_state.study.began.settings
        stage.run.wait_completed(100)

        # The end of the session.
        study = stage.begin()
        serve(study, 1, rate=300.0)
    with closing(SessionReader(str(recording))) as reader:
        told = [event for _, event in reader.events() if isinstance(event, StudyEnded)]
    assert [(event.study, event.reason) for event in told] == [(1, "failed"), (2, "stopped")]
    assert not psutil.pid_exists(study.pid)
