"""The host's recorder over real rings and a real file; the writer is the test."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
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
            self.ring.write(n, n, n * 10, n * 10, n * 10 + 5, 0.005, 0, 0, 1, 1, 0, 0x10, 0.0)
        self.written += count
        self.ring.submitted(self.written)

    def ask(self) -> tuple[Backfill, dict[int, int]]:
        """Comes back when everything before it has been written."""
        got: list[tuple[Backfill, dict[int, int]]] = []
        asked = threading.Event()

        def answer(past: Backfill, places: object) -> None:
            got.append((past, dict(places)))  # type: ignore[call-overload]
            asked.set()

        self.recorder.request_backfill(answer)
        assert asked.wait(30)
        return got[0]

    def kinds(self) -> list[type]:
        return [type(event) for event in self.recorded]


def test_rings_and_events_come_into_the_file(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "s.ovtui")
    for event in started():
        recording.recorder.event(event)
    recording.write(3000)
    past, places = recording.ask()
    assert (past.path, past.rows, past.lost, places) == (recording.path, 3000, 0, {1: 3000})
    recording.write(500)
    recording.recorder.ring_closed(1)
    past, places = recording.ask()
    assert (past.rows, past.submitted, places) == (3500, 3500, {})
    recording.recorder.close()
    assert recording.kinds() == [RecordingBegan]
    file = SessionReader(recording.path)
    assert join_records(list(file.all_records()))["seq"].tolist() == list(range(3500))
    assert [event for _, event in file.events()] == started()


def test_closing_writes_what_is_still_in_the_rings(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "s.ovtui")
    recording.ask()
    recording.write(4000)
    recording.recorder.close()
    assert SessionReader(recording.path).end_row == 4000
    assert [path.name for path in tmp_path.iterdir()] == ["s.ovtui"]


def test_file_and_ring_together_give_a_later_view_everything_once(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "s.ovtui")
    recording.write(2000)
    past, places = recording.ask()
    recording.write(1000)
    reader = RingReader(os.dup(recording.fd), places[1])
    file = SessionReader(past.path)
    parts = [file.records(0, past.rows)[0], reader.read()]
    assert join_records(parts)["seq"].tolist() == list(range(3000))
    recording.recorder.close()


def test_who_asks_does_not_wait_for_what_comes_meanwhile(tmp_path: Path) -> None:
    """While anything is being written a record comes, a hundred times; the answer does not wait for the last one."""
    recording = Recording(tmp_path / "s.ovtui", capacity=1 << 16)
    recording.ask()
    file = recording.recorder._file
    assert file is not None
    write = file.write

    def busy(*what: Any) -> None:
        write(*what)
        if recording.written < 30_100:
            recording.write(1)

    on_its_thread(recording, lambda: setattr(file, "write", busy))
    recording.write(30_000)  # more than one transaction takes
    past, places = recording.ask()
    assert 30_000 <= places[1] < 30_100
    assert past.rows == places[1]
    recording.recorder.close()
    assert SessionReader(recording.path).end_row == 30_100


def test_a_recorder_that_was_lapped_counts_what_it_lost(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "s.ovtui", capacity=64)
    recording.ask()
    recording.write(1000)  # faster than any flush
    past, _ = recording.ask()
    assert past.rows + past.lost == 1000
    assert past.lost >= 1000 - 64
    recording.recorder.close()
    file = SessionReader(recording.path)
    assert file.progress_at(77).lost == past.lost
    assert file.progress_at(77).submitted == 1000


def test_a_file_that_cannot_be_made_is_told_and_the_rings_still_answer(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "no such folder" / "s.ovtui")
    recording.write(10)
    past, places = recording.ask()
    assert (past.path, past.rows, places) == ("", 0, {1: 0})
    assert recording.kinds() == [RecordingEnded, Note]
    assert "no such folder" in recording.recorded[1].text  # type: ignore[union-attr]
    recording.recorder.ring_closed(1)
    assert recording.ask()[0].lost == 10
    recording.recorder.close()


def test_a_full_disk_ends_the_recording_alone(tmp_path: Path, monkeypatch: object) -> None:
    recording = Recording(tmp_path / "s.ovtui", capacity=1 << 15)
    recording.write(1000)
    recording.ask()
    on_its_thread(recording, lambda: recording.recorder._file._db.execute("PRAGMA max_page_count = 30"))  # type: ignore[union-attr]
    recording.write(20_000)
    past, places = recording.ask()
    assert recording.kinds() == [RecordingBegan, RecordingEnded, Note]
    note = recording.recorded[2]
    assert isinstance(note, Note)
    assert (note.severity, "full" in note.text) == ("error", True)
    ended = recording.recorded[1]
    assert isinstance(ended, RecordingEnded)
    assert ended.disk_full
    # Those that found no room are still in the ring for whoever comes.
    assert (past.rows, past.lost, places) == (1000, 0, {1: 1000})
    recording.recorder.close()
    assert np.array_equal(SessionReader(recording.path).records(0)[0]["seq"], np.arange(1000))


def test_nothing_is_written_where_nothing_is_to_be_recorded(tmp_path: Path) -> None:
    recording = Recording(None)
    recording.write(100)
    past, places = recording.ask()
    assert (past.path, past.rows, past.lost, places) == ("", 0, 0, {1: 0})
    recording.recorder.close()
    assert recording.recorded == []
    assert list(tmp_path.iterdir()) == []


def on_its_thread(recording: Recording, what: Callable[[], object]) -> None:
    """sqlite3 connections belong to one thread."""
    done = threading.Event()

    def answer(past: Backfill, places: object) -> None:
        what()
        done.set()

    recording.recorder.request_backfill(answer)
    assert done.wait(30)
