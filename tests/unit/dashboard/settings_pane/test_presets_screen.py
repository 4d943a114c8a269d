"""The presets page: a loaded preset is staged, and a saved one can be loaded again."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_source import FakeSource
from listed import told
from stage import Stage, on_stage

from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.settings_pane.preset_rows import PresetDetail, PresetRows
from ovtui.dashboard.settings_pane.presets_screen import PresetsScreen
from ovtui.dashboard.views.event_line import EventLine
from ovtui.settings.files import presets
from ovtui.settings.schema.settings import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    mine = tmp_path / "ovtui" / "presets"
    mine.mkdir(parents=True)
    return mine


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


async def opened(stage: Stage, name: str = "") -> PresetsScreen:
    await stage.advance(5)
    await stage.press("p")
    page = stage.app.screen
    assert isinstance(page, PresetsScreen)
    if name:
        page.action_move([preset.name for preset in page.library.presets].index(name) - (page.rows.cursor or 0))
        await stage.pilot.pause()
    return page


def word(stage: Stage) -> str:
    return stage.app.screen.query_one("#notice").render().plain


def detail(stage: Stage) -> str:
    return stage.app.screen.query_one(PresetDetail).render().plain


def test_shipped_and_personal_presets_are_listed(folder: Path) -> None:
    written(folder, "mine", "title = 'Mine'\n[settings]\nnireq = 4\n")

    async def act(stage: Stage) -> None:
        await opened(stage)
        text = stage.app.screen.query_one(PresetRows).render().plain
        assert text.splitlines()[0].split() == ["›", "mine", "yours"]
        assert "auto-latency" in text
        assert "ovtui's" in text
        assert "in flight  16 → 4" in detail(stage)

    on_stage(act)


def test_loading_stages_the_differences_and_shows_them(folder: Path) -> None:
    written(folder, "mine", "[settings]\nnireq = 4\nhint = 'latency'\nproperties = { PERF_COUNT = 'YES' }\n")

    async def act(stage: Stage) -> None:
        await opened(stage, "mine")
        assert "PERF_COUNT  not set → YES" in detail(stage)
        await stage.press("enter")
        assert stage.app.screen is stage.app.overview
        assert stage.source.applied == []
        assert stage.app.staging.staged == {
            "device": "AUTO", "nireq": 4, "hint": "latency", "properties": {"PERF_COUNT": "YES"},
        }  # fmt: skip
        assert stage.app.overview.has_class("-settings")
        assert "4 changes of preset mine are staged; x applies" in stage.text(EventLine)
        await stage.press("u")
        assert stage.app.staging.staged == {}

    source = FakeSource(settings=Settings(device="AUTO:GPU,CPU", nireq=16))
    source.tell(*told())
    on_stage(act, source)


def test_settings_missing_in_a_preset_come_from_the_config_file(folder: Path) -> None:
    written(folder, "mine", "[settings]\nnireq = 4\n")

    async def act(stage: Stage) -> None:
        await opened(stage, "mine")
        await stage.press("enter")
        assert stage.app.staging.staged == {"nireq": 4, "precision": "f16"}

    defaults = Settings(device="AUTO:GPU,CPU", precision="f16")
    on_stage(act, preferences=Preferences(defaults=defaults))


def test_settings_read_at_the_start_are_named_and_left_out(folder: Path) -> None:
    written(folder, "mine", "[settings]\ndevice = 'AUTO:GPU,CPU'\nnireq = 16\nrequests = 20\n")

    async def act(stage: Stage) -> None:
        await opened(stage, "mine")
        assert "20 (only at the start)" in detail(stage)
        await stage.press("enter")
        assert stage.app.staging.staged == {}
        assert "mine changes nothing; requests is read when a session starts" in stage.text(EventLine)

    on_stage(act)


def test_saved_settings_include_the_staged_and_load_again(folder: Path) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("s", "h", "escape")
        await opened(stage)
        await stage.press("s", *"evening", "enter")
        assert "saved to" in word(stage)
        assert "with the 1 staged" in word(stage)
        page = stage.app.screen
        assert page.rows.chosen.name == "evening"
        assert "nothing differs" in detail(stage)
        await stage.press("escape", "s", "U", "p", "enter")
        assert stage.app.staging.staged == {"hint": "cumulative_throughput"}

    on_stage(act)
    saved = presets.find("evening")
    assert saved.settings == {"device": "AUTO:GPU,CPU", "hint": "cumulative_throughput", "nireq": 16}


def test_an_existing_preset_is_overwritten_only_when_confirmed(folder: Path) -> None:
    path = written(folder, "mine", "[settings]\nnireq = 4 # a comment\n")

    async def act(stage: Stage) -> None:
        await opened(stage, "mine")
        await stage.press("s", "enter")
        assert "enter again overwrites it" in word(stage)
        assert "nireq = 4 # a comment" in path.read_text()
        await stage.press("enter")
        assert "nireq = 16 # a comment" in path.read_text()

    on_stage(act)


def test_shipped_presets_can_be_copied_but_not_renamed_or_deleted(folder: Path) -> None:
    async def act(stage: Stage) -> None:
        page = await opened(stage, "auto-latency")
        for key in ("d", "d", "r"):
            await stage.press(key)
            assert "auto-latency is ovtui's own" in word(stage)
        await stage.press("c", *"auto-latency", "enter")
        assert "comes with ovtui and is read-only" in word(stage)
        await stage.press("escape", "c", *"low", "enter")
        assert page.rows.chosen.name == "low"
        await stage.press("r", *["backspace"] * 3, *"lower", "enter")
        assert page.rows.chosen.name == "lower"
        await stage.press("d")
        assert "delete lower for good? enter deletes, esc keeps it" in word(stage)
        for key in ("j", "k", "d", "d"):  # none of them is the answer
            await stage.press(key)
            assert (folder / "lower.toml").exists()
        await stage.press("d", "escape")
        assert page.is_current
        await stage.press("enter")
        assert (folder / "lower.toml").exists()
        await opened(stage, "lower")
        await stage.press("d", "enter")
        assert not (folder / "lower.toml").exists()
        assert isinstance(stage.app.screen, PresetsScreen)

    on_stage(act)


@pytest.mark.parametrize("name", ["Big Letters", "auto-latency", "list", ""])
def test_an_invalid_name_is_explained_and_can_be_typed_again(name: str, folder: Path) -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        await stage.press("s", *name, "enter")
        assert "preset" in word(stage)
        await stage.press(*["backspace"] * len(name), *"fine", "enter")
        assert "saved to" in word(stage)

    on_stage(act)
    assert [path.name for path in folder.iterdir()] == ["fine.toml"]


def test_an_unusable_file_and_its_setting_are_named(folder: Path) -> None:
    written(folder, "broken", "[settings]\nnireq = 'many'\n")

    async def act(stage: Stage) -> None:
        await opened(stage)
        assert "broken.toml" in word(stage)
        assert "nireq" in word(stage)
        await stage.press("enter")
        assert stage.app.screen is stage.app.overview

    on_stage(act)


def test_a_read_only_view_loads_nothing() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        await stage.press("enter")
        assert "read-only" in word(stage)
        await stage.press("q")
        assert stage.app.screen is stage.app.overview
        assert stage.app.is_running

    source = FakeSource()
    source.read_only = True
    on_stage(act, source)


def test_it_opens_over_every_view() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("2", "p", "down", "enter")
        assert stage.app.screen is stage.app.overview
        assert stage.app.staging.staged

    on_stage(act)
