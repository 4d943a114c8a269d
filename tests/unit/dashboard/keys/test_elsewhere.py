"""A key that does nothing in the view in front says where it works."""

from __future__ import annotations

from stage import Stage, on_stage

from ovtui.dashboard.keys.commands import Scope
from ovtui.dashboard.keys.elsewhere import elsewhere
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.dashboard.views.event_line import EventLine


def test_where_a_key_works() -> None:
    keys = KeyBindings()
    here = (Scope.OVERVIEW, Scope.TABLE)
    assert elsewhere("b", keys, here).startswith("b: batch in view 3")
    assert elsewhere("c", keys, here).startswith("c: compare in view 4")
    assert elsewhere("n", keys, here).startswith("n: engine in view 5")
    assert elsewhere("z", keys, (Scope.DISTRIBUTION,)) == "z: zoom in view 1, zoom in view 3, pictures in view 7"
    assert elsewhere("7", keys, here) == ""


def test_the_event_line_answers_a_key_of_another_view() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("B")
        assert "B: next batch in view 3" in stage.text(EventLine)
        await stage.press("m")  # a key of this view
        assert "latency shown" in stage.text(EventLine)
        await stage.press("2", "c")
        assert "c: compare in view 4" in stage.text(EventLine)

    on_stage(act)
