"""Where the engine has failed, tables and plots do not say that requests are still to come."""

from __future__ import annotations

import pytest
from fake_source import SECOND, FakeSource
from stage import Stage, on_stage
from test_first_paint_of_a_view import painted_lines

from ovtui.records.events import EngineFailed


@pytest.mark.parametrize("replayed", [False, True])
def test_every_view_says_what_happened_and_the_key(*, replayed: bool) -> None:
    source = FakeSource(replayed=replayed)
    source.rate = 0.0

    async def act(stage: Stage) -> None:
        await stage.advance(1)
        source.tell(EngineFailed(t_ns=SECOND, engine=1, reason="its shape is open"))
        await stage.advance(2)
        for digit in "1234":
            await stage.press(digit)
            text = "\n".join(painted_lines(stage.app.screen))
            assert "the engine has failed: no request ran" in text
            assert ("s settings, R restarts" in text) is not replayed
            assert "no requests yet" not in text
            assert "no request has completed yet" not in text

    on_stage(act, source)
