"""The order of a grid: as many compiles as there are different ones, and no point in the compile of another."""

from __future__ import annotations

from itertools import groupby, pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from ovtui.host.turns import needs_no_compile
from ovtui.metrics.sweep.grid import TUNED_FOR, compile_key, for_a_session, whole_grid
from ovtui.settings.schema.settings import Settings

VALUES = {
    "hint": ["none", "latency", "throughput"],
    "nstreams": ["1", "2", "AUTO"],
    "nireq": ["0", "1", "4"],
    "device": ["CPU", "BATCH:CPU(4)", "AUTO:GPU,CPU"],
    "batch_timeout_ms": ["10", "100"],
    "rate": ["100/s", "closed"],
    "ENABLE_CPU_PINNING": ["YES", "NO"],
}


@given(
    st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=4, unique=True).flatmap(
        lambda names: st.fixed_dictionaries(
            {name: st.lists(st.sampled_from(VALUES[name]), min_size=1, unique=True) for name in names}
        )
    )
)
def test_points_of_one_compile_stand_together(vary: dict[str, list[str]]) -> None:
    grid = whole_grid(Settings(device="CPU"), vary)
    assert {point.key for point in grid} == {
        tuple(sorted(zip(vary, values, strict=True))) for values in product(*vary.values())
    }
    settings = [point.settings for point in grid if point.settings is not None]
    assert len(settings) == len(grid)
    keys = [compile_key(each) for each in settings]
    assert len([key for key, _ in groupby(keys)]) == len(set(keys))
    # The host, which decides whether an engine is compiled for a turn, sees it the same way.
    for (a, b), (x, y) in zip(pairwise(settings), pairwise(keys), strict=True):
        assert needs_no_compile(a, b) == (x == y)


def test_a_compile_that_is_tuned_for_its_requests_serves_no_other_number_of_them() -> None:
    vary = {"nireq": ["1", "2", "4"]}
    for base, compiles in (
        (Settings(device="CPU"), 3),
        (Settings(device="CPU", nstreams="2"), 1),
        (Settings(device="CPU", hint="none"), 1),
        (Settings(device="BATCH:CPU(4)"), 1),
        (Settings(device="GPU", nstreams="2"), 3),  # it batches by that number
    ):
        grid = whole_grid(base, vary)
        assert len({compile_key(point.settings) for point in grid if point.settings}) == compiles, base
    tuned = whole_grid(Settings(device="CPU"), vary)[2].settings
    assert tuned is not None
    assert tuned.properties == {TUNED_FOR: "4"}
    assert for_a_session(tuned, Settings(device="CPU"), vary) == Settings(device="CPU", nireq=4)
    given_by_person = Settings(device="CPU", properties={TUNED_FOR: "4"})
    assert for_a_session(given_by_person, given_by_person, vary) == given_by_person


def test_values_that_do_not_go_together_come_last_with_the_reason() -> None:
    grid = whole_grid(Settings(device="CPU"), {"api": ["sync", "async"], "nireq": ["4", "1"]})
    assert [point.settings is None for point in grid] == [False, False, False, True]
    assert "sync" in grid[-1].reason
