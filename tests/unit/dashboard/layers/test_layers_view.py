"""View 8 over layers that were never profiled, from the key that begins it to a replay, at every size."""

from __future__ import annotations

import layer_scenes as scenes
import msgspec
import pytest
from fake_source import FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.layers.layer_head import LayerHead
from ovtui.dashboard.layers.layer_list import LayerList
from ovtui.dashboard.layers.layers_view import LayersView
from ovtui.dashboard.requests.requests_view import RequestsView
from ovtui.dashboard.studies.study_head import StudyHead
from ovtui.dashboard.studies.study_list import StudyList
from ovtui.dashboard.studies.study_prompt import PromptHelp, StudyPrompt
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.records.events import LoadEnded, StudyEnded, StudyStopping
from ovtui.records.study_events import LayersAnswer, LayersSpec
from ovtui.settings.schema.settings import Settings

SIZES = [(80, 24), (120, 40), (200, 60)]
SECOND = 1_000_000_000


def rows(stage: Stage) -> list[str]:
    """The table without its title and headings."""
    return [line for line in stage.text(LayerList).split("\n")[3:] if line.strip()]


def names(stage: Stage) -> list[str]:
    return [next(word for word in line.split() if "_" in word) for line in rows(stage)]


def told(stage: Stage) -> str:
    return " ".join(stage.text(EventLine).split())


def head(stage: Stage) -> str:
    return " ".join(stage.text(LayerHead).split())


