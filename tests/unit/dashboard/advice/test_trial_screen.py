"""The trial of an advice on the screen: asked for, followed, decided."""

from __future__ import annotations

import pytest
from fake_source import SECOND, FakeSource
from stage import Stage, on_stage
from textual.widgets import Static

from ovtui.dashboard.advice.trial_screen import TrialScreen
from ovtui.dashboard.overview.figures import FiguresPanel
from ovtui.dashboard.overview.latency_table import LatencyTable
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.header import Header
from ovtui.metrics.advice.advice import Advice
from ovtui.records.events import Refused, SegmentBegan, TrialBegan, TrialBlock, TrialEnded, TrialTurn
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


def behind(stage: Stage) -> str:
    """The event line behind the page, on one line."""
    return " ".join(stage.text_behind(EventLine).split())


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
        assert "interval needs" not in text
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
        assert "a trial needs a load that runs" in behind(stage)
        await stage.advance(1)
        # A handover begins a segment, and to the session a refusal is over with that.
        now_ns = stage.source.now_ns
        stage.source.tell(SegmentBegan(t_ns=now_ns, segment=2, engine=1, first_seq=99, nireq=9, settings=SETTINGS))
        await stage.advance(1)
        assert stage.app.digest.session_state.refused is None
        assert "a trial needs a load that runs" in shown(stage)
        await stage.press("escape")
        assert not isinstance(stage.app.screen, TrialScreen)

    on_stage(act, source())


def test_a_refusal_of_an_earlier_trial_is_not_that_of_this_one() -> None:
    async def act(stage: Stage) -> None:
        about = {"settings": TRIED, "changes": ["in flight 16→4"]}
        stage.source.tell(Refused(t_ns=1, reason="a trial needs a load that runs", **about))
        await try_advice(stage)
        await stage.advance(0.5)
        assert shown(stage) == "the trial begins"

    on_stage(act, source())


def test_what_lies_behind_the_page_is_drawn_on_and_agrees_with_it() -> None:
    async def act(stage: Stage) -> None:
        await try_advice(stage)
        await begin(stage)
        assert "engine 2 compiles" in behind(stage)
        assert stage.text_behind(LatencyTable).startswith(" seg 1, ms   ")
        await run_blocks(stage, 2)
        line = shown(stage).splitlines()[1]
        assert "block 4 of 4" in line
        assert line in behind(stage)
        assert "trial: A" in stage.text_behind(Header)
        stage.source.tell(TrialEnded(t_ns=stage.source.now_ns, trial=1, reason="failed", text="engine 2 died"))
        await stage.advance(0.25)
        assert "in flight 16→4: the trial ended: engine 2 died; " in behind(stage)
        assert "too few to compare" in shown(stage)
        assert "keep the settings on trial" not in shown(stage)
        assert "trial: A" not in stage.text_behind(Header)
        await stage.press("enter")
        assert stage.source.applied == []
        done = stage.text_behind(FiguresPanel)
        await stage.advance(1)
        assert stage.text_behind(FiguresPanel) != done

    on_stage(act, source())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_figures_of_before_the_trial_are_marked_while_it_runs(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        before = stage.text(FiguresPanel), stage.text(LatencyTable)
        assert " seg 1, ms " in before[1]
        await begin(stage)
        await run_blocks(stage, 1)
        figures, table = stage.text(FiguresPanel), stage.text(LatencyTable)
        assert table.startswith(" before trial")
        assert table.splitlines()[0].index("p90") == before[1].splitlines()[0].index("p90")
        assert ("before trial:" in figures) == ("batch" in figures)
        assert "segment" not in stage.text(Header)
        stage.source.tell(TrialEnded(t_ns=stage.source.now_ns, trial=1, reason="cancelled"))
        await stage.advance(0.5)
        assert "before trial" not in stage.text(FiguresPanel) + stage.text(LatencyTable)

    on_stage(act, FakeSource(settings=SETTINGS, handover_s=None, batch=4), size)


def test_a_replay_cannot_try_and_without_a_trial_there_is_no_page() -> None:
    async def act(stage: Stage) -> None:
        await try_advice(stage)
        assert stage.source.tried == []
        assert "this is a recording" in stage.text(EventLine)
        await stage.press("V")
        assert "no trial yet" in stage.text(EventLine)

    on_stage(act, source(replayed=True))


def test_pinned_settings_can_be_gone_back_to() -> None:
    """B is in force; the key puts A, which a person had pinned, in its place."""

    async def act(stage: Stage) -> None:
        await stage.advance(5)
        about = {"a": TRIED, "b": SETTINGS, "changes": ["in flight 4→16"], "limit_s": 30.0, "pinned": True}
        stage.source.tell(TrialBegan(t_ns=stage.source.now_ns, trial=1, engine=2, **about))
        await stage.advance(0.25)
        await run_blocks(stage, 8)
        stage.source.tell(TrialEnded(t_ns=stage.source.now_ns, trial=1, reason="done"))
        await stage.advance(0.5)
        await stage.press("V")
        page = shown(stage)
        assert "A, pinned" in page
        assert "B, now" in page
        assert "go back to A, pinned" in page
        await stage.press("enter")
        assert stage.source.applied == [TRIED]

    on_stage(act, source())
