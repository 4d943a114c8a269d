"""The order in which idle infer requests are handed out, against a plain list of what is idle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.engine.load.dispatch import FifoDispatch, GroupedDispatch, idle_requests_for
from ovtui.settings.schema.settings import Settings

NIREQ = 16
SIZES = st.sampled_from([2, 3, 4, 8])
STEPS = st.lists(st.one_of(st.just(None), st.integers(0, NIREQ - 1)), max_size=120)
"""None takes one; a number gives the one of that place among those that are out back."""


@given(SIZES, STEPS)
def test_a_group_is_emptied_before_the_next_and_none_is_out_twice(size: int, steps: list[int | None]) -> None:
    idle, free, out = GroupedDispatch(range(NIREQ), size), set(range(NIREQ)), []
    filling: int | None = None
    for step in steps:
        if step is not None and out:
            back = out.pop(step % len(out))
            idle.put(back)
            free.add(back)
        elif step is None and free:
            request = idle.take()
            assert request in free
            if filling is not None and any(k // size == filling for k in free):
                assert request // size == filling
            else:
                fullest = max(sum(k // size == group for k in free) for group in {k // size for k in free})
                assert sum(k // size == request // size for k in free) == fullest
            filling = request // size
            free.discard(request)
            out.append(request)
        assert len(idle) == len(free)
    if not free:
        with pytest.raises(IndexError):
            idle.take()


@given(STEPS)
def test_first_in_first_out(steps: list[int | None]) -> None:
    idle, free, out = FifoDispatch(range(NIREQ)), list(range(NIREQ)), []
    for step in steps:
        if step is not None and out:
            free.append(out.pop(step % len(out)))
            idle.put(free[-1])
        elif step is None and free:
            out.append(idle.take())
            assert out[-1] == free.pop(0)
        assert len(idle) == len(free)


@pytest.mark.parametrize(
    ("dispatch", "device", "size", "kind"),
    [
        ("auto", "BATCH:CPU(4)", 4, GroupedDispatch), ("auto", "GPU", 4, FifoDispatch),
        ("auto", "BATCH:CPU", 0, FifoDispatch),
        ("grouped", "GPU", 4, GroupedDispatch), ("grouped", "CPU", 1, FifoDispatch),
        ("fifo", "BATCH:CPU(4)", 4, FifoDispatch),
    ],
)  # fmt: skip
def test_by_itself_it_groups_where_the_workers_are_in_sight(dispatch: str, device: str, size: int, kind: type) -> None:
    assert isinstance(idle_requests_for(Settings(dispatch=dispatch), device, size, range(8)), kind)
