from __future__ import annotations

import pytest

from ovtui.metrics import number_format

SECOND = 1_000_000_000


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0, "0"), (55310, "55,310")])
def test_counts(value: int | None, text: str) -> None:
    assert number_format.count(value) == text


@pytest.mark.parametrize(("value", "decimals", "text"), [(None, 1, "–"), (1004.23, 1, "1,004.2"), (0.0421, 3, "0.042")])
def test_milliseconds(value: float | None, decimals: int, text: str) -> None:
    assert number_format.milliseconds(value, decimals) == text


@pytest.mark.parametrize(("typical_ms", "decimals"), [(0.05, 3), (0.7, 3), (3.0, 2), (50.0, 1), (5000.0, 1)])
def test_decimals_show_about_three_digits(typical_ms: float, decimals: int) -> None:
    assert number_format.decimals_for(typical_ms) == decimals


def test_decimals_do_not_flicker_at_a_border() -> None:
    shown = 2
    for typical_ms in (9.0, 10.5, 9.8, 11.9, 10.1):
        shown = number_format.decimals_for(typical_ms, shown)
        assert shown == 2
    assert number_format.decimals_for(13.0, shown) == 1
    assert number_format.decimals_for(None, 3) == 3


@pytest.mark.parametrize(
    ("per_s", "text"), [(None, "–"), (412.63, "412.6"), (0.04, "0.0"), (9_999.9, "9,999.9"), (67_900.4, "67,900")]
)
def test_rates_fit_eight_characters(per_s: float | None, text: str) -> None:
    assert number_format.rate(per_s) == text
    assert len(text) <= 8


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "–"),
        (0, 10, "0.0 %"),
        (1, 100_000, "<0.1 %"),
        (99_999, 100_000, ">99.9 %"),
        (5, 5, "100.0 %"),
        (1, 3, "33.3 %"),
    ],
)
def test_a_share_is_never_rounded_to_none_or_all(part: int, whole: int, text: str) -> None:
    assert number_format.percent(part, whole) == text


def test_an_exact_share_is_shown_as_it_is() -> None:
    assert [number_format.share(value) for value in (0.0, 0.087, 1.0, None)] == ["0.0 %", "8.7 %", "100.0 %", "–"]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (None, 3, "–"),
        (7.394, 3, "7.39"),
        (120.0, 3, "120"),
        (999.4, 3, "999"),
        (999.7, 3, "1,000"),
        (1_234_567.0, 3, "1,234,567"),
        (9_999.4, 4, "9,999"),
        (9_999.6, 4, "10,000"),
        (0.0042, 3, "0.0042"),
    ],
)
def test_significant_digits_without_an_exponent(value: float | None, digits: int, text: str) -> None:
    assert number_format.significant(value, digits) == text


@pytest.mark.parametrize(
    ("value_ms", "text"),
    [(None, "–"), (0.4, "0 ms"), (850.0, "850 ms"), (999.4, "999 ms"), (999.6, "1.00 s"), (12_345.0, "12.35 s")],
)
def test_durations_have_their_unit(value_ms: float | None, text: str) -> None:
    assert number_format.duration(value_ms) == text


@pytest.mark.parametrize(("per_s", "text"), [(9.94, "9.9"), (9.96, "10"), (1234.4, "1,234"), (-0.5, "-0.5")])
def test_an_estimated_rate_has_no_more_digits_than_it_deserves(per_s: float, text: str) -> None:
    assert number_format.estimated_rate(per_s) == text


def test_a_round_span_has_a_fitting_unit() -> None:
    lengths_ns = (5, 250_000, 20_000_000, 1_500_000_000)
    assert [number_format.span(length_ns) for length_ns in lengths_ns] == ["5 ns", "250 µs", "20 ms", "1.5 s"]


def test_seconds_have_the_decimals_of_their_quantity() -> None:
    assert [number_format.seconds(value) for value in (3.214, 1234.5, None)] == ["3.21 s", "1,234.50 s", "–"]
    assert [number_format.seconds_without_unit(value) for value in (3.214, None)] == ["3.21", "–"]
    assert number_format.run_length(3600) == "3,600.0 s"
    assert [number_format.running_for(SECOND, now_ns) for now_ns in (SECOND // 2, 4 * SECOND)] == ["0.0 s", "3.0 s"]


def test_a_moment_of_a_request_differs_from_the_next_by_its_offset() -> None:
    due_ns, submit_ns = 1_234_500_000_000, 1_234_500_250_000
    assert number_format.session_time(due_ns) == "20:34.5000"
    assert [number_format.session_time(t_ns, 6) for t_ns in (due_ns, submit_ns)] == ["20:34.500000", "20:34.500250"]
    assert [number_format.session_time(t_ns, 1) for t_ns in (0, 3_599_999_999_999, 3_600_000_000_000)] == [
        "00:00.0", "59:59.9", "1:00:00.0",
    ]  # fmt: skip
    assert number_format.session_time(due_ns, 0) == number_format.elapsed(1234.5)
    assert number_format.offset_ms(submit_ns - due_ns) == "+0.250 ms"
    assert number_format.offset_ms(due_ns - submit_ns) == "-0.250 ms"


def test_the_machine() -> None:
    readings = [number_format.reading(value) for value in (None, 0.317, 43.0, 43.26, 2050.0)]
    assert readings == ["–", "0.317", "43", "43.3", "2,050"]
    assert number_format.installed_memory(31 * (1 << 30) + 5) == "31 GiB"


def test_quantities_agree_in_number() -> None:
    assert number_format.quantity(1, "request") == "1 request"
    assert number_format.quantity(1200, "request") == "1,200 requests"
    assert number_format.quantity(2, "batch", "batches") == "2 batches"


@pytest.mark.parametrize(("seconds", "text"), [(-1, "00:00"), (59.9, "00:59"), (134, "02:14"), (3734, "1:02:14")])
def test_elapsed(seconds: float, text: str) -> None:
    assert number_format.elapsed(seconds) == text


def test_no_change_has_one_sign() -> None:
    assert number_format.plain_change(0.998) == "+0 %"
    assert number_format.change(0.998, 0.70, 1.2) == "+0 % (-30 to 20 %)"
    assert number_format.change_range(0.9996, 1.2) == "+0 to +20 %"


def test_a_change_from_a_part_to_a_multiple_is_told_as_both() -> None:
    assert number_format.change(0.4, 0.1, 2.5) == "1/2.5 (1/10 to 2.5 times)"
    assert number_format.change(0.4, 0.35, 0.5) == "1/2.5 (1/2.86 to 1/2)"
    assert number_format.change(2.4, 0.5, 8.0) == "2.4 times (1/2 to 8)"
    assert number_format.change(2.4, 2.2, 2.6) == "2.4 times (2.2 to 2.6)"
