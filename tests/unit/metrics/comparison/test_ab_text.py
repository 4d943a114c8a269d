"""A comparison of A and B in words, and as JSON."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import pytest

from ovtui.metrics.comparison.ab_text import head_lines, note_lines, progress_line, summary_sentence, table_lines
from ovtui.metrics.comparison.paired_blocks import PairedRatio
from ovtui.metrics.comparison.trial_figures import SideFigures, TrialFigures
from ovtui.metrics.comparison.trial_text import verdict_words
from ovtui.metrics.comparison.verdict import judge, with_luck
from ovtui.metrics.latency.latency import Latency
from ovtui.metrics.result.ab import ab_result, condition_result, fails
from ovtui.metrics.session.session_state import TrialState
from ovtui.records.events import TrialBegan, TrialBlock, TrialEnded, TrialTurn
from ovtui.settings.changes import describe_changes
from ovtui.settings.schema.fail_if import parse_fail_if
from ovtui.settings.schema.settings import Settings

S = 1_000_000_000
A, B = Settings(hint="latency"), Settings(hint="throughput", nireq=8)
LATENCY = Latency(p50=8.0, p90=9.0, p95=9.5, p99=None, p999=None, mean=8.1, min=7.0, max=12.0, count=600)


def ratio(low: float, high: float, pairs: int = 12) -> PairedRatio:
    return PairedRatio(pairs, math.sqrt(low * high), low, high, 0.01, 0.9875)


def figures(a: Settings = A, b: Settings = B, *, pairs: int = 12, **ratios: PairedRatio) -> TrialFigures:
    began = TrialBegan(
        t_ns=0,
        trial=1,
        engine=2,
        a=a,
        b=b,
        changes=describe_changes(a, b),
        limit_s=180,
        confidence=0.9875,
        for_p99=True,
    )
    state = TrialState(began, ended=TrialEnded(t_ns=30 * S, trial=1, reason="done"))
    given = {name: ratio(0.99, 1.01) for name in ("throughput", "p50", "p90", "p99")} | ratios
    better = {"throughput": "higher", "items": "higher"}
    verdicts = {name: judge(each, better.get(name, "lower"), 30.0) for name, each in given.items()}  # type: ignore[arg-type]
    side = SideFigures(pairs, 600, 412.3, LATENCY, 1.0, None, 0.0312 if "energy" in ratios else None)
    source = "cpu_watts" if "energy" in ratios else ""
    return TrialFigures(state, pairs, {"A": side, "B": side}, verdicts, source, 30.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "low", "high", "words"),
    [
        ("throughput", 1.12, 1.18, "faster by 12 to 18 %"),
        ("throughput", 0.82, 0.88, "slower by 12 to 18 %"),
        ("p50", 0.82, 0.88, "faster by 12 to 18 %"),
        ("p99", 1.12, 1.18, "slower by 12 to 18 %"),
        ("p50", 1.042, 1.051, "slower by 4.2 to 5.1 %"),
        ("p50", 0.2, 0.4, "faster by a factor of 2.5 to 5"),
        ("throughput", 2.2, 2.6, "faster by a factor of 2.2 to 2.6"),
        ("energy", 0.82, 0.88, "less by 12 to 18 %"),
        ("energy", 1.12, 1.18, "more by 12 to 18 %"),
        ("p50", 0.99, 1.01, "same within 3 %"),
    ],
)
def test_verdicts_in_words(name: str, low: float, high: float, words: str) -> None:
    better = "higher" if name == "throughput" else "lower"
    assert verdict_words(name, judge(ratio(low, high), better)) == words  # type: ignore[arg-type]


def test_a_difference_as_small_as_that_of_two_engines_is_none() -> None:
    small = judge(ratio(1.015, 1.031), "lower", 20.0, luck=0.023)
    assert small.finding == "unknown"
    assert verdict_words("p50", small) == "cannot tell (two engines differ as much)"
    assert judge(ratio(1.015, 1.031), "lower").finding == "slower"
    assert judge(ratio(1.02, 1.08), "lower", luck=0.023).finding == "slower"
    assert judge(ratio(0.98, 1.02), "lower", luck=0.023).finding == "same"
    low, high = with_luck(ratio(1.02, 1.08), 0.023) or (0.0, 0.0)
    assert 1.0 < low < 1.02
    assert 1.08 < high < 1.1


def test_what_cannot_be_told_says_how_long_it_would_take() -> None:
    assert verdict_words("p50", judge(ratio(0.96, 1.12), "lower", 20.0)) == "cannot tell (about 70 s more)"
    assert verdict_words("p50", judge(ratio(0.96, 1.12), "lower")) == "cannot tell"


def test_what_differs_comes_first() -> None:
    assert head_lines(figures().state.began) == [
        "A: demo-cnn on AUTO, closed loop",
        "B against A: hint latency→throughput, in flight auto→8",
    ]
    other = head_lines(figures(A, Settings(model="demo-mlp", rate=100.0)).state.began)
    assert "two models: a request of A and one of B are different work" in other
    assert other[-1].startswith("A: closed loop; B: open loop, 100.0 requests/s")
    assert "the same settings" in head_lines(figures(A, A).state.began)[1]


def test_the_table_has_a_row_for_each_figure() -> None:
    found = figures(throughput=ratio(1.12, 1.18), p99=ratio(0.9, 1.2))
    rows = {line.split()[0]: line for line in table_lines(found)[1:]}
    assert list(rows) == ["throughput", "p50", "p90", "p99", "energy"]
    assert "412.3 /s" in rows["throughput"]
    assert rows["throughput"].endswith("+15 % (12 to 18 %)            faster by 12 to 18 %")
    assert rows["energy"].endswith("n/a")
    energy = {line.split()[0]: line for line in table_lines(figures(energy=ratio(0.8, 0.9)))[1:]}["energy"]
    assert "31.2 mJ" in energy
    assert energy.endswith("less by 10 to 20 %")


def test_the_notes_say_how_sure_and_why_there_is_no_energy() -> None:
    notes = "\n".join(note_lines(figures(), "no watts can be read"))
    assert (
        "each interval holds in 98.75 % of comparisons, those of throughput, p50, p90 and p99 together in 95 %" in notes
    )
    assert "energy: n/a, no watts can be read" in notes
    assert "memory: both engines asked for huge pages" in notes
    without = "\n".join(note_lines(figures(), "", "this system has none"))
    assert "memory: no huge pages, this system has none: engines of the same settings may differ" in without
    few = "\n".join(note_lines(figures(p99=PairedRatio(0)), ""))
    assert "p99: most blocks have fewer than 100 requests" in few


@pytest.mark.parametrize(
    ("ratios", "start"),
    [
        (
            {"throughput": ratio(1.12, 1.18)},
            "B is better: throughput faster by 12 to 18 %, p50 same within 3 %",
        ),
        ({"p99": ratio(1.12, 1.18)}, "A is better; B: throughput same"),
        ({}, "no difference beyond 3 %"),
        ({"p50": ratio(0.8, 0.9), "p99": ratio(1.1, 1.2)}, "B is better in one figure and worse in another"),
        ({"p99": ratio(0.9, 1.2)}, "a difference could not be told"),
        ({"p99": PairedRatio(0, confidence=0.9875)}, "no difference beyond 3 %: throughput same within 3 %, p50 same"),
    ],
)
def test_the_sentence(ratios: dict[str, PairedRatio], start: str) -> None:
    assert summary_sentence(figures(**ratios)).startswith(start)


def test_the_sentence_of_what_broke_off() -> None:
    found = figures()
    state = TrialState(found.state.began, ended=TrialEnded(t_ns=S, trial=1, reason="cancelled"))
    cancelled = TrialFigures(state, 12, found.sides, found.verdicts)
    assert summary_sentence(cancelled).startswith("ended before its time; no difference")
    few = PairedRatio(3, 1.0, confidence=0.9875)
    short = TrialFigures(found.state, 3, found.sides, {name: judge(few, "lower") for name in found.verdicts})
    assert summary_sentence(short).startswith("3 pairs of blocks: too few to compare, an interval needs 8")
    none = TrialFigures(state, 0, found.sides, found.verdicts)
    assert summary_sentence(none) == "ended before its time; nothing was compared"


def test_the_progress_counts_on_from_what_is_resumed() -> None:
    found = figures()
    blocks = [TrialBlock(10 * S, 11 * S), TrialBlock(11 * S, 12 * S)]
    turn = TrialTurn(
        t_ns=9 * S,
        trial=1,
        side="B",
        engine=2,
        segment=2,
        blocks=blocks,
        first_block=2,
        planned_blocks=16,
        ends_ns=23 * S,
    )
    running = TrialFigures(TrialState(found.state.began, [turn]), 0, found.sides, found.verdicts)
    assert progress_line(running, 10 * S + 1, 4).startswith("block 6 of 20 · B serves · about 13 s left")
    assert progress_line(running, 11 * S + 1).startswith("block 3 of 16 ")


@pytest.mark.parametrize(
    ("condition", "low", "high", "state"),
    [
        ("p99>+5%", 1.06, 1.2, "true"),
        ("p99>+5%", 1.04, 1.2, "unknown"),
        ("p99>+5%", 0.99, 1.04, "false"),
        ("throughput<-3%", 0.90, 0.96, "true"),
        ("throughput<-3%", 0.90, 0.98, "unknown"),
        ("joules>+10%", 1.12, 1.2, "true"),
    ],
)
def test_a_condition_is_true_where_the_whole_interval_is(condition: str, low: float, high: float, state: str) -> None:
    fail_if = parse_fail_if(condition)
    name = "energy" if fail_if.figure == "joules" else fail_if.figure
    result = condition_result(fail_if, figures(**{name: ratio(low, high)}))
    assert result.state == state
    assert f"{100 * (low - 1):+.1f} to {100 * (high - 1):+.1f} %" in result.text


def test_a_condition_counts_the_luck_of_two_engines() -> None:
    of = figures(p50=ratio(1.06, 1.08))
    lucky = msgspec.structs.replace(of.state.began, luck=0.023)
    condition = parse_fail_if("p50>+5.5%")
    assert condition_result(condition, of).state == "true"
    assert condition_result(condition, replace(of, state=replace(of.state, began=lucky))).state == "unknown"


def test_without_an_interval_a_condition_cannot_be_told() -> None:
    assert condition_result(parse_fail_if("joules>+10%"), figures()).state == "unknown"
    assert condition_result(parse_fail_if("p99>+5%"), None).state == "unknown"


def test_a_figure_that_is_not_known_passes_no_gate_and_a_wide_interval_does() -> None:
    condition = parse_fail_if("p99>+5%")
    assert fails(condition_result(condition, None))
    assert fails(condition_result(parse_fail_if("joules>+10%"), figures()))
    assert fails(condition_result(condition, figures(p99=ratio(1.06, 1.2))))
    assert not fails(condition_result(condition, figures(p99=ratio(0.9, 1.2))))
    assert not fails(condition_result(condition, figures(p99=ratio(0.9, 1.04))))


def test_the_json_has_all_of_it() -> None:
    told = msgspec.to_builtins(ab_result(figures(energy=ratio(0.8, 0.9)), [parse_fail_if("p99>+5%")], "/x.ovtui"))
    assert set(told) == {"kind", "ovtui", "recording", "comparison", "no_huge_pages", "fail_if", "text"}
    assert set(told["comparison"]["ratios"]) == {"throughput", "p50", "p90", "p99", "energy"}
    assert told["comparison"]["power_source"] == "cpu_watts"
    assert told["comparison"]["confidence"] == 0.9875
    assert told["fail_if"][0]["state"] == "false"
    assert msgspec.to_builtins(ab_result(None, [], "", "why"))["text"] == "why"


def test_columns_stay_apart_whatever_the_interval() -> None:
    lines = table_lines(figures(p90=ratio(0.93, 22.4)))
    begins = {line.index(word) for line, word in zip(lines, ["verdict", *["same"] * 2, "cannot", "same"], strict=False)}
    assert len(begins) == 1
    assert "times)  cannot tell" in lines[3]


def test_too_few_blocks_name_the_option_that_gives_more() -> None:
    few = PairedRatio(2, 1.0, None, None, None, 0.9875)
    found = figures(pairs=2, throughput=few, p50=few, p90=few, p99=few)
    assert summary_sentence(found).endswith("an interval needs 8; give it more time (--limit)")
    fixed = msgspec.structs.replace(found.state.began, limit_s=0.0)
    found = replace(found, state=replace(found.state, began=fixed))
    assert summary_sentence(found).endswith("an interval needs 8; give it --blocks 16 or more")
