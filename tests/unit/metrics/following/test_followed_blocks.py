"""A load in blocks on its own clock: the same from a live session, in whatever pieces, and from its recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from harness.small_recordings import SETTINGS, whole_recording
from samples import MS, SECOND, records, segment, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.following.blocks import GRACE_NS, FollowedBlocks, block_rows
from ovtui.records.events import LoadEnded, SegmentBegan
from ovtui.records.following import BLOCK_S, Block
from ovtui.records.record import Flag, Records, empty_records
from ovtui.records.session_file.replay import Replay
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
from ovtui.records.source import Update
from ovtui.settings.schema.settings import Settings

BEGIN_S = 1.0
PLAIN = Settings(device="CPU", warm_up="none")


def load(settings: Settings = PLAIN) -> list[object]:
    served = msgspec.structs.replace(segment(t_s=BEGIN_S, settings=settings), load_began_ns=int(BEGIN_S * SECOND))
    return [*started(settings, device="CPU", execution=["CPU"])[:-1], served]


def ended(t_s: float) -> LoadEnded:
    return LoadEnded(t_ns=int(t_s * SECOND), engine=1, reason="duration", submitted=0, ended_ns=int(t_s * SECOND))


def live(rows: Records, pieces: Iterable[int], *, settings: Settings = PLAIN, end_s: float) -> list[Block]:
    """The blocks that a client gives out that polls after each of `pieces` records, a line after every poll."""
    digest, blocks, found = Digest(), FollowedBlocks(), []
    given = 0
    first = update(None, *load(settings), now_s=BEGIN_S)
    for each in [first, *_polls(rows, pieces), update(None, ended(end_s), now_s=end_s + 0.1, finished=True)]:
        digest.feed(each)
        blocks.feed(each)
        given += len(each.records)
        found += blocks.take(digest, digest.snapshot(), final=each.finished)
    assert given == len(rows)
    return found


def _polls(rows: Records, pieces: Iterable[int]) -> Iterator[Update]:
    at = 0
    for piece in [*pieces, len(rows)]:
        part = rows[at : at + piece]
        at += len(part)
        if len(part):
            yield update(part, now_s=float(part["done_ns"].max()) / SECOND, submitted=at)


def recorded(rows: Records, path: Path, *, settings: Settings = PLAIN, end_s: float) -> list[Block]:
    writer = SessionWriter(str(path), {"session": "7"}, 1 << 30)
    end_ns = int(end_s * SECOND)
    writer.write(load(settings), [], RecordingProgress(SECOND, 0, 0, 0))
    writer.write([ended(end_s)], [np.ascontiguousarray(rows).tobytes()], RecordingProgress(end_ns, 0, len(rows), 0))
    writer.close()
    recording = Replay(str(path))
    recording.stop()

    def updates() -> Iterator[Update]:
        while True:
            yield (each := recording.poll())
            if each.finished:
                return

    found = block_rows(updates())
    recording.close()
    return found


def steady(end_s: float, per_s: float = 500.0) -> Records:
    done_ms = BEGIN_S * 1e3 + 1.5 + np.arange(0, (end_s - BEGIN_S) * 1e3, 1e3 / per_s)
    return records(done_ms, 1.0 + np.arange(len(done_ms)) % 7, segment=1)


def test_a_block_holds_what_came_back_in_its_time() -> None:
    rows = steady(end_s=9.0)
    found = live(rows, [700] * 10, end_s=9.0)
    assert [block.number for block in found] == [0, 1, 2, 3]
    for block in found:
        begin_ns = int((BEGIN_S + block.number * BLOCK_S) * SECOND)
        within = (rows["done_ns"] >= begin_ns) & (rows["done_ns"] < begin_ns + int(BLOCK_S * SECOND))
        assert block.requests == int(within.sum())
        assert block.throughput == pytest.approx(block.requests / BLOCK_S)
        assert block.p50_ms == pytest.approx(4.0, rel=0.005)
        assert block.p99_ms == pytest.approx(7.0, rel=0.005)


@pytest.mark.parametrize("settings", [PLAIN, Settings(device="CPU")], ids=["no rule", "rule"])
def test_the_pieces_in_which_it_came_make_no_difference(settings: Settings, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = steady(end_s=12.3)
    rows["done_ns"] += rng.integers(0, 40 * MS, len(rows))  # not in order of completion
    one = live(rows, [], settings=settings, end_s=12.3)
    assert one
    assert live(rows, [1] * 300 + [37] * 100, settings=settings, end_s=12.3) == one
    assert live(rows, rng.integers(1, 900, 40).tolist(), settings=settings, end_s=12.3) == one
    assert recorded(rows, tmp_path / "r.ovtui", settings=settings, end_s=12.3) == one


def test_a_recording_of_the_program_has_them(tmp_path: Path) -> None:
    whole_recording(tmp_path / "w.ovtui", settings=SETTINGS)
    recording = Replay(str(tmp_path / "w.ovtui"))
    recording.stop()
    found = block_rows([recording.poll()])
    recording.close()
    assert [(block.number, block.requests) for block in found] == [(1, 200), (2, 200)]  # the first holds the warm-up


def test_errors_and_first_inferences_do_not_count() -> None:
    rows = steady(end_s=5.0)
    rows["flags"][::10] = int(Flag.ERROR)
    rows["flags"][0] = int(Flag.WARM_UP)
    assert [block.requests for block in live(rows, [], end_s=5.0)] == [900, 900]


def test_a_block_with_too_few_requests_has_no_p99() -> None:
    few = live(steady(end_s=5.0, per_s=20.0), [], end_s=5.0)
    assert [(block.requests, block.p99_ms) for block in few] == [(40, None), (40, None)]
    assert [block.p50_ms is not None for block in few] == [True, True]


def test_time_in_which_nothing_comes_back_is_a_block_of_none() -> None:
    rows = steady(end_s=9.0)
    gap = (rows["done_ns"] < 3 * SECOND) | (rows["done_ns"] >= 7 * SECOND)
    assert [(block.number, block.requests) for block in live(rows[gap], [], end_s=9.0)] == [
        (0, 1000), (1, 0), (2, 0), (3, 1000),
    ]  # fmt: skip


def test_the_rest_after_the_last_whole_block_is_none() -> None:
    assert [block.number for block in live(steady(end_s=8.9), [], end_s=8.9)] == [0, 1, 2]


def test_a_block_waits_for_what_is_seen_late() -> None:
    digest, blocks = Digest(), FollowedBlocks()

    def fed(each: Update) -> list[Block]:
        digest.feed(each)
        blocks.feed(each)
        return blocks.take(digest, digest.snapshot())

    border_s = BEGIN_S + BLOCK_S
    assert fed(update(steady(end_s=border_s - 0.2), *load(), now_s=border_s)) == []
    late = records([border_s * 1e3 - 100], segment=1)
    assert fed(update(late, now_s=border_s + 0.3)) == []
    (block,) = fed(update(None, now_s=border_s + GRACE_NS / 1e9 + 0.001))
    assert block.requests == 901


def test_what_is_not_known_to_be_warm_up_holds_the_blocks_back() -> None:
    """The rule asks for five steady medians: of eight requests a second it gets none in the first seconds."""
    digest, blocks = Digest(), FollowedBlocks()
    rows = steady(end_s=6.0, per_s=8.0)
    each = update(rows, *load(Settings(device="CPU")), now_s=6.0)
    digest.feed(each)
    blocks.feed(each)
    assert digest.snapshot().warm_up.state == "open"
    assert blocks.take(digest, digest.snapshot()) == []
    assert [block.number for block in blocks.take(digest, digest.snapshot(), final=True)] == [0, 1]


def test_a_block_in_which_settings_change_is_left_out() -> None:
    digest, blocks = Digest(), FollowedBlocks()
    rows = steady(end_s=11.0)
    change_ns = 6 * SECOND  # within block 2
    rows["segment"][rows["submit_ns"] >= change_ns] = 2
    changed = SegmentBegan(
        t_ns=change_ns, segment=2, engine=1, first_seq=0, nireq=16, settings=PLAIN, changes=["rate 1→2"],
        load_began_ns=SECOND,
    )  # fmt: skip
    each = update(rows, *load(), changed, ended(11.0), now_s=11.1, finished=True)
    digest.feed(each)
    blocks.feed(each)
    assert [block.number for block in blocks.take(digest, digest.snapshot(), final=True)] == [0, 1, 3, 4]


def test_records_that_come_before_the_begin_is_told_count() -> None:
    """They go through memory, and the event over a wire."""
    rows = steady(end_s=5.0)
    begin, segment_began = load()[:-1], load()[-1]
    updates = [
        update(rows[:50], *begin, now_s=1.2),
        update(rows[50:], segment_began, ended(5.0), now_s=5.1, finished=True),
    ]
    assert [block.requests for block in block_rows(updates)] == [1000, 1000]


def test_a_session_without_a_load_has_none() -> None:
    assert block_rows([update(empty_records(), *started()[:2], now_s=4.0, finished=True)]) == []


def test_what_is_told_after_its_block_was_closed_counts_nowhere(tmp_path: Path) -> None:
    """Else a recording, which is read at once, would have another block than its session."""
    rows = steady(end_s=7.0)
    moved = np.concatenate([np.delete(np.arange(len(rows)), 10), [10]])  # told at the very end
    late = rows[moved]
    found = live(late, [1200] * 3, end_s=7.0)
    assert [block.requests for block in found] == [999, 1000, 1000]
    assert recorded(late, tmp_path / "r.ovtui", end_s=7.0) == found


def test_a_load_that_ends_with_a_block_fills_it() -> None:
    found = live(steady(end_s=8.99), [], end_s=9.0 - 0.0004)
    assert [block.number for block in found] == [0, 1, 2, 3]


def test_a_block_with_requests_of_two_segments_is_left_out() -> None:
    """As in a trial, whose segments change nothing of what is in force."""
    rows = steady(end_s=9.0)
    rows["segment"][1500:1510] = 7
    assert [block.number for block in live(rows, [], end_s=9.0)] == [0, 2, 3]


def test_a_load_that_begins_again_leaves_out_the_rest_between() -> None:
    digest, blocks = Digest(), FollowedBlocks()
    first, again = steady(end_s=3.0), steady(end_s=13.0)
    again = again[again["done_ns"] >= 9 * SECOND + MS]
    again["segment"] = 2
    begins = SegmentBegan(t_ns=9 * SECOND, segment=2, engine=1, first_seq=0, nireq=16, settings=PLAIN,
                          load_began_ns=9 * SECOND)  # fmt: skip
    for each in (
        update(first, *load(), ended(3.0), now_s=3.1),
        update(again, begins, ended(13.0), now_s=13.1, finished=True),
    ):
        digest.feed(each)
        blocks.feed(each)
    found = blocks.take(digest, digest.snapshot(), final=True)
    assert [(block.number, block.requests > 900) for block in found] == [(0, True), (5, True)]


def test_none_while_the_history_is_still_being_read() -> None:
    digest, blocks = Digest(), FollowedBlocks()
    rows = steady(end_s=7.0)
    part = update(rows[:500], *load(), now_s=7.0, read_share=0.2)
    digest.feed(part)
    blocks.feed(part)
    assert blocks.take(digest, digest.snapshot()) == []
    whole = update(rows[500:], now_s=7.6)
    digest.feed(whole)
    blocks.feed(whole)
    assert [block.requests for block in blocks.take(digest, digest.snapshot())] == [1000, 1000, 1000]