@pytest.mark.parametrize("size", SIZES)
def test_before_anything_was_profiled_it_says_what_it_does_and_which_keys_begin_it(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        assert isinstance(stage.app.view, LayersView)
        assert head(stage) == (
            "LAYERS none profiled in this session yet b measures how long each layer of demo-cnn on CPU takes: an "
            "engine with profiling takes turns with one without. The load of this session rests meanwhile, so that "
            "neither disturbs the other, and goes on after it. B asks for devices: the layers of two of them stand "
            "side by side."
        )
        assert "[8 layers]" in stage.text(Footer)
        for key in ("left", "right", "o", "slash", "j", "G", "H", "y", "Y", "escape"):
            await stage.press(key)
        assert isinstance(stage.app.view, LayersView)
        assert stage.source.study_ends == 0

    on_stage(act, scenes.source(), size)


def test_a_key_profiles_the_device_that_serves() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await stage.press("b")
        (spec,) = stage.source.studies
        assert spec == LayersSpec(settings=scenes.SETTINGS, devices=["CPU"], inferences=100)
        assert told(stage).endswith("asked for the layers on CPU; the load rests until they are measured")

    on_stage(act, scenes.source())


def test_of_auto_it_is_the_device_that_auto_has_chosen() -> None:
    settings = Settings(model="demo-cnn", device="AUTO:GPU,CPU")

    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await stage.press("b")
        assert [spec.devices for spec in stage.source.studies] == [["GPU.0"]]

    on_stage(act, FakeSource(settings=settings, handover_s=1.0))


def test_a_line_asks_for_two_devices_and_keeps_what_was_wrong() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await stage.press("B")
        prompt = stage.app.screen.query_one(StudyPrompt)
        assert prompt.line.value == "CPU"
        assert stage.text(PromptHelp).strip() == "the layers on CPU"
        await stage.press("space", *"CPU", "enter")
        assert stage.text(PromptHelp).strip() == "CPU is there twice"
        assert prompt.is_open
        await stage.press("escape", "B")
        assert prompt.line.value == "CPU CPU"
        prompt.line.value = "CPU GPU inferences=5"
        await stage.press("enter")
        assert "inferences: write 100 to 1,000,000" in stage.text(PromptHelp)
        prompt.line.value = "CPU GPU inferences=200 limit=2min"
        await stage.press("enter")
        spec = LayersSpec(settings=scenes.SETTINGS, devices=["CPU", "GPU"], inferences=200, limit_s=120.0)
        assert stage.source.studies == [spec]
        assert not prompt.is_open

    on_stage(act, scenes.source())


@pytest.mark.parametrize("size", SIZES)
def test_from_its_begin_to_its_end(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        now_ns = stage.source.now_ns
        await scenes.tell(stage, scenes.began(now_ns, "CPU"))
        assert head(stage) == "LAYERS demo-cnn on CPU layers: begins"
        assert rows(stage) == []
        assert " b profile" not in stage.text(Footer)
        assert " H stop" in stage.text(Footer)
        await stage.press("b")
        assert stage.source.studies == []
        assert "runs; H in view 7 ends it" in told(stage)
        await scenes.tell(stage, scenes.step(stage.source.now_ns, "CPU", 40))
        assert "layers 1/1" in stage.text(Header)
        half = [msgspec.structs.replace(layer, inferences=40) for layer in scenes.layers(31)]
        await scenes.tell(stage, scenes.part(now_ns, "CPU", half, so_far=True))
        text = "layers: device 1 of 1 · measuring CPU, 40 of 100 inferences · about 11 s left"
        assert text in head(stage)
        assert names(stage)[:2] == ["block0/convolution_0", "block0/ful…nnected_1" if size[0] == 80 else
                                    "block0/fullyconnected_1"]  # fmt: skip
        await stage.advance(5)
        assert told(stage).endswith("about 6 s left")  # here the line need not say which view shows it
        await scenes.tell(stage, scenes.part(now_ns, "CPU", scenes.layers(31)))
        await scenes.tell(stage, scenes.ended(stage.source.now_ns, "CPU"))
        assert "demo-cnn on CPU Test CPU 100 inferences" in head(stage)
        assert "profiling costs +9.0 % (8.2 to 10.1 %)" in head(stage)
        assert "untouched" in head(stage)
        assert "unexplained" in head(stage)
        assert "(16.7 %)" in head(stage)
        assert " b profile" in stage.text(Footer)
        first = rows(stage)[0].split()
        assert first[-4:] == ["1.20", "25.0", "█" * (8 if size[0] == 200 else 6), "25.0"] or size[0] == 200
        assert "25.0" in first

    on_stage(act, scenes.source(), size)


def test_elsewhere_the_same_key_filters_the_requests() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, *scenes.profiled(1, "CPU"))
        await stage.press("2", "slash")
        assert isinstance(stage.app.view, RequestsView)

    on_stage(act, scenes.source())


def test_stopping_it_keeps_what_it_had() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, scenes.began(1, "CPU"))
        await scenes.tell(stage, scenes.step(stage.source.now_ns, "CPU", 40))
        await stage.press("H")
        assert stage.source.study_ends == 1
        await scenes.tell(stage, StudyStopping(t_ns=stage.source.now_ns, study=1))
        assert "layers: stops, ends with what it has" in head(stage)
        half = [msgspec.structs.replace(layer, inferences=40) for layer in scenes.layers(5)]
        ended = StudyEnded(
            t_ns=stage.source.now_ns, study=1, reason="stopped", text="5 layers on CPU so far, of 40 inferences",
            answer=LayersAnswer(devices=[]),
        )  # fmt: skip
        await scenes.tell(stage, scenes.part(stage.source.now_ns, "CPU", half, so_far=True), ended)
        assert "stopped: 5 layers on CPU so far, of 40 inferences" in head(stage)
        assert "without what stands beside the layers" in head(stage)
        assert len(rows(stage)) == 5

    on_stage(act, scenes.source())


def test_one_that_failed_says_why() -> None:
    async def act(stage: Stage) -> None:
        why = "demo-cnn on CPU: the process that profiles the model died with SIGSEGV"
        ended = StudyEnded(t_ns=3, study=1, reason="failed", text=why, answer=LayersAnswer(devices=[]))
        await scenes.open_view(stage, scenes.began(1, "CPU"), ended)
        assert f"failed: {why}" in head(stage)
        assert "$warning" in str(stage.app.screen.query_one(LayerHead).render().spans)
        assert rows(stage) == []

    on_stage(act, scenes.source())


