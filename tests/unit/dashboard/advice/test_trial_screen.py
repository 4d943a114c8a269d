"""The trial of an advice on the screen: asked for, followed, decided."""

from __future__ import annotations

import pytest
from fake_source import SECOND, FakeSource
from stage import Stage, on_stage
from textual.widgets import Static

from ovtui.dashboard.advice.trial_screen import TrialScreen
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.header import Header
from ovtui.metrics.advice.advice import Advice
from ovtui.records.events import Refused, TrialBegan, TrialBlock, TrialEnded, TrialTurn
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

SETTINGS = Settings(device="CPU", nireq=16)
TRIED = with_changes(SETTINGS, {"nireq": 4})
FEWER = Advice("few", "info", "16 requests in flight only wait for each other", "p50 is 31 ms", {"nireq": 4})


def source(**about: object) -> FakeSource:
    return FakeSource(settings=SETTINGS, handover_s=None, batch=1, **about)  # type: ignore[arg-type]


async def try_advice(stage: Stage) -> None:
    stage.app.advisor.update = lambda: None
    stage.app.advisor.advice = [FEWER]
    await stage.advance(5)
    await stage.press("v", "t")


def shown(stage: Stage) -> str:
    assert isinstance(stage.app.screen, TrialScreen)
    return str(stage.app.screen.query_one("#trial", Static).render())


async def begin(stage: Stage) -> None:
    now_ns = stage.source.now_ns
    stage.source.tell(
        TrialBegan(t_ns=now_ns, trial=1, engine=2, a=SETTINGS, b=TRIED, changes=["in flight 16→4"], limit_s=30.0)
    )
    await stage.advance(0.25)


async def run_blocks(stage: Stage, pairs: int) -> None:
    """Both sides are the source's only segment: the same load, so that nothing differs."""
    segment = stage.app.digest.session_state.segments[-1].segment
    for number in range(1, 2 * pairs + 1):
        now_ns = stage.source.now_ns
        side = "ABBA"[(number - 1) % 4]
        block = TrialBlock(now_ns, now_ns + SECOND)
        stage.source.tell(
            TrialTurn(
                t_ns=now_ns, trial=1, side=side, engine=1, segment=segment, blocks=[block], first_block=number,
                planned_blocks=2 * pairs, ends_ns=now_ns + (2 * pairs + 1 - number) * SECOND,
            )
        )  # fmt: skip
        await stage.advance(1)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_a_trial_from_the_key_to_the_decision(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await try_advice(stage)
        assert stage.source.tried == [TRIED]
        assert shown(stage) == "the trial begins"
        await begin(stage)
        assert "engine 2 compiles the settings on trial" in shown(stage)
        await run_blocks(stage, 12)
        assert "block 24 of 24 · A, as it was, now · about 1 s left" in shown(stage)
        await stage.press("V")
        assert not isinstance(stage.app.screen, TrialScreen)
        await stage.advance(0.25)
        assert "TRIAL  trial: block 24 of 24" in stage.text(EventLine)
        assert "trial: A" in stage.text(Header)
        await stage.press("enter")
        assert stage.source.applied == [], "only its page decides"
        stage.source.tell(TrialEnded(t_ns=stage.source.now_ns, trial=1, reason="done"))
        await stage.press("V")
        await stage.advance(0.25)
        text = shown(stage)
        assert "no difference beyond 3 %" in text
        assert "same within 3 %" in text
        assert "12 pairs of blocks" in text
        assert "enter: keep the settings on trial · esc: keep what was" in text
        assert max(map(len, text.split("\n"))) <= 74
        await stage.press("enter")
        assert stage.source.applied == [TRIED]
        assert not isinstance(stage.app.screen, TrialScreen)

    on_stage(act, source(), size)


def test_escape_cancels_a_trial_and_after_it_keeps_what_was() -> None:
    async def act(stage: Stage) -> None:
        await try_advice(stage)
        await begin(stage)
        await stage.press("escape")
        assert stage.source.trial_ends == [False]
        assert isinstance(stage.app.screen, TrialScreen)
        stage.source.tell(TrialEnded(t_ns=stage.source.now_ns, trial=1, reason="cancelled"))
        await stage.advance(0.25)
        assert "the trial was cancelled" in shown(stage)
        await stage.press("escape")
        assert not isinstance(stage.app.screen, TrialScreen)
        assert stage.source.applied == []

    on_stage(act, source())


def test_a_trial_that_has_nothing_more_to_find_out_is_ended_once() -> None:
    async def act(stage: Stage) -> None:
        await try_advice(stage)
        await begin(stage)
        await run_blocks(stage, 12)
        assert stage.source.trial_ends == [True]

    on_stage(act, source())


def test_a_refused_trial_says_why() -> None:
    async def act(stage: Stage) -> None:
        await try_advice(stage)
        about = {"settings": TRIED, "changes": ["in flight 16→4"]}
        stage.source.tell(Refused(t_ns=stage.source.now_ns, reason="a trial needs a load that runs", **about))
        await stage.advance(0.25)
        assert "a trial needs a load that runs" in shown(stage)

    on_stage(act, source())


def test_a_replay_cannot_try_and_without_a_trial_there_is_no_page() -> None:
    async def act(stage: Stage) -> None:
        await try_advice(stage)
        assert stage.source.tried == []
        assert "this is a recording" in stage.text(EventLine)
        await stage.press("V")
        assert "no trial yet" in stage.text(EventLine)

    on_stage(act, source(replayed=True))
