"""A failure that suggests settings: it is shown whole, and one key stages them."""

from __future__ import annotations

import pytest
from fake_source import MACHINE, SECOND, FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.records.events import EngineFailed, EngineSpawned, Refused, SessionBegan
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

SHAPE = ",".join(f"past_key_values.{n}.key[1,4,0,8]" for n in range(12))
SETTINGS = Settings(model="decoder.xml", device="CPU")
REASON = f"the model has inputs of dynamic shape; give them with --shape '{SHAPE}', which has carried an inference"


class Failing(FakeSource):
    """Its first engine cannot start."""

    def _begin(self) -> None:
        self._script += [
            SessionBegan(t_ns=0, session="test", ovtui="0", started_at_s=0.0, machine=MACHINE, settings=self.settings),
            EngineSpawned(t_ns=0, engine=1, pid=1001, settings=self.settings, changes=[]),
            failed(1),
        ]


def failed(engine: int) -> EngineFailed:
    return EngineFailed(t_ns=SECOND // 4, engine=engine, reason=REASON, suggestion={"shape": SHAPE})


def unwrapped(text: str) -> str:
    return "".join(line.strip() for line in text.splitlines()).replace(" ", "")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_first_engine_failed_and_its_suggestion_runs(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        shown = stage.text(EventLine)
        assert SHAPE in unwrapped(shown)
        assert all(len(line) <= size[0] for line in shown.splitlines())
        assert shown.count("\n") + 1 == stage.app.overview.query_one(EventLine).size.height
        assert "A puts it into the settings" in " ".join(shown.split())
        assert "A adopt" in stage.text(Footer)
        await stage.press("4")
        await stage.advance(0.25)
        assert SHAPE in unwrapped(stage.text(EventLine))
        await stage.press("A")
        assert stage.app.view is stage.app.overview
        assert stage.app.staging.staged == {"shape": SHAPE}
        assert "*shape" in stage.row("shape")
        assert "staged: shape; x applies" in stage.text(EventLine)
        await stage.press("x")
        assert stage.source.applied == [with_changes(SETTINGS, {"shape": SHAPE})]
        await stage.advance(3)
        assert "FAILED" not in stage.text(EventLine)
        assert "A adopt" not in stage.text(Footer)
        assert stage.app.overview.query_one(EventLine).size.height <= 2
        await stage.press("A")
        assert "nothing is suggested" in stage.text(EventLine)

    on_stage(act, Failing(settings=SETTINGS, handover_s=None), size)


def test_after_a_refused_change_it_is_staged_beside_the_change() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(3)
        stage.app.staging.stage({"model": "decoder.xml"})
        wanted, now_ns = stage.app.staging.apply(), stage.source.now_ns
        spawned = EngineSpawned(t_ns=now_ns, engine=2, pid=1002, settings=wanted, changes=["model"])
        refused = Refused(t_ns=now_ns, settings=wanted, changes=["model"], reason=REASON)
        stage.source.tell(spawned, failed(2), refused)
        await stage.advance(0.5)
        assert stage.app.digest.session_state.phase == "serving"
        assert SHAPE in unwrapped(stage.text(EventLine))
        await stage.press("A")
        assert stage.app.staging.staged == {"model": "decoder.xml", "shape": SHAPE}

    on_stage(act, FakeSource(handover_s=None))


def test_a_replay_stages_nothing() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        await stage.press("A")
        assert not stage.app.staging.staged
        assert "nothing can be changed here" in stage.text(EventLine)

    source = Failing(settings=SETTINGS, handover_s=None)
    source.read_only = True
    on_stage(act, source)
