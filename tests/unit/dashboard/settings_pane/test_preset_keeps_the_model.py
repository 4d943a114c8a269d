"""A preset that is loaded keeps the model under test, unless a person asks for the preset's; the prompts and titles."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_source import FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.settings_pane.preset_rows import PresetDetail
from ovtui.dashboard.settings_pane.presets_screen import PresetsScreen
from ovtui.dashboard.views.event_line import EventLine
from ovtui.settings.files import preset_store, presets
from ovtui.settings.schema.settings import Settings, fields, of_model

MINE = Settings(device="CPU", model="net.xml", shape="[1,3,64,64]", layout="NCHW", nireq=8)
"""What is under test."""
OTHER = "title = 'other'\n[settings]\nmodel = 'demo-mlp'\ndata_shape = '[4,128]'\ndevice = 'CPU'\nhint = 'latency'\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    mine = tmp_path / "ovtui" / "presets"
    mine.mkdir(parents=True)
    (mine / "other.toml").write_text(OTHER, encoding="utf-8")
    return mine


async def opened(stage: Stage) -> PresetsScreen:
    """The page, with the only personal preset chosen."""
    await stage.advance(5)
    await stage.press("p")
    page = stage.app.screen
    assert isinstance(page, PresetsScreen)
    return page


def detail(stage: Stage) -> list[str]:
    text = stage.app.screen.query_one(PresetDetail).render().plain
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def keys(stage: Stage) -> str:
    return str(stage.app.screen.query_one("#page").border_subtitle)


def notice(stage: Stage) -> str:
    return stage.app.screen.query_one("#notice").render().plain


def test_the_schema_marks_what_belongs_to_the_model() -> None:
    assert of_model() == (
        "model", "shape", "extensions", "input", "data_shape", "layout", "mean_values", "scale_values", "color",
        "input_precision", "output_precision",
    )  # fmt: skip
    groups = {field.name for field in fields().values() if field.spec.group in ("Model", "Inputs")}
    assert groups - set(of_model()) == {"cache_dir", "load_from_file"}


def test_loading_keeps_the_model_and_what_belongs_to_it() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        assert detail(stage) == [
            "other",
            "would change",
            "hint throughput → latency",
            "not in the preset: back to the default",
            "in flight 8 → auto",
            "your model stays; m takes the preset's",
            "model net.xml, not demo-mlp",
            "shape [1,3,64,64], not the model's",
            "data shape the model's, not [4,128]",
            "layout NCHW, not by the model, or guessed",
        ]
        assert "m model" in keys(stage)
        await stage.press("enter")
        assert stage.app.staging.staged == {"hint": "latency", "nireq": 0}
        assert "2 changes of preset other are staged; x applies; the model stays net.xml" in " ".join(
            stage.text(EventLine).split()
        )

    on_stage(act, FakeSource(settings=MINE))


def test_a_key_takes_the_model_of_the_preset_too() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        await stage.press("m", "m", "m")
        assert detail(stage)[1:3] == ["would be the preset's model; m keeps yours", "model net.xml → demo-mlp"]
        await stage.press("enter")
        assert stage.app.staging.staged == {
            "hint": "latency", "nireq": 0, "model": "demo-mlp", "shape": "", "data_shape": "[4,128]", "layout": "",
        }  # fmt: skip

    on_stage(act, FakeSource(settings=MINE))


def test_a_preset_without_a_model_never_changes_it(folder: Path) -> None:
    (folder / "other.toml").write_text("[settings]\nnireq = 2\nlayout = 'NHWC'\n", encoding="utf-8")

    async def act(stage: Stage) -> None:
        await opened(stage)
        assert "what belongs to your model stays; m takes the preset's" in detail(stage)
        assert detail(stage)[-1] == "layout NCHW, not NHWC"
        await stage.press("m", "enter")
        assert stage.app.staging.staged == {"device": "AUTO", "nireq": 2, "layout": "NHWC"}
        await stage.press("u", "p", "j", "m")
        assert "auto-latency names no model; the model stays net.xml" in notice(stage)
        assert "m model" not in keys(stage)
        await stage.press("enter")
        assert not set(of_model()) & set(stage.app.staging.staged)

    on_stage(act, FakeSource(settings=MINE))


def test_a_preset_for_the_same_model_says_nothing_of_it(folder: Path) -> None:
    preset_store.save("same", MINE)
    (folder / "other.toml").unlink()

    async def act(stage: Stage) -> None:
        await opened(stage)
        assert detail(stage)[1:] == ["nothing differs from what is set"]
        await stage.press("m")
        assert "same is for net.xml too" in notice(stage)

    on_stage(act, FakeSource(settings=MINE))


def test_at_the_start_the_preset_brings_its_model() -> None:
    """`ovtui --preset other`: nothing is under test yet."""
    assert presets.find("other").applied_to(Settings()).model == "demo-mlp"


def test_a_prompt_shows_and_takes_enter_and_escape() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        usual = keys(stage)
        assert usual == "enter load  m model  s save  c copy  r rename  d delete  esc close"
        for key in ("s", "c", "r"):
            await stage.press(key)
            assert keys(stage) == "enter take  esc cancel"
            await stage.press("escape")
            assert keys(stage) == usual
        await stage.press("d")
        assert keys(stage) == "enter delete  esc cancel"
        await stage.press("escape")
        assert keys(stage) == usual
        assert presets.find("other").title == "other"

    on_stage(act)


def test_the_keys_follow_the_preset() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        await stage.press("j")
        assert "rename" not in keys(stage)
        assert "delete" not in keys(stage)

    on_stage(act)


def test_the_title_follows_a_rename_on_the_page() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        await stage.press("r", *["backspace"] * 5, *"night", "enter")
        assert detail(stage)[0] == "night"

    on_stage(act)
    assert presets.find("night").title == "night"


def test_a_title_that_is_the_name_follows_and_another_stays(folder: Path) -> None:
    (folder / "a.toml").write_text("title = 'What the evening runs' # why\n[settings]\nnireq = 2 # few\n")
    preset_store.rename("a", "b")
    assert (folder / "b.toml").read_text() == "title = 'What the evening runs' # why\n[settings]\nnireq = 2 # few\n"
    preset_store.copy("other", "copied")
    assert (folder / "copied.toml").read_text() == OTHER.replace("title = 'other'", 'title = "copied"')
    (folder / "broken.toml").write_text("title = [", encoding="utf-8")
    preset_store.rename("broken", "still")
    assert (folder / "still.toml").read_text() == "title = ["
