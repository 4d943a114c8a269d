"""The same work on many boxes: what goes wrong with one harms no other, and every line is closed."""

from __future__ import annotations

import asyncio
from typing import Any

from harness.fake_line import FakeLine

from ovtui.fleet.box import Box, BoxError, FleetError
from ovtui.fleet.on_every_box import on_every_box
from ovtui.fleet.reach.opening import ReachOptions

FAULTS = {
    "refused": BoxError("refused", "no"),
    "whole": FleetError("a sentence"),
    "here": OSError(28, "No space left on device", "/tmp/a\x1bb"),
}


def test_each_has_its_own_end() -> None:
    names = ["fine", *FAULTS, "dead"]
    lines: list[FakeLine] = []
    told: dict[str, Any] = {}
    most = now = 0

    async def open_one(box: Box, _: ReachOptions) -> Any:
        if box.name == "dead":
            raise BoxError("unreachable", "nobody is there")
        lines.append(FakeLine(box))
        return lines[-1]

    async def work(line: Any, box: Box) -> str:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        assert line.box is box
        if box.name in FAULTS:
            raise FAULTS[box.name]
        return "done"

    boxes = [Box(name=name) for name in names]
    ended = lambda box, result: told.__setitem__(box.name, result)  # noqa: E731
    found = asyncio.run(on_every_box(boxes, ReachOptions(), 2, work, ended, open_one))
    assert list(found) == names
    assert told == found
    assert (found["fine"], most) == ("done", 2)
    texts = {name: each.text for name, each in found.items() if isinstance(each, BoxError)}
    assert texts == {
        "refused": "no",
        "whole": "a sentence",
        "here": r"here: /tmp/a\x1bb: No space left on device",
        "dead": "nobody is there",
    }
    assert {line.box.name: line.closed for line in lines} == dict.fromkeys(["fine", *FAULTS], True)
