"""Sorted and filtered requests: as a sort of all of them at once, however they are cut into pieces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import SECOND, records, segment, started

from ovtui.metrics.queries.recorded_search import RecordedNeighbours, RecordedSearch
from ovtui.metrics.queries.request_filter import parse_filter
from ovtui.metrics.queries.request_order import SORT_COLUMNS
from ovtui.metrics.queries.top_requests import RequestQuery, TopRequests
from ovtui.records.completion_order import in_order_of_completion
from ovtui.records.record import Flag, Records, join_records
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter

MANY = 100_000


def made(count: int, seed: int) -> Records:
    """Few different values, so that many are equal."""
    rng = np.random.default_rng(seed)
    rows = records(1000 + np.arange(count) * 0.01, rng.integers(1, 40, count) * 0.5)
    rows["flags"] = rng.choice([0, 0, 0, Flag.LATE, Flag.TIMED_OUT, Flag.ERROR], count)
    rows["batch_id"], rows["device"] = rng.integers(0, 3, count), rng.choice([0, 0x10, 0x20], count)
    return rows


def brute_force(rows: Records, query: RequestQuery, most: int) -> tuple[list[int], int]:
    """The places of the first `most`, and how many match."""
    places = np.arange(len(rows))
    keep = np.ones(len(rows), bool) if query.filter is None else query.filter.mask(rows, query.shapes)
    keys = query.keys(rows, places)
    first = sorted(places[keep].tolist(), key=lambda place: (-keys[place], -place))
    return first[:most], int(keep.sum())


@given(
    st.sampled_from(["", *SORT_COLUMNS]), st.booleans(),
    st.sampled_from(["", "late", "not late", ">10ms", "GPU timer"]),
    st.integers(1, 40), st.lists(st.integers(0, 60), max_size=8), st.integers(0, 5),
)  # fmt: skip
def test_as_a_sort_of_all_at_once(
    column: str, least_first: bool, text: str, most: int, pieces: list[int], seed: int
) -> None:
    rows = made(sum(pieces), seed)
    query = RequestQuery(parse_filter(text) if text else None, column, least_first)
    top = TopRequests(query, most)
    place = 0
    for count in pieces:
        top.add(rows[place : place + count], place)
        place += count
    expected, matched = brute_force(rows, query, most)
    found, places = top.best()
    assert places[::-1].tolist() == expected
    assert (top.matched, top.seen) == (matched, len(rows))
    assert found["seq"][::-1].tolist() == rows["seq"][expected].tolist()


def test_letters_of_columns_are_unique() -> None:
    letters = [column.letter for column in SORT_COLUMNS.values()]
    assert len(set(letters)) == len(letters)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("search") / "many.ovtui"
    rows = made(MANY, 7)
    rows["segment"] = 1
    rows["flags"] &= ~np.uint16(Flag.OVERTAKEN)
    writer = SessionWriter(str(path), {}, 1 << 30)
    writer.write([*started()[:-1], segment(t_s=0.5)], [], RecordingProgress(0, 0, 0, 0))
    for first in range(0, MANY, 5_000):
        part = np.ascontiguousarray(rows[first : first + 5_000])
        writer.write([], [part.tobytes()], RecordingProgress(int(part["done_ns"][-1]), 0, first + len(part), 0))
    writer.close()
    return path


@pytest.mark.parametrize(("text", "column"), [("", "response"), ("late >15ms", "done"), ("timer", ""), ("", "wait")])
def test_the_file_answers_as_numpy_does(recording: Path, text: str, column: str) -> None:
    reader = SessionReader(str(recording))
    rows = join_records(list(in_order_of_completion(reader.all_records())))
    reader.close()
    query = RequestQuery(parse_filter(text) if text else None, column)
    search = RecordedSearch(str(recording), MANY, query)
    search.run()
    expected, matched = brute_force(rows, query, 1 << 15)
    found, places = search.top.best()
    assert search.done
    assert not search.problem
    assert places[::-1].tolist() == expected
    assert search.top.matched == matched
    assert found["order"][::-1].tolist() == rows["order"][expected].tolist()


def test_only_what_the_replay_has_shown(recording: Path) -> None:
    search = RecordedSearch(str(recording), 30_000, RequestQuery(column="done"))
    search.run()
    assert search.top.seen == 30_000
    assert search.top.best()[1][-1] == 29_999


def test_called_off(recording: Path) -> None:
    search = RecordedSearch(str(recording), MANY, RequestQuery(column="response"))
    search.cancel()
    search.run()
    assert not search.done
    assert search.top.seen == 0


def test_no_recording(tmp_path: Path) -> None:
    search = RecordedSearch(str(tmp_path / "none.ovtui"), 5, RequestQuery(column="response"))
    search.run()
    assert search.done
    assert "none.ovtui" in search.problem


def test_neighbours_of_a_request(recording: Path) -> None:
    neighbours = RecordedNeighbours(str(recording))
    around = neighbours.around(50_000, 10)
    neighbours.close()
    assert len(around) == 21
    assert int(around["done_ns"][0]) >= SECOND
