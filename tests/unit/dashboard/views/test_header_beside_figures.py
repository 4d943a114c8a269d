"""The header's figures are those that the view below shows, in every frame."""

from __future__ import annotations

import re

import pytest
from fake_source import FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.overview.figures import FiguresPanel
from ovtui.dashboard.views.header import Header
from ovtui.records.record import Flag
from ovtui.records.source import Update


class Failing(FakeSource):
    """Every third request fails, from the fifth second on every other one."""

    def poll(self) -> Update:
        update = super().poll()
        rows = update.records
        every = 3 if update.now_ns < 5_000_000_000 else 2
        rows["flags"][rows["seq"] % every == 0] = Flag.ERROR
        return update


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_the_share_of_failed_requests_is_the_same_twice(size: tuple[int, int]) -> None:
    """The header was drawn in every frame and said 50.2 %, the figures in every second one and said 50.0 %."""
    seen: set[str] = set()

    async def act(stage: Stage) -> None:
        await stage.advance(4)
        for _ in range(16):
            await stage.advance(0.25)
            header, figures = (re.findall(r"([\d.]+ %) failed", stage.text(panel)) for panel in (Header, FiguresPanel))
            assert header == figures
            seen.update(header)

    on_stage(act, Failing(handover_s=None, batch=1), size)
    assert len(seen) > 4, "it never changed"
