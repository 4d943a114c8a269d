"""A run on a box that is stopped before it has taken its first step."""

from __future__ import annotations

import asyncio

import pytest

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach.line import Line
from ovtui.fleet.running.box_run import BoxRun
from ovtui.fleet.running.held_line import HeldLine
from ovtui.fleet.running.measure_options import MeasureOptions
from ovtui.records.fleet import BoxState
from ovtui.settings.schema.settings import Settings


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_stop_counts_however_early_it_comes(steps: int) -> None:
    opened: list[str] = []

    async def opening(box: Box) -> Line:
        opened.append(box.name)
        await asyncio.Event().wait()
        raise AssertionError

    async def stopped() -> None:
        state = BoxState(name="a")
        run = BoxRun(HeldLine(Box(name="a"), opening), Settings(model="demo-mlp", duration_s=1.0),
                     MeasureOptions(run="x"), state=state, changed=lambda _: None)  # fmt: skip
        task = asyncio.ensure_future(run.measure())
        for _ in range(steps):
            await asyncio.sleep(0)
        run.stop()
        with pytest.raises(BoxError) as error:
            await asyncio.wait_for(task, 10.0)
        assert error.value.kind == "interrupted"

    asyncio.run(stopped())
    assert len(opened) <= 1
