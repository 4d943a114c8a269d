"""How long the answer to a key stands in the event line, where something happens meanwhile."""

from __future__ import annotations

import pytest
from fake_source import SECOND, FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.views.event_line import EventLine
from ovtui.records.events import EngineExited, Event, ThrottleBegan

THROTTLED = ThrottleBegan(t_ns=5 * SECOND, source="gpu", reasons=["thermal"])
DIED = EngineExited(t_ns=5 * SECOND, engine=1, expected=False, signal="SIGKILL", code=-9)


@pytest.mark.parametrize(("event", "seen", "later"), [(THROTTLED, "latency shown", "the GPU is throttled"),
                                                      (DIED, "engine died", "engine died")])  # fmt: skip
def test_an_answer_is_seen_though_an_event_comes_with_it(event: Event, seen: str, later: str) -> None:
    source = FakeSource()

    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("m")
        source.tell(event)
        await stage.advance(0.1)
        assert seen in stage.text(EventLine)
        await stage.advance(2)
        assert later in stage.text(EventLine)
        assert "latency shown" not in stage.text(EventLine)

    on_stage(act, source)
