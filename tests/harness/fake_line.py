"""A line to no box: it answers every script with the same, and remembers what it was asked."""

from __future__ import annotations

from typing import Any

from ovtui.fleet.box import Box
from ovtui.fleet.reach.line import Answer


class FakeLine:
    def __init__(self, box: Box | None = None, answer: Answer | None = None) -> None:
        self.box = box or Box(name="box")
        self.answer = answer or Answer(0, b"", "")
        self.scripts: list[str] = []
        self.closed = False

    async def run(self, script: str, **_: Any) -> Answer:
        self.scripts.append(script)
        return self.answer

    async def close(self) -> None:
        self.closed = True
