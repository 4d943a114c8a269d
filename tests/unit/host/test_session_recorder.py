"""SessionRecorder with real rings and a real file; the test takes the engines' place."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from samples import started

from ovtui.host.client_protocol import Backfill
from ovtui.host.session_recorder import SessionRecorder
from ovtui.records.events import Event, Note, RecordingBegan, RecordingEnded
from ovtui.records.record import join_records
from ovtui.records.ring.ring import RingReader, RingWriter
from ovtui.records.ring.ring_memory import create_memory
from ovtui.records.session_file.reader import SessionReader


class Recording:
    def __init__(self, path: Path | None, capacity: int = 1 << 12) -> None:
        self.recorded: list[Event] = []
        self.path = str(path) if path else ""
        self.recorder = SessionRecorder(self.path, {"session": "1"}, 1 << 30, lambda: 77, self.recorded.append)
        self.fd = create_memory(capacity)
        self.ring = RingWriter(self.fd)
        self.recorder.ring_opened(1, self.fd)
        self.written = 0

    def write(self, count: int) -> None:
        for n in range(self.written, self.written + count):
            self.ring.write(n, n, n * 10, n * 10, n * 10 + 5, 0.005, 0, 0, 1, 1, 0, 0x10, 0, 0.0, 0.0)
        self.written += count
        self.ring.publish_submitted(self.written)

    def backfill(self) -> tuple[Backfill, dict[int, int]]:
        """Returns when everything before has been written."""
        got: list[tuple[Backfill, dict[int, int]]] = []
        answered = threading.Event()

        def answer(backfill: Backfill, positions: object) -> None:
            got.append((backfill, dict(positions)))  # type: ignore[call-overload]
            answered.set()

        self.recorder.request_backfill(answer)
        assert answered.wait(30)
        return got[0]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Meanwhile the recorder writes nothing, however long that takes."""
        holds, goes_on = threading.Event(), threading.Event()

        def hold(backfill: Backfill, positions: object) -> None:
            holds.set()
            goes_on.wait()

        self.recorder.request_backfill(hold)
        assert holds.wait(30)
        try:
            yield
        finally:
            goes_on.set()

    def kinds(self) -> list[type]:
        return [type(event) for event in self.recorded]


def test_rings_and_events_come_into_the_file(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "s.ovtui")
    for event in started():
        recording.recorder.event(event)
    recording.write(3000)
    backfill, positions = recording.backfill()
    assert (backfill.path, backfill.rows, backfill.lost, positions) == (recording.path, 3000, 0, {1: 3000})
    recording.write(500)
    recording.recorder.ring_closed(1)
    backfill, positions = recording.backfill()
    assert (backfill.rows, backfill.submitted, positions) == (3500, 3500, {})
    recording.recorder.close()
    assert recording.kinds() == [RecordingBegan]
    file = SessionReader(recording.path)
    assert join_records(list(file.all_records()))["seq"].tolist() == list(range(3500))
    assert [event for _, event in file.events()] == started()


def test_closing_writes_what_is_still_in_the_rings(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "s.ovtui")
    recording.backfill()
    recording.write(4000)
    recording.recorder.close()
    assert SessionReader(recording.path).end_row == 4000
    assert [path.name for path in tmp_path.iterdir()] == ["s.ovtui"]


def test_file_and_ring_together_give_a_later_client_everything_once(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "s.ovtui")
    recording.write(2000)
    backfill, positions = recording.backfill()
    recording.write(1000)
    reader = RingReader(os.dup(recording.fd), positions[1])
    file = SessionReader(backfill.path)
    parts = [file.records(0, backfill.rows)[0], reader.read()]
    assert join_records(parts)["seq"].tolist() == list(range(3000))
    recording.recorder.close()


def test_a_backfill_does_not_wait_for_records_that_come_meanwhile(tmp_path: Path) -> None:
    """A record comes with each transaction, a hundred times; the answer does not wait for the last."""
    recording = Recording(tmp_path / "s.ovtui", capacity=1 << 16)
    recording.backfill()
    file = recording.recorder._file
    assert file is not None
    write = file.write

    def busy(*what: Any) -> None:
        write(*what)
        if recording.written < 30_100:
            recording.write(1)

    run_on_its_thread(recording, lambda: setattr(file, "write", busy))
    with recording.held():
        recording.write(30_000)  # more than one transaction takes
    backfill, positions = recording.backfill()
    assert 30_000 <= positions[1] < 30_100
    assert backfill.rows == positions[1]
    recording.recorder.close()
    assert SessionReader(recording.path).end_row == 30_100


def test_a_recorder_that_falls_behind_by_a_ring_counts_what_it_lost(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "s.ovtui", capacity=64)
    recording.backfill()
    with recording.held():
        recording.write(1000)
    backfill, _ = recording.backfill()
    assert backfill.rows + backfill.lost == 1000
    assert backfill.lost >= 1000 - 64
    recording.recorder.close()
    file = SessionReader(recording.path)
    assert file.progress_at(77).lost == backfill.lost
    assert file.progress_at(77).submitted == 1000


def test_a_file_that_cannot_be_made_is_reported_and_the_rings_still_answer(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "no such folder" / "s.ovtui")
    recording.write(10)
    backfill, positions = recording.backfill()
    assert (backfill.path, backfill.rows, positions) == ("", 0, {1: 0})
    assert recording.kinds() == [RecordingEnded, Note]
    assert "no such folder" in recording.recorded[1].text  # type: ignore[union-attr]
    recording.recorder.ring_closed(1)
    assert recording.backfill()[0].lost == 10
    recording.recorder.close()


def test_a_full_disk_ends_only_the_recording(tmp_path: Path, monkeypatch: object) -> None:
    recording = Recording(tmp_path / "s.ovtui", capacity=1 << 15)
    recording.write(1000)
    recording.backfill()
    run_on_its_thread(recording, lambda: recording.recorder._file._db.execute("PRAGMA max_page_count = 30"))  # type: ignore[union-attr]
    with recording.held():
        recording.write(20_000)
    backfill, positions = recording.backfill()
    assert recording.kinds() == [RecordingBegan, RecordingEnded, Note]
    note = recording.recorded[2]
    assert isinstance(note, Note)
    assert (note.severity, "full" in note.text) == ("error", True)
    ended = recording.recorded[1]
    assert isinstance(ended, RecordingEnded)
    assert ended.disk_full
    # The records that found no room are still in the ring for later clients.
    assert (backfill.rows, backfill.lost, positions) == (1000, 0, {1: 1000})
    recording.recorder.close()
    assert np.array_equal(SessionReader(recording.path).records(0)[0]["seq"], np.arange(1000))


def test_without_a_path_nothing_is_written(tmp_path: Path) -> None:
    recording = Recording(None)
    recording.write(100)
    backfill, positions = recording.backfill()
    assert (backfill.path, backfill.rows, backfill.lost, positions) == ("", 0, 0, {1: 0})
    recording.recorder.close()
    assert recording.recorded == []
    assert list(tmp_path.iterdir()) == []


def run_on_its_thread(recording: Recording, what: Callable[[], object]) -> None:
    """sqlite3 connections belong to one thread, and what is written there comes between two flushes."""
    done = threading.Event()

    def answer(backfill: Backfill, positions: object) -> None:
        what()
        done.set()

    recording.recorder.request_backfill(answer)
    assert done.wait(30)