def test_between_devices_and_studies() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, *scenes.profiled(1, "CPU", "GPU.0"))
        assert head(stage).startswith("LAYERS 3 of 3 demo-cnn on CPU beside GPU.0")
        await stage.press("left")
        assert head(stage).startswith("LAYERS 2 of 3 demo-cnn on GPU.0")
        assert rows(stage)[0].split()[5] == "0.250"
        await stage.press("right", "right")
        assert "this is the newest one" in told(stage)
        await stage.press("h")
        again = [msgspec.structs.replace(event, study=2) for event in scenes.profiled(stage.source.now_ns, "CPU")]
        await scenes.tell(stage, *again)
        assert head(stage).startswith("LAYERS 2 of 4")
        await stage.press("right", "right")
        assert head(stage).startswith("LAYERS 4 of 4 demo-cnn on CPU Test CPU")
        await stage.press("h", "left", "left", "left")
        assert "this is the first one" in told(stage)

    on_stage(act, scenes.source())


def test_a_replay_shows_what_was_recorded_and_begins_nothing() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        assert head(stage) == "LAYERS none were profiled up to this moment of the recording"
        assert " b profile" not in stage.text(Footer)
        await scenes.tell(stage, *scenes.profiled(1, "CPU"))
        assert len(rows(stage)) == 29
        for key in ("b", "B"):
            await stage.press(key)
            assert "a recording shows what was measured: no study can be begun in it" in told(stage)
        await stage.press("H")
        assert stage.source.studies == []
        assert stage.source.study_ends == 0

    on_stage(act, scenes.source(replayed=True))


def test_a_read_only_view_offers_nothing_that_it_cannot_do() -> None:
    source = scenes.source()
    source.read_only = True

    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        assert "Whoever owns the session can profile the layers" in head(stage)
        assert "profile" not in stage.text(Footer)
        await scenes.tell(stage, scenes.began(stage.source.now_ns, "CPU"))
        assert "H stop" not in stage.text(Footer)
        await stage.press("b", "B", "H")
        assert stage.source.studies == []
        assert stage.source.study_ends == 0
        assert not stage.app.screen.query_one(StudyPrompt).is_open

    on_stage(act, source)


def test_view_7_lists_it_and_leads_here() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, *scenes.profiled(1, "CPU", "GPU.0"))
        await stage.press("7")
        assert "layers on CPU and GPU.0" in stage.text(StudyHead)
        listed = [line.split() for line in stage.text(StudyList).split("\n") if line.strip()]
        assert [line[:3] for line in listed[-2:]] == [["CPU", "31", "100"], ["GPU.0", "31", "100"]]
        assert listed[-2][4] == "4.79"
        for key in ("j", "u", "o", "z", "m", "Y"):
            await stage.press(key)
        await stage.press("enter")
        assert isinstance(stage.app.view, LayersView)

    on_stage(act, scenes.source())


def test_from_another_view_the_event_line_says_where_it_is_shown() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await scenes.tell(stage, scenes.began(stage.source.now_ns, "CPU"))
        assert told(stage).endswith("layers: begins · 8 shows it")

    on_stage(act, scenes.source())


def test_after_the_load_has_ended_nothing_is_offered() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.tell(stage, LoadEnded(t_ns=stage.source.now_ns, engine=1, reason="duration", submitted=10))
        assert head(stage) == "LAYERS none were profiled in this session, and its load has ended"
        assert "profile" not in stage.text(Footer)
        await stage.press("b")
        assert told(stage).endswith("the load has ended: a study needs a load that runs")
        assert stage.source.studies == []

    on_stage(act, scenes.source())
