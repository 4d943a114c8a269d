"""The lines that begin a study, the pinned side A, and what stops: from the key to the command, and why not."""

from __future__ import annotations

from pathlib import Path

import pytest
import study_scenes as scenes
from fake_source import FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.advice.trial_screen import TrialScreen
from ovtui.dashboard.studies.studies_view import StudiesView
from ovtui.dashboard.studies.study_head import StudyHead
from ovtui.dashboard.studies.study_prompt import PromptHelp, StudyPrompt
from ovtui.dashboard.study_request import spec_of
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.records.events import LoadEnded, Refused
from ovtui.records.study_events import BesideSpec, FindRateSpec, SweepSpec
from ovtui.settings.changes import with_changes
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.settings import Settings


@pytest.fixture(autouse=True)
def state_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def prompt(stage: Stage) -> StudyPrompt:
    return stage.app.screen.query_one(StudyPrompt)


def told(stage: Stage) -> str:
    return stage.text(EventLine)


async def write(stage: Stage, text: str) -> None:
    prompt(stage).line.value = text
    await stage.pilot.pause()


def test_a_search_begins_with_the_limits_in_force() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await stage.press("r")
        assert prompt(stage).line.value == "p99<20ms"
        assert stage.text(PromptHelp).strip() == "the highest rate at which p99<20ms holds"
        assert stage.text(Footer).startswith(" enter begin  esc cancel")
        await stage.press("space", *"within=2", "percent_sign", "enter")
        assert stage.source.studies == [FindRateSpec(slo="p99<20ms", within=0.02)]
        assert "asked for the highest rate at which p99<20ms holds" in told(stage)
        assert not prompt(stage).is_open

    on_stage(act, scenes.source())


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
def test_a_wrong_line_is_answered_in_it_and_nothing_is_lost(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await stage.press("w")
        await write(stage, "nstrems=1,2 goal=throughput")
        assert "nstrems" in stage.text(PromptHelp)
        assert "did you mean nstreams" in stage.text(PromptHelp)
        await stage.press("enter")
        assert prompt(stage).is_open
        assert prompt(stage).line.value == "nstrems=1,2 goal=throughput"
        assert "$warning" in str(stage.app.screen.query_one(PromptHelp).render().spans)
        # Letters are text here: none is a key of the view.
        await stage.press("escape", "w")
        assert prompt(stage).line.value == "nstrems=1,2 goal=throughput"
        await write(stage, "nstreams=1,2 nireq=1..4 goal=p99 slo=p99<20ms,errors=0 point=2s limit=5min")
        assert stage.text(PromptHelp).strip() == "a sweep of 6 points"
        await stage.press("enter")
        (spec,) = stage.source.studies
        assert isinstance(spec, SweepSpec)
        assert spec.vary == {"nstreams": ["1", "2"], "nireq": ["1", "2", "4"]}
        assert (spec.goal, spec.slo, spec.point_s, spec.limit_s) == ("p99", "p99<20ms,errors=0", 2.0, 300.0)
        assert Path(spec.folder).is_absolute()
        assert Path(spec.folder).is_dir()
        await stage.press("w")
        assert prompt(stage).line.value == " slo=p99<20ms"

    on_stage(act, scenes.source(), size)


def test_a_model_beside_this_one() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await stage.press("b")
        assert "MODEL,rate=30" in stage.text(PromptHelp)
        await stage.press(*"demo-cnn,rate=3", "0", "enter")
        (spec,) = stage.source.studies
        assert isinstance(spec, BesideSpec)
        assert (spec.settings.model, spec.settings.rate, spec.settings.device) == ("demo-cnn", 30.0, "CPU")
        assert "asked for demo-cnn beside this one" in told(stage)

    on_stage(act, scenes.source())


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("find-rate", "", "which limits are to hold? write them as in p99<20ms"),
        ("find-rate", "errors=0", "slo: errors=0: no limit keeps the rate down"),
        ("find-rate", "p99<20ms arrival=ramp:1:2:3", "arrival: "),
        ("find-rate", "p99<20ms within=much", "within: 'much' is no number"),
        ("find-rate", "p99<20ms within=0.1%", "within: '0.1%' is out of range: write 0.5% to 100%"),
        ("find-rate", "p99<20ms limit=", "limit= has no value"),
        ("sweep", "nireq", "'nireq': write a setting and its values, as in nireq=1,2,4 or nireq=1..16"),
        ("sweep", "nireq=1,2 goal=speed", "goal: 'speed' is not one of throughput, p50, p90, p99, mean, joules"),
        ("sweep", "nireq=1,2 goal=p50 goal=p99", "goal is there twice"),
        ("sweep", "nireq=1,2 point=0", "point: a point is measured for longer than 0 s; write point=5s"),
        ("sweep", "nireq=1,2 points=0", "points: a sweep has at least one point"),
        ("beside", "rate=30", "which model is to run beside this one? write MODEL, then its settings: MODEL,rate=30"),
        ("beside", "demo-cn", "no model file or built-in model 'demo-cn'"),
        ("beside", "demo-cnn,duration=5", "the second model runs until it is stopped"),
    ],
)
def test_what_is_wrong_with_a_line_in_one_sentence(kind: str, text: str, why: str) -> None:
    with pytest.raises(SettingsError) as caught:
        spec_of(kind, text, scenes.SETTINGS)  # type: ignore[arg-type]
    assert str(caught.value).startswith(why)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["r", "w", "b", "a"])
def test_why_no_study_begins(key: str) -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.FIND_RATE)
        await stage.press(key)
        assert "find-rate p99<20ms runs; H in view 7 ends it with what it has" in told(stage)
        await scenes.tell(stage, scenes.rate_found(stage.source.now_ns))
        stage.source.tell(LoadEnded(t_ns=stage.source.now_ns, engine=1, reason="requests", submitted=0, unsent=0))
        await stage.advance(0.25)
        await stage.press(key)
        assert "the load has ended: a study needs a load that runs" in told(stage)
        assert not prompt(stage).is_open

    on_stage(act, scenes.source())


