"""Facts of boxes side by side, and the doctors' table."""

from __future__ import annotations

import json

import msgspec
import pytest

from ovtui.cli.fleet.doctor_text import json_of, print_reports
from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.compared_facts import by_kind, compared_facts
from ovtui.records.doctor import Cause, Chain, DoctorReport, Finding
from ovtui.records.fleet import BoxFacts

CAUSE = Cause(device="GPU", link="groups", cause="not-in-group", text="not in group render", command="sudo usermod me")
CPU = Chain(
    device="CPU", kind="CPU", name="A CPU", present=True, supported=True, works=True, first_cause=None, links=[]
)  # fmt: skip
GPU = Chain(
    device="GPU", kind="GPU", name="A GPU", present=True, supported=True, works=False, first_cause=CAUSE, links=[]
)  # fmt: skip
SLOW = Finding(name="clock", mark="warning", found="governor powersave", command="echo performance")
REPORT = DoctorReport(
    schema=1, ovtui="0.1.0", openvino="2026.4.1", healthy=True, took_s=1.0, chains=[CPU], machine=[],
    kind="i5, 4 cores", facts={"hostname": "a", "kernel": "6.8", "governor": "performance"},
)  # fmt: skip


def _report(**changes: object) -> DoctorReport:
    return msgspec.structs.replace(REPORT, **changes)


def _facts(**facts: str) -> BoxFacts:
    return BoxFacts(kind="k", facts=facts)


def test_only_what_differs_is_compared() -> None:
    boxes = {"a": _facts(hostname="a", cpu="x", kernel="1"), "b": _facts(hostname="b", cpu="x", kernel="2", turbo="on")}
    assert {each.name: each.values for each in compared_facts(boxes, ["a", "b"])} == {
        "kernel": {"a": "1", "b": "2"},
        "turbo": {"a": "", "b": "on"},
    }
    assert [each.name for each in compared_facts(boxes, ["a", "b"], every=True)] == [
        "hostname",
        "cpu",
        "kernel",
        "turbo",
    ]
    assert compared_facts(boxes, ["a"]) == []


def test_the_most_frequent_value_comes_first() -> None:
    boxes = {name: _facts(kernel="1" if name == "b" else "2") for name in "abc"}
    assert compared_facts(boxes, list("abc"))[0].by_value == [("2", ["a", "c"]), ("1", ["b"])]
    assert by_kind({"a": BoxFacts(kind="x", facts={}), "b": _facts(), "c": BoxFacts(kind="x", facts={})}) == {
        "x": ["a", "c"], "k": ["b"],
    }  # fmt: skip


def _printed(capsys: pytest.CaptureFixture[str], reports: dict[str, DoctorReport], width: int = 80) -> str:
    print_reports({name: Box(name=name) for name in reports}, reports, width, all_facts=False)
    return capsys.readouterr().out


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    slow = _report(machine=[SLOW], facts={**REPORT.facts, "governor": "powersave"})
    ill = _report(kind="other", healthy=False, chains=[CPU, GPU])
    assert _printed(capsys, {"one": _report(), "two": slow, "three": ill}) == (
        "i5, 4 cores (2 boxes)\n"
        "  one  healthy, CPU\n"
        "  two  healthy, CPU; clock: governor powersave\n"
        "  type on two:  echo performance\n"
        "\n"
        "  they differ in  one          two\n"
        "  governor        performance  powersave\n"
        "\n"
        "other (1 box)\n"
        "  three  GPU: not in group render [groups]\n"
        "  type on three:  sudo usermod me\n"
    )


def test_of_many_boxes_the_values_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    reports = {f"box{number:02}": _report(facts={"kernel": "7" if number == 3 else "6.8"}) for number in range(20)}
    assert _printed(capsys, reports).splitlines()[-3:] == [
        "  they differ in",
        "  kernel          6.8  19 boxes",
        "                  7    box03",
    ]


def test_json_has_every_report_and_every_failure() -> None:
    found = {"one": _report(), "two": BoxError("silent", "no answer")}
    told = json.loads(json_of({name: Box(name=name) for name in found}, found))["boxes"]
    assert (told[0]["healthy"], told[0]["report"]["facts"], told[0]["error"]) == (True, REPORT.facts, None)
    assert (told[1]["report"], told[1]["error"]) == (None, {"kind": "silent", "text": "no answer"})
