"""The line that says what goes on at boxes that are asked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ovtui.cli.fleet import asked_boxes
from ovtui.cli.fleet.asked_boxes import Doing, _line, ask_boxes
from ovtui.fleet.box import Box
from ovtui.fleet.reach.opening import ReachOptions


def test_what_takes_long_is_told_with_its_boxes_and_its_time() -> None:
    doing = {
        "b1": Doing("sending", 30_000_000, 84_000_000, 95.0),
        "b2": Doing("sending", 10_000_000, 84_000_000, 96.0),
        "b3": Doing("installing", 0, 0, 60.0),
    }
    assert _line(5, {"b4": True, "b5": False}, doing, 100.0) == (
        "1 of 5 boxes done, 1 failed; 2 sending (40 of 168 MB), 1 installing (b3, 40 s)"
    )
    many = {f"b{number}": Doing("installing", 0, 0, 10.0) for number in range(4)}
    assert _line(4, {}, many, 100.0) == "0 of 4 boxes done; 4 installing (90 s)"


def test_it_is_told_also_while_nothing_comes_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """pip on a box says nothing for minutes."""
    monkeypatch.setattr(asked_boxes, "_TICK_S", 0.0)
    monkeypatch.setattr(asked_boxes, "_LOG_S", 0.0)
    told: list[str] = []

    class Line:
        async def close(self) -> None:
            pass

    async def on_every_box(boxes: Any, _options: Any, _jobs: int, work: Any, ended: Any) -> dict[str, Any]:
        found = await work(Line(), boxes[0])
        ended(boxes[0], found)
        return {boxes[0].name: found}

    async def work(_line: Any, _box: Box, tell: Any) -> str:
        tell("installing", 0, 0)
        capsys.readouterr()
        while not told:
            await asyncio.sleep(0)
            told.extend(capsys.readouterr().err.splitlines())
        return "fine"

    monkeypatch.setattr("ovtui.fleet.on_every_box.on_every_box", on_every_box)
    assert ask_boxes([Box(name="b1")], ReachOptions(), 1, work) == {"b1": "fine"}
    assert told[0] == "0 of 1 boxes done; 1 installing"
