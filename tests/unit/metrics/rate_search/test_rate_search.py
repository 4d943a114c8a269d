"""The search for a rate: which probe comes next, and that it always ends with the truth between its two ends."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.metrics.rate_search.probe import OUTCOMES, Outcome, Probe, ProbeResult
from ovtui.metrics.rate_search.rate_search import MOST_PROBES, RateAnswer, RateSearch
from ovtui.records.study_events import Pressure


def searched(
    outcome_of: Callable[[Probe], Outcome], first: float = 100.0, within: float = 0.04, highest: float = 1e6
) -> tuple[list[Probe], RateAnswer]:
    search, probes = RateSearch(first, first / 32, highest, within), []
    while (probe := search.next_probe()) is not None:
        probes.append(probe)
        search.told(ProbeResult(probe.rate, outcome_of(probe)))
    return probes, search.answer


def below(truth: float) -> Callable[[Probe], Outcome]:
    return lambda probe: "held" if probe.rate <= truth else "missed"


def test_it_doubles_then_bisects_in_logarithms_then_measures_both_ends_again_in_alternation() -> None:
    probes, answer = searched(below(412.0))
    assert [(probe.rate, probe.purpose) for probe in probes] == [
        (100.0, "bracket"), (200.0, "bracket"), (400.0, "bracket"), (800.0, "bracket"),
        (565.7, "narrow"), (475.7, "narrow"), (436.2, "narrow"), (417.7, "narrow"), (408.8, "narrow"),
        (408.8, "again"), (417.7, "again"),
    ]  # fmt: skip
    assert (answer.holds, answer.fails, answer.missed, answer.done) == (408.8, 417.7, 417.7, True)


def test_it_halves_where_the_first_guess_fails() -> None:
    probes, answer = searched(below(30.0))
    assert [probe.rate for probe in probes[:3]] == [100.0, 50.0, 25.0]
    assert answer.holds is not None
    assert answer.fails is not None
    assert answer.holds <= 30.0 < answer.fails


def test_all_hold_and_none_holds_are_answers_too() -> None:
    _, all_hold = searched(lambda _: "held", highest=1000.0)
    assert (all_hold.holds, all_hold.fails) == (1000.0, None)
    probes, none_holds = searched(lambda _: "overload")
    assert (none_holds.holds, none_holds.fails, none_holds.missed) == (None, 3.125, 3.125)
    assert [probe.rate for probe in probes[-2:]] == [3.125, 3.125]


def test_what_is_not_known_to_hold_does_not() -> None:
    def outcome_of(probe: Probe) -> Outcome:
        return "held" if probe.rate <= 200 else "unknown" if probe.rate <= 300 else "missed"

    _, answer = searched(outcome_of)
    assert answer.holds is not None
    assert answer.fails is not None
    assert answer.missed is not None
    assert answer.holds <= 200 < answer.fails <= 300 < answer.missed


def test_an_end_that_does_otherwise_again_moves_the_bracket_and_is_told() -> None:
    def held_once(probe: Probe) -> Outcome:
        return "missed" if probe.rate > 412 or (probe.rate > 390 and probe.times > 1) else "held"

    _, answer = searched(held_once)
    assert answer.holds is not None
    assert answer.holds <= 390
    assert 408.8 in answer.changed

    def missed_once(probe: Probe) -> Outcome:
        return "held" if probe.rate <= 412 or (probe.rate < 430 and probe.times > 1) else "missed"

    _, answer = searched(missed_once)
    assert answer.holds is not None
    assert answer.holds >= 412
    assert 417.7 in answer.changed


def test_near_the_limit_the_line_decides_and_the_answer_says_what_is_known() -> None:
    truth, search = 387.0, RateSearch(250.0, 8.0, 1e6, 0.02)
    probes = []
    while (probe := search.next_probe()) is not None:
        probes.append(probe)
        log = 3.3 * math.log(probe.rate / truth)
        outcome: Outcome = "overload" if probe.rate >= 500 else "held" if log < -0.4 else "likely held"
        if log > 0 and outcome != "overload":
            outcome = "likely missed"
        pressure = Pressure(log=log, sd=0.1, requests=int(30 * probe.rate), tail=log)
        search.told(ProbeResult(probe.rate, outcome, None if outcome == "overload" else pressure))
    answer = search.answer
    assert answer.done
    assert answer.holds is not None
    assert 0.95 * truth < answer.holds < 0.99 * truth
    assert answer.fails is not None
    assert truth < answer.fails < 1.05 * truth
    assert (answer.known, answer.missed) == (250.0, 500.0)
    assert search.last(answer.holds) == "likely held"
    assert search.times(answer.holds) >= 2
    assert len(probes) <= 12
    near = [probe for probe in probes if probe.is_long]
    assert {probe.purpose for probe in near} == {"near", "again"}


@given(truth=st.floats(1.0, 1e5), first=st.floats(0.5, 2e5), within=st.floats(0.005, 0.5), highest=st.floats(1e3, 1e6))
def test_a_monotone_truth_is_bracketed(truth: float, first: float, within: float, highest: float) -> None:
    search, count = RateSearch(first, first / 64, highest, within), 0
    while (probe := search.next_probe()) is not None:
        count += 1
        assert search.lowest <= probe.rate <= search.highest
        search.told(ProbeResult(probe.rate, below(truth)(probe)))
    answer = search.answer
    assert count <= MOST_PROBES
    assert answer.done
    assert not answer.changed
    if answer.holds is not None:
        assert answer.holds <= truth
    if answer.fails is not None:
        assert truth < answer.fails
    if answer.holds is not None and answer.fails is not None:
        # Rates have four digits: neighbours of them cannot be closer.
        assert answer.fails / answer.holds <= 1 + within + 2e-3


def pressure_of(rate: float, outcome: Outcome) -> Pressure | None:
    if outcome in ("unknown", "overload"):
        return None
    return Pressure(log=-0.1 if outcome in ("held", "likely held") else 0.1, sd=0.1, requests=int(30 * rate) + 1)


@given(outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=MOST_PROBES, max_size=MOST_PROBES))
def test_it_ends_whatever_comes_and_a_replay_asks_the_same(outcomes: list[Outcome]) -> None:
    search, told = RateSearch(100.0, 1.0, 1e5, 0.02), []
    for outcome in outcomes:
        probe = search.next_probe()
        if probe is None:
            break
        assert probe.number == search.probes + 1 <= search.planned + 1
        told.append(ProbeResult(probe.rate, outcome, pressure_of(probe.rate, outcome)))
        search.told(told[-1])
    assert search.next_probe() is None
    holds, fails = search.bracket
    assert holds is None or fails is None or holds < fails

    again = RateSearch(100.0, 1.0, 1e5, 0.02)
    for result in told:
        probe = again.next_probe()
        assert probe is not None
        assert probe.rate == result.rate
        again.told(result)
    assert again.answer == search.answer


@pytest.mark.parametrize("rate", [412.04, 412.0])
def test_a_rate_is_measured_again_as_the_same(rate: float) -> None:
    search = RateSearch(rate, 1.0, 1e6, 0.04)
    probe = search.next_probe()
    assert probe is not None
    assert probe.rate == 412.0
