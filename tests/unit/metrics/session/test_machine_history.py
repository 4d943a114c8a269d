"""The machine's readings on the latency plot's time axis."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import SECOND

from ovtui.metrics.session import machine_history
from ovtui.metrics.session.machine_history import MachineHistory
from ovtui.records.machine_readings import MachineReading


def history(*readings: tuple[float, float | None]) -> MachineHistory:
    """Of (seconds, CPU %)."""
    made = MachineHistory()
    for t_s, percent in readings:
        made.add(MachineReading(t_ns=int(t_s * SECOND), cpu_percent=percent, cpu_mhz=1000.0))
    return made


def columns(made: MachineHistory, begin_s: float, end_s: float, count: int, name: str = "cpu_percent") -> list[float]:
    return made.columns(name, int(begin_s * SECOND), int(end_s * SECOND), count).tolist()


def test_a_reading_stands_for_the_time_since_the_one_before() -> None:
    made = history((1, 10), (2, 20), (3, 30))
    assert columns(made, 0, 3, 3) == [10, 20, 30]
    assert columns(made, 0, 3, 6) == [10, 10, 20, 20, 30, 30]


def test_a_wide_column_has_the_mean_over_its_time() -> None:
    made = history((1, 10), (2, 20), (3, 30), (4, 40))
    assert columns(made, 0, 4, 2) == [15, 35]
    assert columns(made, 0.5, 3.5, 1) == [pytest.approx((5 + 20 + 30 + 20) / 3)]


def test_a_column_without_a_reading_is_a_hole() -> None:
    made = history((1, 10), (5, 50))
    found = columns(made, -1, 6, 7)
    assert found[1:2] == [10]
    assert found[5:6] == [50]
    assert np.isnan(found).tolist() == [True, False, True, True, True, False, True]


def test_a_machine_too_busy_to_be_read_in_time_leaves_no_hole_and_a_time_without_engines_does() -> None:
    assert columns(history((1, 10), (3.5, 20)), 0, 3.5, 7) == [10, 10, 20, 20, 20, 20, 20]
    found = columns(history((1, 10), (4, 20)), 0, 4, 4)
    assert (found[0], found[3]) == (10, 20)
    assert np.isnan(found[1:3]).all()


def test_a_reading_that_lacks_the_value_is_a_hole_of_that_value_alone() -> None:
    made = history((1, 10), (2, None), (3, 30))
    found = columns(made, 0, 3, 3)
    assert found[0] == 10
    assert np.isnan(found[1])
    assert found[2] == 30
    assert columns(made, 0, 3, 3, "cpu_mhz") == [1000, 1000, 1000]


def test_readings_that_drift_against_the_seconds_leave_no_holes() -> None:
    made = history(*((1 + 1.013 * n, 5.0) for n in range(300)))
    assert columns(made, 0, 300, 300) == [pytest.approx(5.0)] * 300


@pytest.mark.parametrize("name", ["gpu_percent", "no such reading"])
def test_what_the_machine_does_not_offer_is_all_holes(name: str) -> None:
    assert np.isnan(columns(history((1, 10)), 0, 3, 3, name)).all()
    assert np.isnan(columns(MachineHistory(), 0, 3, 3)).all()
    assert columns(MachineHistory(), 0, 3, 0) == []


def test_readings_out_of_order_are_left_out() -> None:
    assert columns(history((1, 10), (2, 20), (2, 90), (1.5, 80), (3, 30)), 0, 3, 3) == [10, 20, 30]


def test_old_readings_are_forgotten_and_the_newest_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_history, "READINGS_KEPT", 10)
    made = history(*((second, float(second)) for second in range(1, 100)))
    assert len(made._ended_ns) == 20
    found = columns(made, 89, 99, 10)
    assert found == [float(second) for second in range(90, 100)]
    assert np.isnan(columns(made, 0, 50, 50)).all()


@given(
    st.lists(st.tuples(st.floats(0.4, 3.0), st.floats(0, 100)), min_size=1, max_size=40),
    st.floats(-2, 60),
    st.floats(0.1, 90),
    st.integers(1, 60),
)
def test_no_column_leaves_the_range_of_the_readings_that_it_is_made_of(
    steps: list[tuple[float, float]], begin_s: float, span_s: float, count: int
) -> None:
    t_s, made, values = 0.0, MachineHistory(), []
    for step_s, percent in steps:
        t_s += step_s
        values.append(percent)
        made.add(MachineReading(t_ns=int(t_s * SECOND), cpu_percent=percent))
    found = made.columns("cpu_percent", int(begin_s * SECOND), int((begin_s + span_s) * SECOND), count)
    known = found[~np.isnan(found)]
    assert len(found) == count
    assert ((known >= min(values) - 1e-6) & (known <= max(values) + 1e-6)).all()


def test_the_same_edges_give_the_same_columns_whatever_lies_around_them() -> None:
    made = history(*((0.9 + second, float(second % 7)) for second in range(120)))
    wide = made.between("cpu_percent", np.arange(0, 101, 10, dtype=np.int64) * SECOND)
    narrow = made.between("cpu_percent", np.arange(30, 61, 10, dtype=np.int64) * SECOND)
    assert wide[3:6] == pytest.approx(narrow)
