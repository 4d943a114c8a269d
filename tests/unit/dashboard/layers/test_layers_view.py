"""View 8 over layers that were never profiled, from the key that begins it to a replay, at every size."""

from __future__ import annotations

from pathlib import Path

import layer_samples as samples
import layer_scenes as scenes
import msgspec
import pytest
from fake_source import FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.layers.layer_detail import LayerDetail
from ovtui.dashboard.layers.layer_head import LayerHead
from ovtui.dashboard.layers.layer_list import HEADINGS, LayerList
from ovtui.dashboard.layers.layer_prompt import LayerFilterHelp, LayerPrompt
from ovtui.dashboard.layers.layers_view import LayersView
from ovtui.dashboard.layers.pair_list import PairList
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.requests.requests_view import RequestsView
from ovtui.dashboard.studies.study_head import StudyHead
from ovtui.dashboard.studies.study_list import StudyList
from ovtui.dashboard.studies.study_prompt import PromptHelp, StudyPrompt
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.metrics import number_format
from ovtui.records.events import StudyEnded, StudyStopping
from ovtui.records.study_events import LayersAnswer, LayersSpec
from ovtui.settings.schema.display_settings import DisplaySettings
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


def test_a_row_has_the_figures_of_its_layer() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, *scenes.profiled(1, "CPU"))
        timed = scenes.layers(31)
        whole = sum(layer.median_us or 0.0 for layer in timed)
        cumulative = 0.0
        for layer, line in zip(timed[:6], rows(stage), strict=False):
            assert layer.median_us is not None
            cumulative += layer.median_us / whole
            cells = line.split()
            assert cells[0] == f"{layer.order}"
            assert cells[4] == "f32"
            assert cells[5] == number_format.milliseconds(layer.median_us / 1e3)
            assert cells[6] == number_format.milliseconds((layer.p95_us or 0.0) / 1e3)
            assert cells[7] == number_format.share(layer.median_us / whole).removesuffix(" %")
            assert cells[-1] == number_format.share(cumulative).removesuffix(" %")

    on_stage(act, scenes.source())


@pytest.mark.parametrize("size", [(80, 24)])
def test_sorting_goes_around(size: tuple[int, int]) -> None:
    timed = [scenes.layer(0, 5.0), scenes.layer(1, 50.0), scenes.layer(2, 20.0), scenes.layer(5, 30.0)]

    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, scenes.began(1, "CPU"), scenes.part(2, "CPU", timed))
        orders = {}
        for _ in range(5):
            title = stage.text(LayerList).split("\n")[0].split("  ")[0].strip()
            orders[title] = [name.rpartition("_")[2] for name in names(stage)]
            await stage.press("o")
        assert orders == {
            "BY TIME": ["1", "5", "2", "0"],
            "IN ORDER OF EXECUTION": ["0", "1", "2", "5"],
            "BY NAME": ["0", "1", "2", "5"],
            "BY TYPE": ["5", "0", "1", "2"],
        }

    on_stage(act, scenes.source(), size)


@pytest.mark.parametrize("size", [(80, 24)])
def test_the_filter_acts_while_it_is_written(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, *scenes.profiled(1, "CPU"))
        await stage.press("slash")
        assert stage.text(Footer).startswith(" enter keep  esc as before")
        await stage.press(*"POOL")
        assert {name.rpartition("/")[2][:4] for name in names(stage)} == {"pool"}
        assert stage.text(LayerFilterHelp).strip() == "6 of 31"
        await stage.press(*"xyz")
        assert rows(stage) == []
        assert stage.text(LayerFilterHelp).strip() == "no layer has that in it"
        await stage.press("backspace", "backspace", "backspace", "enter")
        assert not stage.app.screen.query_one(LayerPrompt).is_open
        assert "6 of 31 layers  filter: POOL" in stage.text(LayerList)
        # What it lets through stays while it is written anew, and comes back where that is given up.
        await stage.press("slash", "backspace", "backspace", "escape")
        assert "6 of 31 layers  filter: POOL" in stage.text(LayerList)
        await stage.press("escape")
        assert "31 layers" in stage.text(LayerList)
        assert "filter:" not in stage.text(LayerList)
        assert isinstance(stage.app.view, LayersView)

    on_stage(act, scenes.source(), size)


