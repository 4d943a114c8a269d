"""A run on many boxes as sentences, JSON and documents: all of one and the same."""

from __future__ import annotations

import re

import msgspec
import pytest
from metrics.fleet.fleet_samples import box

from ovtui.metrics.fleet.document import fleet_html, fleet_markdown
from ovtui.metrics.fleet.odd_one import compare_kinds, odd_of
from ovtui.metrics.fleet.report import fleet_report
from ovtui.metrics.fleet.result_lines import result_lines
from ovtui.metrics.fleet.schema import FleetReport, json_schema, to_json
from ovtui.metrics.fleet.text import result_sentences, summary_text
from ovtui.records.fleet import BoxState
from ovtui.settings.schema.settings import Settings
from ovtui.settings.shown_text import shown, width_of

HOSTILE = "<b>\x1b[31m|`x`\n[a](http://b)"


def fleet() -> list[BoxState]:
    return [
        *(box(f"box{number}", by=1 + 0.004 * number) for number in range(13)),
        box("slow1", by=1.5, facts={"governor": "powersave"}),
        box("slow2", by=1.6),
        *(box(f"dead{number}", phase="failed", result=None, code=None, text=f"reason {number}") for number in range(5)),
    ]


def summary(states: list[BoxState]) -> str:
    kinds = compare_kinds(states)
    return summary_text(states, kinds, odd_of(kinds))


def test_all_of_it_in_a_line() -> None:
    assert summary(fleet()) == "15 of 20 boxes: 13 alike, 2 differ; 5 failed"
    assert summary([box("a")]) == "1 of 1 box: 1 not compared"
    assert summary([box("a", count=4), box("b", count=4), box("c", count=4, code=3)]) == (
        "3 of 3 boxes: 3 not compared; 1 missed a limit"
    )
    assert summary([box("a", phase="running", result={}), box("b", phase="failed", code=None, result={})]) == (
        "0 of 2 boxes done; 1 failed; 1 not finished"
    )
    assert summary([]) == "0 of 0 boxes done"


def test_a_sentence_for_each_box_that_differs_or_failed() -> None:
    kinds = compare_kinds(fleet())
    names = [name for name, _ in result_sentences(fleet(), kinds, odd_of(kinds))]
    assert names == ["slow1", "slow2", *(f"dead{number}" for number in range(5))]


@pytest.mark.parametrize(
    ("states", "text"),
    [
        (
            [box("a"), box("b", by=1.5)],
            r"2 boxes: b against a: throughput -3\d % \(.*of two neither can be called",
        ),
        ([box("a")], "1 box: nothing to compare it with"),
        ([box(name, count=5) for name in "abc"], "3 boxes: too few blocks to compare, which takes 16 s of load"),
        ([box("a"), box("b", phase="failed", result={})], "1 of 2 boxes: nothing to compare it with"),
        ([box("a", blocks=[]), box("b", blocks=[])], "2 boxes: nothing to hold b and a against each other by"),
    ],
)
def test_what_cannot_be_told_is_said(states: list[BoxState], text: str) -> None:
    kinds = compare_kinds(states)
    told = [sentence for name, sentence in result_sentences(states, kinds, {}) if name == kinds[0].group.kind]
    assert len(told) == 1
    assert re.match(text, told[0])


def test_the_printed_lines_have_the_table_the_sentences_and_the_summary() -> None:
    lines = result_lines(fleet(), 80, wrapped=True)
    assert max(map(width_of, lines)) <= 80
    assert lines[-1] == "15 of 20 boxes: 13 alike, 2 differ; 5 failed"
    assert sum(line.startswith("dead") for line in lines) == 10
    assert not any("ovtui compare" in line for line in lines)
    states = fleet()
    states[0].recording = "x.ovtui"
    assert any(line.startswith("ovtui compare A B") for line in result_lines(states, 80))


def test_every_key_of_the_json_is_always_there() -> None:
    for states in ([], [BoxState(name="a")], fleet()):
        report = fleet_report(states, code=1, run="2026-11-30-abc", addresses={"box0": "10.0.0.7"})
        plain = msgspec.json.decode(to_json(report))
        assert set(plain) == {field.name for field in msgspec.structs.fields(FleetReport)}
        assert msgspec.convert(plain, FleetReport) == report


def test_the_json_has_the_figures_and_the_odd_ones() -> None:
    report = fleet_report(fleet(), code=1, addresses={"box0": "10.0.0.7"}, settings=Settings())
    by_name = {each.name: each for each in report.boxes}
    assert by_name["box0"].address == "10.0.0.7"
    assert by_name["box1"].address is None
    assert by_name["box0"].figures.p50_ms == 10.0
    assert [each.outcome for each in report.boxes].count("failed") == 5
    odd = by_name["slow1"].odd
    assert odd is not None
    assert odd.reasons == ["governor powersave (others performance)"]
    assert {each.figure: each.odd for each in by_name["slow1"].differences}[odd.figure]
    assert by_name["box0"].odd is None
    (kind,) = report.kinds
    assert kind.medians.p50_ms == pytest.approx(10.28, abs=0.05)
    spread = kind.spread["p50"]
    assert spread is not None
    assert 0 < spread < 0.3
    assert kind.compared == 15


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [({"code": 3}, "missed"), ({"code": 130}, "interrupted"), ({"phase": "running", "code": None}, "unfinished")],
)
def test_the_outcome_of_a_box(changed: dict[str, object], outcome: str) -> None:
    state = msgspec.structs.replace(box("a"), **changed)
    assert fleet_report([state], code=0).boxes[0].outcome == outcome


def test_the_schema_names_every_part() -> None:
    schema = msgspec.json.decode(json_schema())
    assert {"FleetReport", "BoxResult", "OddResult", "KindResult", "BoxFigures"} <= set(schema["$defs"])


def test_the_documents_have_every_box_and_every_reason() -> None:
    report = fleet_report(fleet(), code=1, began_s=1.8e9, ended_s=1.8e9 + 61, run="r1", settings=Settings())
    for text in (fleet_markdown(report), fleet_html(report)):
        for name in (*(each.name for each in report.boxes), "governor", "reason 4", "r1", "61.0 s", "15 of 20 boxes"):
            assert name in text
    page = fleet_html(report)
    assert page.count("<svg") == 2
    assert not re.search(r"<script|<link|src=|@import|url\(", page)


def test_what_comes_from_boxes_stays_text_in_the_documents() -> None:
    states = [
        *(box(f"{HOSTILE}{number}", kind=HOSTILE, facts={HOSTILE: HOSTILE}) for number in range(5)),
        box("odd", by=2.0, kind=HOSTILE, facts={"x": HOSTILE}),
        box("dead", kind="", phase="failed", text=HOSTILE, result={}),
    ]
    report = fleet_report(states, code=1)
    page, lines = fleet_html(report), fleet_markdown(report)
    assert "<b>" not in page
    for text in (page, lines):
        assert shown(text.replace("\n", "")) == text.replace("\n", "")
    assert "<b>" not in lines.replace(r"\<b\>", "")
    assert "[a](" not in lines


def test_a_plot_of_two_hundred_boxes_has_those_that_differ() -> None:
    states = [box(f"box{number}", noise=0.01) for number in range(100)] + [box("slow", by=1.5)]
    page = fleet_html(fleet_report(states, code=0))
    assert page.count("<rect") == 2 * 60
    assert page.count('class="bar a"') == 2
    assert "41 more boxes are not drawn" in page
