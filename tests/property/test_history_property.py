"""History against a plain list, over any sequence of additions and views."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ovtui.metrics.session.request_history import RequestHistory
from ovtui.records.record import empty_records

CAPACITY = 16


@given(
    st.lists(st.integers(0, 40), max_size=20),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40)), max_size=10),
)
def test_history_is_the_end_of_a_list(additions: list[int], views: list[tuple[int, int]]) -> None:
    history, model = RequestHistory(CAPACITY), []
    for count in additions:
        rows = empty_records(count)
        rows["seq"] = np.arange(len(model), len(model) + count)
        history.add(rows)
        model += rows["seq"].tolist()
        assert history.total == len(model)
        assert history.tail(CAPACITY)["seq"].tolist() == model[-CAPACITY:]
    for first, count in views:
        kept = range(max(first, history.first_kept), min(first + count, len(model)))
        assert history.view(first, count)["seq"].tolist() == list(kept)