def test_nothing_can_be_begun_or_stopped_by_others() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        for key, answer in (("r", "no study can be begun in it"), ("at", "no trial can be"), ("X", "no trial can be")):
            await stage.press(key)
            assert answer in told(stage)
        await scenes.begin(stage, scenes.FIND_RATE)
        await stage.press("H")
        assert "nothing can be stopped in it" in told(stage)
        await stage.press("s", "n", "plus")
        assert not stage.source.applied

    on_stage(act, scenes.source(replayed=True))

    async def read_only(stage: Stage) -> None:
        await scenes.open_view(stage)
        stage.source.read_only = True
        await stage.press("w")
        assert "read-only: whoever owns the session can begin a study" in told(stage)
        await stage.press("at", "X")
        assert "read-only: whoever owns the session can begin a trial" in told(stage)
        await scenes.begin(stage, scenes.FIND_RATE)
        await stage.press("H")
        assert "read-only: whoever owns the session can stop it" in told(stage)
        assert stage.source.study_ends == 0

    on_stage(read_only, scenes.source())


def test_the_pinned_settings_are_compared_with_those_in_force() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("X")
        assert "nothing is pinned; @ pins the settings in force as A" in told(stage)
        await stage.press("at")
        assert "A pinned: CPU, hint throughput, 16 in flight, closed loop; X compares" in told(stage)
        await stage.press("X")
        assert "A is just what is in force: change something first" in told(stage)
        assert not stage.source.tried
        await stage.advance(0.5)
        assert "A pinned  " in stage.text(Header)
        await stage.press("s")
        stage.app.view.context.staging.stage({"hint": "latency"})
        await stage.press("escape", "X")
        assert "A is just what is in force: x applies what is staged" in told(stage)
        stage.app.view.context.staging.undo_all()
        await stage.press("s", "n", "plus")
        await stage.advance(1)
        await stage.press("escape", "7")
        await stage.advance(0.5)
        assert stage.text(StudyHead).split("\n")[0].endswith("A pinned: in flight 17→16")
        await stage.press("4", "X")
        assert stage.source.tried == [scenes.SETTINGS]
        assert stage.source.pinned == [True]
        page = stage.app.screen
        assert isinstance(page, TrialScreen)
        assert str(page.query_one("#trial").render()) == "the trial begins"
        # Its refusal is told on the page, as that of a tried advice.
        reason = "another trial runs"
        stage.source.tell(Refused(t_ns=stage.source.now_ns, settings=scenes.SETTINGS, changes=["trial"], reason=reason))
        await stage.advance(0.5)
        assert reason in str(page.query_one("#trial").render())

    on_stage(act, scenes.source())


def test_why_nothing_is_compared_now() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await stage.press("at", "1", "s", "n", "plus")
        await stage.advance(1)
        await stage.press("escape", "7")
        await scenes.begin(stage, scenes.FIND_RATE)
        await stage.press("X")
        assert "find-rate p99<20ms runs; H in view 7 ends it with what it has" in told(stage)
        await scenes.tell(stage, scenes.rate_found(stage.source.now_ns))
        await scenes.run_trial(stage, 1, ended=False)
        await stage.press("X")
        assert "a trial runs; V shows it, and esc there ends it" in told(stage)
        await stage.press("H")
        assert "the trial stops, and ends with what it has" in told(stage)
        assert stage.source.trial_ends == [False]

    on_stage(act, scenes.source())

    async def compiling(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("at")
        stage.source.apply(with_changes(scenes.SETTINGS, {"hint": "latency"}))
        await stage.advance(0.5)
        await stage.press("X")
        assert "an engine compiles: a trial can be begun once its settings are in force" in told(stage)
        assert not stage.source.tried

    on_stage(compiling, scenes.source())

    async def starting(stage: Stage) -> None:
        await stage.advance(0.25)
        await stage.press("at", "X")
        assert "the engine is still starting: a trial needs a load that runs" in told(stage)

    on_stage(starting, scenes.source())


def test_quitting_lets_a_study_end_with_what_it_has() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.FIND_RATE)
        await stage.press("q")
        assert stage.source.study_ends == 1
        assert not stage.source.left
        assert "the study ends with what it has; q again ends at once" in told(stage)
        stage.source.tell(scenes.rate_found(stage.source.now_ns))
        await stage.pilot._wait_for_screen()
        while not stage.source.left:
            stage.source.advance(0.05)
            await stage.pilot.pause(0.02)

    stage = on_stage(act, scenes.source())
    assert stage.app.return_value == 0

    async def at_once(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.FIND_RATE)
        await stage.press("q", "q")

    assert on_stage(at_once, scenes.source()).app.return_value == 0


def test_keys_typed_ahead_go_into_the_line() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("7", "w", *"nireq=1,2", "enter")
        assert isinstance(stage.app.view, StudiesView)
        (spec,) = stage.source.studies
        assert isinstance(spec, SweepSpec)
        assert spec.vary == {"nireq": ["1", "2"]}
        assert spec.slo == "p99<20ms"

    on_stage(act, scenes.source())


def test_without_limits_in_force_the_line_is_empty() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await stage.press("r")
        assert prompt(stage).line.value == ""
        assert "for example: p99<20ms" in stage.text(PromptHelp)
        await stage.press("enter")
        assert "which limits are to hold" in stage.text(PromptHelp)

    on_stage(act, FakeSource(settings=Settings(device="CPU", nireq=16), handover_s=None, batch=1))
