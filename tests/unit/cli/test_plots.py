"""Plots on stdout: what is drawn where, at every width, in ASCII, and of data that no run should produce."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.cli.plots import curve_plot, is_ascii_only

RISING = ([1.0, 2.0, 4.0, 8.0], [1.0, 2.0, 3.0, 4.0])
VALUES = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1e-310, 1.7e308, -5.0, 20.0])


def rows_of(lines: list[str], mark: str) -> list[int]:
    return [at for at, line in enumerate(lines[1:-3]) if mark in line[8:]]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_it_fits_and_names_its_curves_and_axes(width: int, ascii_only: bool) -> None:
    lines = curve_plot(
        {"A": RISING, "B": ([1, 8], [4, 1])}, x="requests/s", y="ms", width=width, height=14, ascii_only=ascii_only
    )
    assert len(lines) == 14
    assert max(map(len, lines)) <= width
    assert lines[0].startswith("ms ")
    assert lines[0].endswith(" A   oo B")
    assert lines[-1].strip() == "requests/s"
    assert "".join(lines).isprintable()  # no escape sequence
    assert "".join(lines).isascii() == ascii_only


def test_a_curve_that_rises_rises_and_one_that_falls_falls() -> None:
    for ys, rises in ((RISING[1], True), (RISING[1][::-1], False)):
        lines = curve_plot({"A": (RISING[0], ys)}, x="x", y="y", width=60, height=14, ascii_only=True)
        drawn = lines[1:-3]
        first = next(at for at, line in enumerate(drawn) if line[7:8] == "*")
        assert (first > len(drawn) / 2) == rises


def test_equal_curves_are_both_seen() -> None:
    lines = curve_plot({"A": RISING, "B": RISING}, x="x", y="y", width=60, height=14, ascii_only=True)
    body = "".join(lines[1:-3])
    assert min(body.count("*"), body.count("o")) > 10


def test_what_is_not_known_is_a_gap() -> None:
    ys = [1.0, 1.0, math.nan, 1.0, 1.0]
    lines = curve_plot({"A": ([0, 1, 2, 3, 4], ys)}, x="x", y="y", width=60, height=14, ascii_only=True)
    (row,) = rows_of(lines, "*")
    assert "*     " in lines[1 + row].rstrip()


def test_ticks_of_ones_own_stand_where_their_values_are() -> None:
    ticks = [(1.0, "p0"), (10.0, "p90"), (100.0, "p99"), (1e6, "far away")]
    lines = curve_plot(
        {"A": ([1, 10, 100], [1, 2, 3])}, x="percentile", y="ms", width=80, height=12, log_x=True, ascii_only=True,
        x_ticks=ticks,
    )  # fmt: skip
    at = [lines[-2].index(text) for text in ("p0", "p90", "p99")]
    assert at == sorted(at)
    assert abs((at[1] - at[0]) - (at[2] - at[1])) <= 3  # evenly, as decades are
    assert "far away" not in lines[-2]


@pytest.mark.parametrize(
    ("series", "width", "height"),
    [({}, 80, 12), ({"A": ([], [])}, 80, 12), ({"A": ([1.0], [math.nan])}, 80, 12), ({"A": RISING}, 10, 12),
     ({"A": RISING}, 80, 3)],
)  # fmt: skip
def test_where_nothing_can_be_drawn_there_are_no_lines(
    series: dict[str, tuple[list[float], list[float]]], width: int, height: int
) -> None:
    assert curve_plot(series, x="x", y="y", width=width, height=height) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(VALUES, VALUES), max_size=6), st.booleans(), st.booleans(), st.integers(24, 220),
    st.integers(6, 30),
)  # fmt: skip
def test_nothing_breaks_it(
    points: list[tuple[float, float]], log_x: bool, log_y: bool, width: int, height: int
) -> None:
    series = {"A": ([x for x, _ in points], [y for _, y in points])}
    lines = curve_plot(series, x="x", y="y", width=width, height=height, log_x=log_x, log_y=log_y)
    assert not lines or (len(lines) == height and max(map(len, lines)) <= min(width, 200))


def test_ascii_where_the_locale_promises_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    for locale, ascii_only in (("C", True), ("de_DE.ISO-8859-1", True), ("en_US.UTF-8", False)):
        monkeypatch.setenv("LC_ALL", locale)
        assert is_ascii_only() == ascii_only