def test_elsewhere_the_same_key_filters_the_requests() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, *scenes.profiled(1, "CPU"))
        await stage.press("2", "slash")
        assert isinstance(stage.app.view, RequestsView)

    on_stage(act, scenes.source())


@pytest.mark.parametrize("size", SIZES)
def test_the_layer_under_the_cursor_is_told_whole_and_stays_under_it(size: tuple[int, int]) -> None:
    name = "model/encoder/" + "x" * 60 + "/attention_7"
    timed = [
        *scenes.layers(8)[:7],
        scenes.layer(7, 900.0, name=name, original_names=["MatMul_7", "Add_7", "Softmax_7"]),
    ]

    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, scenes.began(1, "CPU"), scenes.part(2, "CPU", timed))
        assert not stage.app.screen.query_one(LayerDetail).display
        await stage.press("j", "j")
        detail = " ".join(stage.text(LayerDetail).split())
        assert stage.app.screen.query_one(LayerDetail).display
        assert name in detail.replace(" ", "")
        assert "3 operations: MatMul_7, Add_7, Softmax_7" in detail
        for figure in ("0.900", "1.08", "0.945"):
            assert figure in detail
        for fact in ("Reorder", "jit_avx512_reorder", "f32"):
            assert fact in detail
        # Sorted otherwise, or measured on: the cursor goes with its layer.
        await stage.press("o")
        assert name in stage.text(LayerDetail).replace("\n", "").replace(" ", "")
        faster = msgspec.structs.replace(timed[-1], median_us=1.0)
        await scenes.tell(stage, scenes.part(stage.source.now_ns, "CPU", [faster]))
        assert "0.001" in stage.text(LayerDetail)
        await stage.press("slash", *"pooling", "enter")
        assert not stage.app.screen.query_one(LayerDetail).display

    on_stage(act, scenes.source(), size)


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


@pytest.mark.parametrize("size", SIZES)
def test_two_devices_stand_beside_each_other(size: tuple[int, int]) -> None:
    """What one device has fused stands beside what the other one has not."""
    cpu = [scenes.layer(0, 800.0, original_names=["A", "B"]), scenes.layer(1, 100.0, original_names=["C"])]
    gpu = [
        scenes.layer(0, 100.0, original_names=["A"], name="gpu_first"),
        scenes.layer(1, 100.0, original_names=["B"], name="gpu_second"),
        scenes.layer(2, 300.0, original_names=[], name="gpu_reorder"),
    ]

    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, scenes.began(1, "CPU", "GPU.0"), scenes.part(2, "CPU", cpu))
        # While it is measured the device that is measured is shown.
        assert head(stage).startswith("LAYERS 1 of 2 demo-cnn on CPU")
        await scenes.tell(stage, scenes.part(stage.source.now_ns, "GPU.0", gpu))
        assert head(stage).startswith("LAYERS 2 of 3 demo-cnn on GPU.0")
        await scenes.tell(stage, scenes.ended(stage.source.now_ns, "CPU", "GPU.0"))
        assert head(stage).startswith("LAYERS 3 of 3 demo-cnn on CPU beside GPU.0")
        title, _, _, *listed = stage.text(PairList).split("\n")
        assert "BY TIME  3 groups of layers of the same operations" in title
        cells = [
            [cell for cell in line.split() if "█" not in cell and "▏" not in cell] for line in listed if line.strip()
        ]
        assert [line[0] for line in cells] == ["block0/convolution_0", "gpu_reorder", "block0/fullyconnected_1"] or (
            size == (80, 24)
        )
        assert cells[0][-6:] == ["0.800", "0.200", "1/4", "1", "|", "2"] or "1/4" in cells[0]
        assert [cell for cell in cells[1] if cell in ("–", "0.300")] == ["–", "0.300", "–"]
        await stage.press("j")
        detail = " ".join(stage.text(LayerDetail).split())
        assert "CPU 0.800 ms: block0/convolution_0" in detail
        assert "GPU.0 0.200 ms: gpu_first, gpu_second" in detail
        assert "2 operations: A, B" in detail
        await stage.press("j")
        assert "CPU has no layer of these operations" in " ".join(stage.text(LayerDetail).split())
        await stage.press("slash", *"second", "enter")
        assert "1 of 3" in stage.text(PairList)
        copied: list[str] = []
        stage.app.copy_to_clipboard = copied.append  # type: ignore[method-assign]
        await stage.press("j", "y")
        assert copied[0].split("\n")[1].split("\t")[2:] == [
            "800", "200", "0.25", "block0/convolution_0", "gpu_first,gpu_second", "A,B",
        ]  # fmt: skip

    on_stage(act, scenes.source(), size)


