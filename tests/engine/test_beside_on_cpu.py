"""A second model beside the first with real engines on the CPU: it costs the first one what it takes, and rests in
every block alone."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
from driven import assert_none_lost, driven

from ovtui.host.client_protocol import SessionOptions
from ovtui.metrics.comparison.paired_blocks import LEAST_PAIRS
from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result
from ovtui.records.events import BesideSecond, SegmentBegan, StudyEnded, TrialEnded, TrialTurn
from ovtui.records.record import Records, join_records
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.session_file.replay import Replay
from ovtui.records.study_events import BesideAnswer, BesideSpec
from ovtui.settings.schema.settings import Settings

CROWD = Settings(model="demo-cnn", device="CPU", nstreams="8", nireq=8)
"""Eight threads at work against the first model's one, however many cores there are and what else runs on them."""


def test_what_a_crowd_costs_one_stream(tmp_path: Path) -> None:
    first_file, second_file = tmp_path / "a.ovtui", tmp_path / "b.ovtui"
    options = SessionOptions(record=str(first_file))
    with driven(options, model="demo-cnn", device="CPU", nstreams="1", nthreads=1, nireq=1) as run:
        run.wait_event(SegmentBegan)
        run.session.begin_study(BesideSpec(settings=CROWD, record=str(second_file), alternate_s=12.0))
        ended = run.wait_event(StudyEnded)
        run.wait_completed(20)
        assert run.last is not None
        records = run.records()
        assert_none_lost(records, len(records))
        live = build_result(run.digest).beside
        run.session.close()

    assert (ended.reason, run.of(TrialEnded)[0].reason) == ("done", "done"), ended.text
    assert isinstance(ended.answer, BesideAnswer)
    assert {event.segment for event in run.of(SegmentBegan)} == {1}, "the first load went on as it was"
    assert set(records["segment"]) == {1}

    # The figures: one thread among nine, or of nine.
    assert live is not None
    assert live.pairs >= 1
    if live.pairs >= LEAST_PAIRS:  # a machine that switches slowly has time for fewer
        assert live.ratios["p50"].finding == "slower", live.text
    assert live.ratios["throughput"].estimate is not None
    assert live.ratios["throughput"].estimate < 1 / 1.2, live.text
    assert live.second is not None
    assert live.second.requests > 0

    # Alone is alone: none of the second model's requests was in flight in a block of A.
    second, offset_ns = recorded(second_file), ended.answer.offset_ns
    turns = run.of(TrialTurn)
    for side in ("A", "B"):
        for block in (block for turn in turns if turn.side == side for block in turn.blocks):
            inside = (second["submit_ns"].astype(np.int64) + offset_ns < block.until_ns) & (
                second["done_ns"].astype(np.int64) + offset_ns > block.begin_ns
            )
            assert inside.any() == (side == "B"), (side, block)
    seconds = run.of(BesideSecond)
    assert {second.serving for second in seconds} >= {True}
    assert sum(second.completed for second in seconds) <= len(second)

    # The same in a replay.
    replay, digest = Replay(str(first_file)), Digest()
    replay.seek(1 << 60)
    with closing(replay):
        while (update := replay.poll()).read_share is not None or not update.finished:
            digest.feed(update)
        digest.feed(update)
    assert build_result(digest).beside == live


def recorded(path: Path) -> Records:
    with closing(SessionReader(str(path))) as file:
        return join_records(list(file.all_records()))
