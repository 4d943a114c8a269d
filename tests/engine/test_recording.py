"""Recordings of real sessions: what the file holds, also after a kill."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from driven import LIMIT_S, Driven, driven

from ovtui.host.client_protocol import SessionOptions
from ovtui.records.events import EngineExited, EngineSpawned, LoadEnded, RecordingBegan, RecordingEnded, SegmentBegan
from ovtui.records.record import RECORD, Records, join_records
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.session_file.writer import MIN_LIMIT_BYTES

MATMUL = {"model": "demo-matmul", "device": "CPU", "nireq": 2}
CNN = {**MATMUL, "model": "demo-cnn"}
"""For closed loops without an end; see test_on_cpu.py."""
LAST_S = 1.0
"""The most that is lost when all processes are killed."""


def recorded(path: Path) -> Records:
    return join_records(list(SessionReader(str(path)).all_records()))


def same(left: Records, right: Records) -> bool:
    """In order of submission: a client joins the rings of its engines in the order in which it reads them."""
    left, right = np.sort(left, order="seq"), np.sort(right, order="seq")
    names = [name for name in RECORD.names or () if name != "infer_us"]
    return all(np.array_equal(left[name], right[name]) for name in names) and bool(
        np.allclose(left["infer_us"], right["infer_us"], rtol=1e-6, atol=1e-3)
    )


def host_of(run: Driven) -> psutil.Process:
    parent = psutil.Process(run.wait_event(EngineSpawned).pid).parent()
    assert parent is not None
    return parent


def until(reached: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + LIMIT_S
    while not reached():
        assert time.monotonic() < end, what
        os.sched_yield()


def test_the_file_holds_what_the_client_got(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    with driven(**MATMUL, requests=3000, options=SessionOptions(record=str(path), command="ovtui test")) as run:
        run.wait_finished()
        began = run.wait_event(RecordingBegan)
        assert began.path == str(path)
        seen, events = run.records(), run.events
    assert same(recorded(path), seen)
    file = SessionReader(str(path))
    assert [event for _, event in file.events()] == events
    assert file.meta["command"] == "ovtui test"
    assert file.progress_at(file.end_ns).submitted == 3000
    assert [found.name for found in tmp_path.iterdir()] == ["s.ovtui"]


def test_a_change_of_engines_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    with driven(**CNN, options=SessionOptions(record=str(path))) as run:
        run.wait_completed(50)
        run.apply(nthreads=1)
        run.wait_for(lambda: len(run.of(EngineExited)) == 1, "the old engine's end")
        run.wait_completed(50)
        run.session.stop()
        run.wait_finished()
        seen = run.records()
    assert same(recorded(path), seen)
    db = sqlite3.connect(path)
    assert [row[0] for row in db.execute("SELECT segment FROM segments ORDER BY t_ns")] == [1, 2]


def test_nothing_is_recorded_by_default(tmp_path: Path) -> None:
    with driven(**MATMUL, requests=50) as run:
        run.wait_finished()
        assert run.of(RecordingBegan) == []


def test_a_file_that_cannot_be_written_is_reported_and_measuring_goes_on(tmp_path: Path) -> None:
    with driven(**MATMUL, requests=500, options=SessionOptions(record=str(tmp_path / "no" / "s.ovtui"))) as run:
        run.wait_finished()
        assert "no/s.ovtui" in run.wait_event(RecordingEnded).reason
        assert run.completed == 500
        assert run.wait_event(LoadEnded).reason == "requests"


def test_readings_of_the_machine_go_into_the_file_and_to_every_client(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    with driven(**CNN, options=SessionOptions(record=str(path))) as run:
        run.wait_event(SegmentBegan)
        before = len(run.readings)
        run.wait_for(lambda: len(run.readings) >= before + 3, "three readings under load")
        loaded = run.readings[before:]
        run.session.stop()
        run.wait_finished()
        seen = run.readings
    assert all(read.cpu_percent is not None and 0 <= read.cpu_percent <= 100 for read in seen)
    assert all((read.engine_rss_bytes or 0) > 10e6 and (read.host_rss_bytes or 0) > 1e6 for read in loaded)
    assert all((read.engine_cores or 0) > 0.1 for read in loaded[1:])  # it runs a closed loop
    assert (seen[-1].recording_bytes or 0) > 0
    file = SessionReader(str(path))
    assert list(file.readings(-1, file.end_ns)) == seen


def test_the_size_limit_holds(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    options = SessionOptions(record=str(path), record_limit_bytes=MIN_LIMIT_BYTES)
    with driven(**MATMUL, options=options) as run:
        run.wait_completed(130_000)
        run.session.stop()
        run.wait_finished()
        newest = run.records()["seq"].max()
    assert path.stat().st_size <= MIN_LIMIT_BYTES
    file = SessionReader(str(path))
    assert file.first_row > 0
    assert recorded(path)["seq"].max() == newest


def not_lost(records: Records) -> Records:
    """Those that came back LAST_S before the newest."""
    return records[records["done_ns"] <= records["done_ns"].max(initial=0) - LAST_S * 1e9]


@pytest.mark.parametrize("victims", [("engine",), ("host",), ("engine", "host"), ("host", "engine")])
def test_after_kill_9_the_file_opens_and_holds_all_but_the_last_second(
    tmp_path: Path, victims: tuple[str, ...]
) -> None:
    path = tmp_path / "s.ovtui"
    with driven(**CNN, options=SessionOptions(record=str(path))) as run:
        host = host_of(run)
        engine = psutil.Process(run.of(EngineSpawned)[0].pid)
        # Well over the time that may be lost, so that what must be there is more than nothing.
        run.wait_for(lambda: len(not_lost(run.records())) > 200, f"200 requests, and {LAST_S:g} s more")
        for victim in victims:
            os.kill({"engine": engine, "host": host}[victim].pid, signal.SIGKILL)
        if victims == ("engine",):
            exited = run.wait_event(EngineExited)
            assert exited.signal == "SIGKILL"
        else:
            run.wait_for(lambda: run.session.poll().host_gone, "the host's end")
            psutil.wait_procs([engine, host], timeout=LIMIT_S)
        run.poll()
        seen = run.records()
    kept = recorded(path)
    due = not_lost(seen)
    assert len(due) > 100
    assert np.isin(due["seq"], kept["seq"]).all()
    if victims == ("engine",):
        assert same(kept, seen)
        events = [event for _, event in SessionReader(str(path)).events()]
        assert any(isinstance(event, EngineExited) and event.signal == "SIGKILL" for event in events)
