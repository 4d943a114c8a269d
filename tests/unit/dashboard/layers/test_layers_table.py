"""The table of view 8 and the layer under its cursor: figures, sorting, filtering, two devices side by side, copies."""

from __future__ import annotations

from pathlib import Path

import layer_samples as samples
import layer_scenes as scenes
import msgspec
import pytest
from stage import Stage, on_stage

from ovtui.dashboard.layers.layer_detail import LayerDetail
from ovtui.dashboard.layers.layer_head import LayerHead
from ovtui.dashboard.layers.layer_list import HEADINGS, LayerList
from ovtui.dashboard.layers.layer_prompt import LayerPrompt
from ovtui.dashboard.layers.layers_view import LayersView
from ovtui.dashboard.layers.pair_list import PairList
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.prompts.live_filter import LiveFilterHelp
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.metrics import number_format
from ovtui.settings.schema.display_settings import DisplaySettings

SIZES = [(80, 24), (200, 60)]


def rows(stage: Stage) -> list[str]:
    """The table without its title and headings."""
    return [line for line in stage.text(LayerList).split("\n")[3:] if line.strip()]


def names(stage: Stage) -> list[str]:
    return [next(word for word in line.split() if "_" in word) for line in rows(stage)]


def told(stage: Stage) -> str:
    return " ".join(stage.text(EventLine).split())


def head(stage: Stage) -> str:
    return " ".join(stage.text(LayerHead).split())


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
        assert stage.text(LiveFilterHelp).strip() == "6 of 31"
        await stage.press(*"xyz")
        assert rows(stage) == []
        assert stage.text(LiveFilterHelp).strip() == "no layer has that in it"
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
