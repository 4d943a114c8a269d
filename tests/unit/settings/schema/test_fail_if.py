"""`--fail-if`: what is a condition, what is said of what is none, and when one is true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.fail_if import (
    FAIL_FIGURES,
    FAILS,
    FailIf,
    is_false,
    is_true,
    parse_fail_if,
    parse_fail_ifs,
    verdict_on,
)

CONDITIONS = st.one_of(
    st.builds(FailIf, st.sampled_from(FAIL_FIGURES), st.just(">"), st.floats(0, 1e6)),
    st.builds(FailIf, st.sampled_from(FAIL_FIGURES), st.just("<"), st.floats(0, 99.99)),
)


@given(CONDITIONS)
def test_a_condition_reads_back(condition: FailIf) -> None:
    assert parse_fail_if(str(condition)) == condition
    assert parse_fail_if(str(condition).upper().replace(">", " > ").replace("%", " % ")) == condition


def test_several_by_comma_or_by_repeating_the_option_each_once() -> None:
    found = parse_fail_ifs(["p99>+5%, throughput<-3%", "p99 > +5 %", "errors>+0%"])
    assert [str(each) for each in found] == ["p99>+5%", "throughput<-3%", "errors>+0%"]
    assert parse_fail_ifs([]) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p99", "'p99' is not a condition; write figure, > or <, and a change in percent, as in 'p99>+5%'"),
        ("p99>5%", "'p99>5%': > goes with + (more than A); write 'p99>+5%'"),
        ("throughput<3%", "'throughput<3%': < goes with - (less than A); write 'throughput<-3%'"),
        ("p99>=+5%", "'p99>=+5%': write > or <, as in 'p99>+5%'"),
        ("p99>+5", "'p99>+5': a change is in percent of A; write 'p99>+5%'"),
        ("p99>+5ms", "'p99>+5ms': a change is in percent of A, not in ms; write 'p99>+5%'"),
        ("throughput<-100%", "'throughput<-100%': nothing falls by 100%; write less than 100%"),
        ("p99>+1e9%", "'p99>+1e9%': no change is larger than 1000000%"),
        ("max>+5%", "max of a run has no interval"),
        ("p98>+5%", "p98 is not among the figures that are compared; write one of p50, p90"),
        ("thruput<-3%", "'thruput' is no figure; write one of p50"),
        ("thruput<-3%", "did you mean throughput?"),
        ("inference.p99>+5%", "'inference.p99' is no figure"),
    ],
)
def test_what_is_no_condition_is_told_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        parse_fail_if(text)
    assert str(raised.value).startswith("fail-if: ")
    assert said in str(raised.value)


@pytest.mark.parametrize("text", ["", " ", "p99>+5%,", ",p99>+5%", "p99>+5%,,p50>+5%"])
def test_an_empty_condition_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="a condition is empty"):
        parse_fail_ifs([text])


def test_true_is_what_the_whole_interval_fulfils() -> None:
    slower, fewer = parse_fail_if("p99>+5%"), parse_fail_if("throughput<-3%")
    assert is_true(slower, 1.06, 1.20)
    assert not is_true(slower, 1.05, 1.20)  # the lower end decides
    assert not is_true(slower, 1.01, 1.20)
    assert is_true(fewer, 0.80, 0.96)
    assert not is_true(fewer, 0.80, 0.97)
    assert not is_true(fewer, 0.80, 0.99)


@given(CONDITIONS, st.floats(1e-3, 1e3), st.floats(1, 10))
def test_never_both_true_and_false(condition: FailIf, low: float, width: float) -> None:
    high = low * width
    assert not (is_true(condition, low, high) and is_false(condition, low, high))
    if low == high:
        assert is_true(condition, low, high) or is_false(condition, low, high)


def test_what_cannot_be_looked_at_fails_and_what_reaches_across_does_not() -> None:
    condition = parse_fail_if("p99>+5%")
    found = [verdict_on(condition, low, high) for low, high in ((1.06, 1.2), (1.0, 1.2), (0.9, 1.05), (None, None))]
    assert found == ["true", "open", "false", "unknown"]
    assert [verdict in FAILS for verdict in found] == [True, False, False, True]
    assert verdict_on(condition, 3.0, None) == "true"  # without an upper end
    assert verdict_on(parse_fail_if("p99<-5%"), 0.1, None) == "open"
