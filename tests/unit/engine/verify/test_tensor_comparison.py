"""Differences of two tensors, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ovtui.engine.verify import comparison
from ovtui.engine.verify.comparison import Compared, compare, compare_bits
from ovtui.engine.verify.tally import difference, why_not

NAN, INF = math.nan, math.inf


def floats(device: list[float], truth: list[float], *, floor: float = 0.0) -> Compared:
    return compare(np.array(device, np.float32), np.array(truth, np.float32), exact=False, floor=floor)


def test_the_difference_is_of_the_largest_value_of_the_truth() -> None:
    found = floats([1.0, -8.0, 2.0], [1.0, -8.0, 4.0])
    assert (found.max_absolute, found.max_relative, found.max_elementwise) == (2.0, 0.25, 0.5)
    assert found.scale == 8.0
    assert found.unequal == 1
    assert found.cosine == pytest.approx((1 + 64 + 8) / math.sqrt((1 + 64 + 4) * (1 + 64 + 16)))


def test_an_elements_own_difference_counts_from_a_hundredth_of_the_largest_on() -> None:
    assert floats([100.0, 2.0], [100.0, 1.0]).max_elementwise == 1.0
    assert floats([100.0, 2.0], [100.0, 0.5]).max_elementwise == 0.0


def test_a_truth_of_zeros_has_the_difference_itself() -> None:
    found = floats([0.25, 0.0], [0.0, 0.0])
    assert (found.max_absolute, found.max_relative, found.cosine) == (0.25, 0.25, None)
    # Numbers that devices flush to zero are zero.
    assert floats([0.0], [1e-39]).max_relative == pytest.approx(1e-39, rel=1e-3)


def test_a_floor_is_what_cancelled_out() -> None:
    assert floats([2e-6], [1e-6]).max_relative == pytest.approx(1.0)
    assert floats([2e-6], [1e-6], floor=1.0).max_relative == pytest.approx(1e-6)


def test_opposite_directions() -> None:
    assert floats([1.0, 2.0], [-1.0, -2.0]).cosine == pytest.approx(-1.0)


def test_figures_are_of_what_is_finite_on_both_sides() -> None:
    found = floats([NAN, INF, 3.0, 1.0, -INF], [1.0, INF, NAN, 2.0, INF])
    assert (found.nans, found.infinities, found.same_infinities) == ((1, 1), (2, 2), 1)
    assert (found.max_absolute, found.max_relative, found.unequal) == (1.0, 0.5, 5)
    nothing = floats([NAN], [NAN])
    assert (nothing.max_absolute, nothing.max_relative, nothing.cosine, nothing.unequal) == (None, None, None, 1)


@pytest.mark.parametrize(
    ("device", "truth", "inner", "why"),
    [
        ([NAN, 1.0], [NAN, 1.0], False, "NaN: 1 against 1"),
        ([NAN, 1.0], [NAN, 1.0], True, "NaN: 1 against 1"),
        ([NAN, 1.0], [1.0, 1.0], True, "NaN: 1 against 0"),
        ([INF, 1.0], [INF, 1.0], False, "infinite: 1 against 1, all in the same places"),
        ([INF, 1.0], [INF, 1.0], True, ""),
        ([INF, 1.0], [-INF, 1.0], True, "infinite: 1 against 1"),
        ([INF, 1.0], [1.0, INF], True, "infinite: 1 against 1"),
        ([1.0, 1.0], [1.0, INF], True, "infinite: 0 against 1"),
        ([1.0, 1.0], [1.0, 1.0], False, ""),
        ([1.0, 1.015], [1.0, 1.0], False, "relative difference above 0.01"),
        ([1.0, 1.005], [1.0, 1.0], False, ""),
    ],
)
def test_a_nan_equals_nothing_and_an_infinity_only_within_the_model(
    device: list[float], truth: list[float], inner: bool, why: str
) -> None:
    assert why_not(floats(device, truth), 0.01, inner=inner) == why


def test_whole_numbers_are_compared_exactly() -> None:
    found = compare(np.array([2**63 - 1, 5], np.int64), np.array([2**63 - 2, 5], np.int64), exact=True)
    assert (found.unequal, found.max_absolute) == (1, 1.0)
    assert why_not(found, 0.5, inner=False) == "1 of 2 unequal"
    far = compare(np.array([-(2**63)], np.int64), np.array([2**63 - 1], np.int64), exact=True)
    assert far.max_absolute == float(2**64 - 1)
    small = compare(np.array([250, 3], np.uint8), np.array([5, 3], np.uint8), exact=True)
    assert (small.max_absolute, small.max_relative) == (245.0, 49.0)
    flags = compare(np.array([True, False]), np.array([True, True]), exact=True)
    assert (flags.unequal, flags.max_absolute, flags.elements) == (1, 1.0, 2)


def test_an_integer_beside_a_float_is_a_number() -> None:
    found = compare(np.array([1, 2], np.uint8), np.array([1.0, 2.5], np.float32), exact=False)
    assert (found.max_absolute, found.max_relative) == (0.5, 0.2)


def test_shapes_that_differ_are_not_compared() -> None:
    found = compare(np.zeros([2, 3], np.float32), np.zeros([2, 4], np.float32), exact=False)
    assert (found.why, found.max_absolute, found.unequal) == ("shape [2,3] against [2,4]", None, 8)
    assert why_not(found, 1.0, inner=True) == "shape [2,3] against [2,4]"


def test_what_is_empty_agrees() -> None:
    found = compare(np.zeros([0, 4], np.float32), np.zeros([0, 4], np.float32), exact=False)
    assert (found.elements, found.unequal, found.max_absolute) == (0, 0, None)
    assert why_not(found, 0.0, inner=False) == ""
    whole = compare(np.zeros([0], np.int64), np.zeros([0], np.int64), exact=True)
    assert (whole.max_absolute, why_not(whole, 0.0, inner=False)) == (None, "")


def test_texts_and_bits() -> None:
    found = compare(np.array([b"a", b"bc"]), np.array([b"a", b"b"]), exact=True)
    assert (found.unequal, found.max_absolute, why_not(found, 1.0, inner=False)) == (1, None, "1 of 2 unequal")
    mixed = compare(np.array([b"a"]), np.array([1.0]), exact=False)
    assert mixed.why == "text against numbers"
    assert compare_bits(b"\x01\x02", b"\x01\x03", (4,)).unequal == 1


def test_scalars_and_numbers_beyond_any_difference() -> None:
    assert compare(np.array(2.0), np.array(1.0), exact=False).max_relative == 1.0
    found = compare(np.array([1.7e308]), np.array([-1.7e308]), exact=False)
    assert found.max_absolute == np.finfo(np.float64).max
    assert found.cosine == -1.0


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=1000).astype(np.float32)
    device = truth + rng.normal(scale=1e-3, size=1000).astype(np.float32)
    device[[17, 900]] = NAN, INF
    whole = compare(device, truth, exact=False)
    monkeypatch.setattr(comparison, "_BLOCK", 64)
    parts = compare(device, truth, exact=False)
    assert parts.cosine == pytest.approx(whole.cosine)
    assert (parts.max_absolute, parts.max_relative, parts.unequal, parts.nans) == (
        whole.max_absolute, whole.max_relative, whole.unequal, whole.nans,
    )  # fmt: skip


def test_the_worst_of_all_requests_is_told() -> None:
    found = [floats([1.0, 2.0], [1.0, 2.0]), floats([1.0, 3.0], [1.0, 2.0]), floats([NAN, 2.0], [1.0, 2.0])]
    told = difference("y", "f32", found, 0.1)
    assert (told.max_absolute, told.max_relative, told.unequal) == (1.0, 0.5, 2)
    assert (told.nans, told.infinities, told.agrees) == ((1, 0), (0, 0), False)
    assert told.why == "relative difference above 0.1"
    assert told.cosine == pytest.approx(7 / math.sqrt(10 * 5))
    assert difference("y", "f32", found[:1], 0.0).agrees
