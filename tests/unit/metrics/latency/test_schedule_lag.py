"""What lies between due and submitted is distinguished in the digest, the JSON, the summary and on screen."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from samples import MS, SECOND, began, records, segment, started, update

from ovtui.dashboard.requests.request_detail import flag_remarks, request_facts
from ovtui.metrics.digest import Digest
from ovtui.metrics.latency.schedule_lag import unkept_schedule_text
from ovtui.metrics.number_format import milliseconds
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.schema import Load
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.record import Flag, Records
from ovtui.records.session_file.replay import Replay
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
from ovtui.settings.changes import convert
from ovtui.settings.schema.settings import Settings


def rows(copy_ms: float = 0.0) -> Records:
    """1,000 requests sent 0.25 ms after they were due, every tenth after waiting 5 ms; before each its input was
    filled in."""
    found = records(np.arange(1000) * 10.0 + 1000, 2.0, segment=1)
    found["copy_us"] = copy_ms * 1e3
    queued = np.arange(1000) % 10 == 0
    found["due_ns"] -= ((np.where(queued, 5.0, 0.25) + copy_ms) * MS).astype(np.int64)
    found["flags"][queued] = Flag.QUEUED | Flag.LATE
    return found


def digest_of(rows: Records, settings: Settings) -> Digest:
    digest = Digest()
    events = [began(settings), *started()[1:-1], segment(settings=settings)]
    digest.feed(update(rows, *events, now_s=12, submitted=len(rows)))
    return digest


def test_the_schedule_the_queue_and_the_copying_are_three_figures() -> None:
    digest = digest_of(rows(copy_ms=0.125), convert({"rate": 100.0}))
    load = build_result(digest).load
    assert load is not None
    assert load.schedule_error_ms is not None
    assert (load.schedule_error_ms.count, load.schedule_error_ms.p99) == (900, pytest.approx(0.25, rel=0.01))
    assert load.queued_ms is not None
    assert (load.queued_ms.count, load.queued_ms.p50) == (100, pytest.approx(5.0, rel=0.01))
    assert load.input_copy_ms is not None
    assert (load.input_copy_ms.count, load.input_copy_ms.max) == (1000, pytest.approx(0.125))
    text = "\n".join(summary_lines(build_result(digest)))
    assert "sent after due, open loops: p50 0.250, p99 0.250, max 0.250 ms" in text
    assert "100 more waited for an idle infer request: p50 5.0" in text
    assert "filling in each input, apart from the inference: p50 0.125" in text


@pytest.mark.parametrize("late_ms", [0.25, 1.8])
def test_a_schedule_that_is_not_kept_is_called_so_everywhere(late_ms: float) -> None:
    found = rows()
    found["due_ns"] = found["submit_ns"] - int(late_ms * MS)
    found["flags"] = 0
    digest = digest_of(found, convert({"rate": 100.0}))
    result = build_result(digest)
    assert result.load is not None
    assert result.load.schedule_kept is (late_ms <= 1)
    said = unkept_schedule_text(digest.snapshot().schedule_error_p99_ms)
    assert said == ("" if late_ms <= 1 else f"schedule not kept: p99 {milliseconds(late_ms)} ms late, limit 1 ms")
    text = "\n".join(summary_lines(result))
    assert ("not kept" in text) is (late_ms > 1)
    assert said in text
    assert ("schedule-not-kept" in {advice.id for advice in result.advice}) is (late_ms > 1)


def test_a_closed_loop_has_no_schedule_but_input_copies() -> None:
    digest = digest_of(rows(copy_ms=0.125), convert({}))
    load = build_result(digest).load
    assert load is not None
    assert load.schedule_error_ms is load.queued_ms is None
    assert load.input_copy_ms is not None
    assert load.input_copy_ms.p50 == pytest.approx(0.125, rel=0.01)
    assert "after they were due" not in "\n".join(summary_lines(build_result(digest)))


def test_only_the_requests_of_open_loops_have_a_schedule() -> None:
    """Whatever the load is in the end; records may come before the event of their segment."""
    closed, open_ = rows(copy_ms=0.125), rows(copy_ms=0.125)
    open_["segment"] = 2
    digest = digest_of(closed, convert({}))
    digest.feed(update(open_, now_s=13, submitted=2000))
    digest.feed(update(None, segment(2, t_s=12, settings=convert({"rate": 100.0})), now_s=14, submitted=2000))
    for last in (None, segment(3, t_s=20, settings=convert({}))):
        digest.feed(update(None, *([last] if last else []), now_s=21, submitted=2000))
        load = build_result(digest).load
        assert load is not None
        assert load.schedule_error_ms is not None
        assert load.queued_ms is not None
        assert load.input_copy_ms is not None
        assert (load.schedule_error_ms.count, load.queued_ms.count, load.input_copy_ms.count) == (900, 100, 2000)
        assert "100 more waited for an idle infer request" in "\n".join(summary_lines(build_result(digest)))


def test_a_closed_loop_that_follows_ends_the_judgement() -> None:
    found = rows()
    found["due_ns"] = found["submit_ns"] - int(1.8 * MS)
    found["flags"] = 0
    digest = digest_of(found, convert({"rate": 100.0}))
    assert "schedule not kept" in "\n".join(summary_lines(build_result(digest)))
    digest.feed(update(None, segment(2, t_s=12, settings=convert({})), now_s=13, submitted=1000))
    result = build_result(digest)
    assert result.load is not None
    assert result.load.schedule_error_ms is not None
    assert result.load.schedule_kept is digest.snapshot().schedule_error_p99_ms is None
    assert "not kept" not in "\n".join(summary_lines(result))
    assert "schedule-not-kept" not in {advice.id for advice in result.advice}
    digest.feed(update(None, segment(3, t_s=14, settings=convert({"rate": 50.0})), now_s=15, submitted=1000))
    assert "schedule not kept" in "\n".join(summary_lines(build_result(digest)))


def test_inputs_that_are_filled_in_once_have_no_copying() -> None:
    digest = digest_of(rows(), convert({"rate": 100.0}))
    load = build_result(digest).load
    assert load is not None
    assert load.input_copy_ms is None
    assert "filling in" not in "\n".join(summary_lines(build_result(digest)))


def test_the_detail_of_a_request_has_each_by_itself() -> None:
    first = "".join(text for fact in request_facts(rows(0.125)[:1]) for text, _ in fact)
    assert "waited before submission 5.000 ms" in first
    assert "input copied in 0.125 ms" in first
    assert "input copied in" not in "".join(text for fact in request_facts(rows()[:1]) for text, _ in fact)
    assert "no request was idle when it was due" in flag_remarks(int(rows()["flags"][0]))


def test_a_recording_without_the_distinction_has_neither(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    settings = convert({"rate": 100.0})
    writer = SessionWriter(str(path), {}, 1 << 30)
    events = [began(settings), *started()[1:-1], segment(settings=settings)]
    writer.write(events, [np.ascontiguousarray(rows(0.125)).tobytes()], RecordingProgress(12 * SECOND, 0, 1000, 0))
    writer.close()
    figures = [replayed(path)]
    with sqlite3.connect(path) as db:
        db.executescript("DROP VIEW completions; DROP VIEW requests")
        db.execute("ALTER TABLE request_rows DROP COLUMN copy_ns")
    figures.append(replayed(path))
    recorded, unrecorded = figures
    assert recorded.schedule_error_ms is not None
    assert recorded.input_copy_ms is not None
    assert recorded.schedule_error_ms.count == 900
    assert unrecorded.schedule_error_ms is unrecorded.queued_ms is unrecorded.input_copy_ms is None
    assert unrecorded.loop == "open"


def replayed(path: Path) -> Load:
    digest, recording = Digest(), Replay(str(path))
    recording.stop()
    update = recording.poll()
    while not update.finished:
        digest.feed(update)
        update = recording.poll()
    digest.feed(update)
    assert digest.run.completed == 1000
    assert ("sent after due, open loops" in "\n".join(summary_lines(build_result(digest)))) == update.has_lag_detail
    load = build_result(digest).load
    assert load is not None
    return load
