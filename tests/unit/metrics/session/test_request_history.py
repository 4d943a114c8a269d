from __future__ import annotations

import numpy as np
import pytest

from ovtui.metrics.session.request_history import HISTORY_RECORDS, RequestHistory
from ovtui.records.record import RECORD, empty_records


def numbered(first: int, count: int):
    rows = empty_records(count)
    rows["seq"] = np.arange(first, first + count)
    return rows


def filled(total: int, capacity: int = 10) -> RequestHistory:
    history = RequestHistory(capacity)
    history.add(numbered(0, total))
    return history


def test_the_dashboards_history_holds_far_more_than_10_000_records() -> None:
    assert HISTORY_RECORDS == 131_072


def test_an_empty_history_has_nothing_to_show() -> None:
    history = RequestHistory(10)
    assert (len(history), history.total, history.first_kept) == (0, 0, 0)
    assert len(history.tail(5)) == 0
    assert history.tail(5).dtype == RECORD


@pytest.mark.parametrize("total", [1, 9, 10, 11, 25, 100])
def test_one_large_addition_keeps_the_newest(total: int) -> None:
    history = filled(total)
    assert history.total == total
    assert len(history) == min(total, 10)
    assert history.tail(100)["seq"].tolist() == list(range(max(total - 10, 0), total))


def test_view_is_by_absolute_index_across_the_wrap() -> None:
    history = filled(13)
    assert history.first_kept == 3
    assert history.view(8, 4)["seq"].tolist() == [8, 9, 10, 11]


def test_view_leaves_out_what_is_gone_and_what_is_not_there_yet() -> None:
    history = filled(13)
    assert history.view(0, 5)["seq"].tolist() == [3, 4]
    assert history.view(11, 50)["seq"].tolist() == [11, 12]
    assert len(history.view(13, 5)) == 0
    assert len(history.view(0, 3)) == 0


def test_a_view_is_a_copy() -> None:
    history = filled(5)
    shown = history.view(0, 5)
    history.add(numbered(100, 10))
    assert shown["seq"].tolist() == [0, 1, 2, 3, 4]


def test_every_field_survives() -> None:
    history = RequestHistory(4)
    row = numbered(7, 1)
    row["infer_us"], row["device"], row["done_ns"] = 1.5, 0x20, -3
    history.add(row)
    assert history.tail(1).tolist() == row.tolist()
