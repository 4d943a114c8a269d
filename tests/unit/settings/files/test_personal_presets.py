from __future__ import annotations

from pathlib import Path

import pytest

from ovtui.settings.changes import change_texts, convert
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import locations, preset_store, presets
from ovtui.settings.schema.settings import Settings

NIGHT = convert({"device": "GPU", "rate": "30ms", "nireq": 16, "properties": {"PERF_COUNT": "YES"}})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "ovtui" / "presets"


def test_a_saved_preset_brings_the_settings_back(folder: Path) -> None:
    path = preset_store.save("night", NIGHT, title="As every night")
    assert path == folder / "night.toml"
    found = presets.find("night")
    assert (found.name, found.title, found.is_shipped) == ("night", "As every night", False)
    assert found.applied_to(Settings()) == NIGHT
    assert set(found.settings) == {"device", "rate", "nireq", "properties"}


def test_what_the_config_file_names_is_kept_though_it_is_the_default() -> None:
    settings = Settings(device="CPU")
    preset_store.save("plain", settings, keep=["hint", "batch_timeout_ms"])
    found = presets.find("plain")
    assert set(found.settings) == {"device", "hint", "batch_timeout_ms"}
    assert found.applied_to(Settings(hint="latency", batch_timeout_ms=5)) == settings


def test_saving_again_keeps_comments_and_drops_what_is_no_more_set(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "night.toml").write_text(
        "# mine\ntitle = 'T'\nexpect = 'E'\n\n[settings]\nseed = 3\n# slow\nrate = 5.0  # a second\ndevice = 'GPU'\n"
    )
    preset_store.save("night", NIGHT)
    text = (folder / "night.toml").read_text()
    assert text.startswith("# mine\ntitle = 'T'\nexpect = 'E'\n\n[settings]\n")
    assert "# slow\nrate = 33.33" in text
    assert "  # a second" in text
    assert "device = 'GPU'" in text
    assert "seed" not in text
    assert presets.find("night").applied_to(Settings()) == NIGHT


def test_own_presets_are_found_first_and_never_written() -> None:
    own = presets.shipped_names()
    assert "batching-on" in own
    for attempt in (
        lambda: preset_store.save("batching-on", NIGHT),
        lambda: preset_store.delete("batching-on"),
        lambda: preset_store.rename("batching-on", "mine"),
        lambda: preset_store.copy("batching-off", "batching-on"),
    ):
        with pytest.raises(SettingsError, match="comes with ovtui and is read-only"):
            attempt()


def test_an_own_preset_can_be_copied_with_its_comments_and_changed() -> None:
    path = preset_store.copy("batching-on", "mine")
    assert path.read_text() == presets.find("batching-on").path.read_text()
    found = presets.find("mine")
    assert (found.is_shipped, found.settings) == (False, presets.find("batching-on").settings)
    with pytest.raises(SettingsError, match="exists already"):
        preset_store.copy("batching-off", "mine")


def test_rename_and_delete() -> None:
    preset_store.save("a", NIGHT)
    preset_store.save("b", Settings())
    with pytest.raises(SettingsError, match="exists already"):
        preset_store.rename("a", "b")
    preset_store.rename("a", "c")
    assert [preset.name for preset in presets.personal()[0]] == ["b", "c"]
    assert presets.find("c").applied_to(Settings()) == NIGHT
    preset_store.delete("c")
    assert presets.names() == [*presets.shipped_names(), "b"]
    with pytest.raises(SettingsError, match="no preset 'c' of yours; you have b"):
        preset_store.delete("c")
    with pytest.raises(SettingsError, match="no preset 'c' of yours"):
        preset_store.rename("c", "d")


@pytest.mark.parametrize("name", ["", "..", "a/b", "../x", "-x", "A", "ä", "a b", "x.toml", "a" * 65, "a\0", "a\n"])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(SettingsError, match="write up to 64 small letters"):
        preset_store.save(name, NIGHT)


@pytest.mark.parametrize("name", presets.RESERVED_NAMES)
def test_the_commands_words_are_no_names(name: str) -> None:
    with pytest.raises(SettingsError, match="subcommand of `ovtui presets`"):
        preset_store.save(name, NIGHT)


@pytest.mark.parametrize("name", ["a", "4-threads", "gpu.night_2"])
def test_names_that_can_be(name: str) -> None:
    preset_store.save(name, NIGHT)
    assert presets.find(name).name == name


def test_a_path_is_taken_as_one(tmp_path: Path) -> None:
    path = tmp_path / "some where.toml"
    path.write_text("[settings]\nnireq = 3\n")
    found = presets.find(str(path))
    assert (found.name, found.is_shipped, found.settings) == ("some where", False, {"nireq": 3})


@pytest.mark.parametrize("name", ["nihgt", "no/such.toml", "x" * 5000, "a\0b"])
def test_what_is_not_there(name: str) -> None:
    preset_store.save("night", NIGHT)
    with pytest.raises(SettingsError, match="neither a file nor one of") as refused:
        presets.find(name)
    assert ("did you mean night?" in str(refused.value)) == (name == "nihgt")


def test_a_preset_that_cannot_be_used_says_file_line_key_and_what_was_expected(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("title = 3\nexpcet = ''\n[settings]\nnireq = 'x'\n")
    with pytest.raises(SettingsError) as refused:
        presets.load(path)
    for part in (f"{path}:2: expcet: unknown", f"{path}:1: title: expected a text, not a whole number",
                 f"{path}:4: settings.nireq: 'x' is not a whole number"):  # fmt: skip
        assert part in str(refused.value)


def test_a_file_among_the_presets_that_cannot_be_used_is_told_and_the_others_are_listed(folder: Path) -> None:
    preset_store.save("good", NIGHT)
    (folder / "bad.toml").write_text("[settings]\nx = 1\n")
    (folder / "batching-on.toml").write_text("[settings]\n")
    found, wrong = presets.personal()
    assert [preset.name for preset in found] == ["good"]
    assert len(wrong) == 2
    assert "bad.toml:2: settings.x: no such setting" in wrong[0]
    assert "batching-on.toml: not used" in wrong[1]
    assert presets.find("batching-on").is_shipped


def test_differences_name_each_property_by_itself() -> None:
    old = convert({"properties": {"A": "1", "B": "2"}, "nireq": 2})
    new = convert({"properties": {"B": "3", "C": "4"}, "rate": "50/s", "nireq": 2})
    changes = [("rate", "closed", "50/s"), ("A", "1", ""), ("B", "2", "3"), ("C", "", "4")]
    assert change_texts(old, new) == changes
    assert change_texts(old, old) == []


def test_without_a_folder_there_are_only_our_own() -> None:
    assert not locations.presets_folder().exists()
    assert presets.personal() == ([], [])
    assert presets.names() == presets.shipped_names()
