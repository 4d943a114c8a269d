"""A run of a fleet without SSH: boxes of `harness/local_line.py` with a fake ovtui, and a state folder of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from harness.box_processes import end_processes_at
from harness.fake_ovtui import write_fake_ovtui
from harness.local_line import LocalBox, LocalLine

from ovtui.fleet.box import Box
from ovtui.fleet.running.controller import FleetController
from ovtui.fleet.running.run_folder import FleetBrief, RunFolder, find_run
from ovtui.records.fleet import BoxState
from ovtui.settings.schema.settings import Settings

LIMIT_S = 120.0


class LocalFleet:
    def __init__(
        self, folder: Path, names: Sequence[str], monkeypatch: pytest.MonkeyPatch, *, length_s: float | None = 0.0
    ) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
        monkeypatch.setenv("HOME", str(folder / "home"))
        (folder / "home").mkdir()
        self.boxes = {name: LocalBox(folder / "boxes", name) for name in names}
        for box in self.boxes.values():
            write_fake_ovtui(box.bin / "ovtui", length_s=length_s, every_s=0.02)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end_processes_at(box.home for box in self.boxes.values())

    def __getitem__(self, name: str) -> LocalBox:
        return self.boxes[name]

    async def open(self, box: Box) -> LocalLine:
        return await self.boxes[box.name].open(box)

    def brief(self, **more: Any) -> FleetBrief:
        given: dict[str, Any] = {
            "name": "r1", "began_s": 1.0, "boxes": tuple(box.box for box in self.boxes.values()),
            "settings": Settings(model="demo-mlp", device="CPU", requests=20), "jobs": 4, "every_s": 0.1,
            "patience_s": 20.0,
        }  # fmt: skip
        return FleetBrief(**(given | more))

    def new(self, changed: Callable[[BoxState], None] = lambda _: None, **more: Any) -> FleetController:
        return FleetController(RunFolder.make(self.brief(**more)), self.open, changed=changed)

    def resumed(self) -> FleetController:
        return FleetController(RunFolder.take(find_run("")), self.open)

    def run(self, controller: FleetController) -> dict[str, BoxState]:
        """To its end; gives the folder back. Raises AssertionError where it comes to none."""
        try:
            asyncio.run(asyncio.wait_for(controller.run(), LIMIT_S))
        except TimeoutError:
            raise AssertionError([(state.name, state.phase, state.text) for state in controller.states]) from None
        return self.close(controller)

    def close(self, controller: FleetController) -> dict[str, BoxState]:
        controller._folder.close()
        return {state.name: state for state in controller.states}

    def left_there(self, name: str) -> list[str]:
        """What of the fleet is in the box's HOME."""
        state = self.boxes[name].home / ".local" / "state" / "ovtui" / "fleet"
        return sorted(str(path.relative_to(state)) for path in state.rglob("*"))
