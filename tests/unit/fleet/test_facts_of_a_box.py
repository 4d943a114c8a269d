"""A box's facts out of its doctor's report, whatever the box sends."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from harness.fake_line import FakeLine

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.on_box.facts import UNKNOWN_KIND, ask_facts
from ovtui.fleet.reach.line import Answer
from ovtui.records.doctor import Chain, DoctorReport, to_json

CPU = Chain(
    device="CPU", kind="CPU", name="A CPU", present=True, supported=True, works=True, first_cause=None, links=[]
)  # fmt: skip
REPORT = DoctorReport(
    schema=1, ovtui="0.1.0", openvino="2026.4.1", healthy=False, took_s=1.0, chains=[CPU], machine=[],
    kind="i5-1240P, 16 cores", facts={"cpu": "A CPU", "kernel": "6.8.0"},
)  # fmt: skip


def _asked(stdout: bytes, status: int = 0, box: Box | None = None) -> Any:
    line = FakeLine(answer=Answer(status, stdout, ""))
    return asyncio.run(ask_facts(line, box or Box(name="one")))  # type: ignore[arg-type]


def test_a_box_in_bad_health_has_facts_all_the_same() -> None:
    found = _asked(to_json(REPORT), status=1)
    assert (found.kind, found.facts) == ("i5-1240P, 16 cores", {"cpu": "A CPU", "kernel": "6.8.0"})


def test_the_inventorys_kind_wins() -> None:
    assert _asked(to_json(REPORT), box=Box(name="one", kind="edge")).kind == "edge"


def test_an_ovtui_that_told_no_facts() -> None:
    told: dict[str, Any] = msgspec.to_builtins(REPORT)
    del told["kind"], told["facts"]
    found = _asked(msgspec.json.encode(told))
    assert (found.kind, found.facts) == ("A CPU", {"cpu": "A CPU", "openvino": "2026.4.1", "ovtui": "0.1.0"})
    told["chains"] = []
    assert _asked(msgspec.json.encode(told)).kind == UNKNOWN_KIND


def test_what_a_box_says_is_cleaned_and_capped() -> None:
    facts = {f"{number}": "x" for number in range(500)} | {}
    facts["0"] = "\x1b]0;renamed\x07" + "y" * 10_000
    found = _asked(to_json(msgspec.structs.replace(REPORT, facts=facts, kind="\x1b[2J" + "k" * 999)))
    assert len(found.facts) == 100
    assert found.facts["0"].startswith(r"\x1b]0;renamed\x07")
    assert max(map(len, [*found.facts.values(), found.kind])) <= 300
    assert found.kind.isprintable()


@pytest.mark.parametrize("printed", [b"", b"Welcome!\n", b"\xff\xfe", b"[" * 100_000, b'{"schema": "one"}'])
def test_no_report_is_a_sentence(printed: bytes) -> None:
    with pytest.raises(BoxError, match="no report that this ovtui reads; ovtui fleet push") as raised:
        _asked(printed)
    assert raised.value.kind == "old-ovtui"