def test_copied_and_written_with_all_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, *scenes.profiled(1, "CPU"))
        copied: list[str] = []
        monkeypatch.setattr(stage.app, "copy_to_clipboard", copied.append)
        await stage.press("j", "y")
        headings, row, _ = copied[0].split("\n")
        assert headings.split("\t") == list(HEADINGS)
        assert row.split("\t")[:8] == [
            "0", "block0/convolution_0", "Convolution", "jit_avx512_convolution", "f32", "EXECUTED", "100", "1000",
        ]  # fmt: skip
        assert row.split("\t")[-1] == "block0/Convolution_0,block0/Add_0"
        await stage.press("W")
        await stage.pilot.pause()
        await stage.app.workers.wait_for_complete()
        (path,) = tmp_path.glob("ovtui-*.csv")
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) == 32
        assert lines[-1].split(",")[5:9] == ["NOT_RUN", "0", "", ""]

    on_stage(act, scenes.source())


@pytest.mark.parametrize("size", [(120, 40)])
def test_thousands_of_layers_are_moved_through(size: tuple[int, int]) -> None:
    many = samples.layers(6000)
    parts = [scenes.part(2, "CPU", many[at : at + 300], so_far=True) for at in range(0, 6000, 300)]

    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, scenes.began(1, "CPU"), *parts, scenes.part(3, "CPU", []))
        assert "6,000 layers" in stage.text(LayerList)
        await stage.press("G", "k")
        assert rows(stage)[-2].split()[0 if size[0] > 80 else -1] in ("5998", "100.0", ">99.9")
        await stage.press("home", "pagedown")
        listed = stage.app.screen.query_one(LayerList)
        assert len(listed.visible_rows) < size[1]
        await stage.press("slash", *"layer_599", "enter")
        assert "11 of 6,000 layers" in stage.text(LayerList)

    on_stage(act, scenes.source(), size)


@pytest.mark.parametrize("glyphs", ["block", "console", "ascii"])
def test_every_set_of_characters(glyphs: str) -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, *scenes.profiled(1, "CPU"))
        await stage.press("j")
        text = stage.text(LayerList) + stage.text(LayerDetail) + stage.text(LayerHead)
        if glyphs == "ascii":
            assert text.isascii()
            assert "######" in text

    on_stage(act, scenes.source(), preferences=Preferences(DisplaySettings(glyphs=glyphs)))


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


def test_names_from_a_file_do_no_harm() -> None:
    odd = [
        scenes.layer(0, 9.0, name="[red]weird[/red]\x1b[31m\nname", type="[b]", original_names=["a\tb"]),
        scenes.layer(1, 8.0, name="層/畳み込み_1", exec_type=""),
        scenes.layer(2, 7.0, name="", original_names=[]),
    ]

    async def act(stage: Stage) -> None:
        await scenes.open_view(stage, scenes.began(1, "CPU"), scenes.part(2, "CPU", odd))
        await stage.press("j")
        assert "[red]weird[/red]" in stage.text(LayerDetail)
        assert "\x1b" not in stage.text(LayerDetail) + stage.text(LayerList)
        await stage.press("j", "j")
        assert "no operation of the model" in stage.text(LayerDetail)

    on_stage(act, scenes.source())


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
