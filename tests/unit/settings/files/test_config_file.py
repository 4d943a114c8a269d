"""The config file as a layer of settings, and its writing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ovtui.settings.errors import SettingsError
from ovtui.settings.files import config
from ovtui.settings.files.config import Config
from ovtui.settings.keymap.resolve import KeyProblem
from ovtui.settings.layers import resolve, resolve_display
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.settings import Settings, fields


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Path of the config file of this test; the file does not exist yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "ovtui" / "config.toml"


def written(path: Path, text: str) -> Config:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return config.load()


def test_without_a_file_there_is_nothing_and_nothing_is_wrong(path: Path) -> None:
    found = config.load()
    assert (found.path, found.settings, found.view, found.keys, found.problems) == (path, {}, {}, {}, [])
    assert resolve({}, {}, "", found).settings == Settings()
    assert not path.parent.exists(), "reading writes nothing"


def test_a_file_that_cannot_be_read_is_not_taken_for_an_absent_one(path: Path) -> None:
    path.mkdir(parents=True)
    found = config.load()
    assert [str(problem) for problem in found.problems] == [f"{path}: cannot be read: Is a directory"]
    with pytest.raises(SettingsError, match="Is a directory"):
        resolve({}, {}, "", found)


def test_flags_over_variables_over_the_preset_over_the_file_over_the_defaults(path: Path, tmp_path: Path) -> None:
    preset = tmp_path / "p.toml"
    preset.write_text("[settings]\nnireq = 3\nseed = 3\nhint = 'latency'\n")
    file = written(
        path, "[settings]\nnireq = 2\nseed = 2\nhint = 'none'\nnthreads = 2\nproperties = { A = 1, B = 1 }\n"
    )
    found = resolve(
        {"nireq": 5, "properties": {"B": "5"}},
        {"OVTUI_NIREQ": "4", "OVTUI_SEED": "4", "OVTUI_RATE": ""},
        str(preset),
        file,
    )
    values = found.settings
    assert (values.nireq, values.seed, values.hint, values.nthreads, values.rate) == (5, 4, "latency", 2, 0.0)
    assert values.properties == {"A": "1", "B": "5"}
    origin = {
        "nireq": "flag", "seed": "OVTUI_SEED", "hint": f"preset {preset}", "nthreads": "config file", "rate": "default",
        "properties.A": "config file", "properties.B": "flag",
    }  # fmt: skip
    assert {name: found.origin[name] for name in origin} == origin
    assert set(found.set_explicitly()) == {"nireq", "seed", "hint", "nthreads", "properties"}


def test_a_property_that_is_a_setting_gives_way_to_a_higher_source(path: Path) -> None:
    file = written(path, "[settings.properties]\nPERFORMANCE_HINT = 'LATENCY'\nNUM_STREAMS = 2\n")
    found = resolve({"hint": "none"}, {"OVTUI_PROPERTIES": "NUM_STREAMS=3"}, "", file)
    assert (found.settings.hint, found.settings.nstreams, found.settings.properties) == ("none", "3", {})
    assert (found.origin["hint"], found.origin["nstreams"]) == ("flag", "OVTUI_PROPERTIES")


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        ("OVTUI_NIREQ", "x", "OVTUI_NIREQ: in flight: 'x' is not a whole number"),
        ("OVTUI_NIREQ", "5000", "OVTUI_NIREQ: in flight: 5000 is out of range"),
        ("OVTUI_PROPERTIES", "PERF_COUNT=maybe", "OVTUI_PROPERTIES: PERF_COUNT: 'maybe' is not YES or NO"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(variable: str, text: str, expected: str) -> None:
    with pytest.raises(SettingsError) as refused:
        resolve({}, {variable: text}, "")
    assert str(refused.value).startswith(expected)


def test_a_file_that_is_wrong_is_refused_whole_by_what_runs(path: Path) -> None:
    file = written(path, "[settings]\nnireq = 4\n[view]\ntheme = 'pink'\n[vieww]\n")
    assert file.settings == {"nireq": 4}
    for attempt in (lambda: resolve({}, {}, "", file), lambda: resolve_display({}, {}, file)):
        with pytest.raises(SettingsError) as refused:
            attempt()
        assert f"{path}:4: view.theme: 'pink' is not one of dark, light, terminal, high-contrast" in str(refused.value)
        assert f"{path}:5: vieww: unknown" in str(refused.value)


def test_wrong_keys_do_not_stop_anything(path: Path) -> None:
    file = written(path, "[keys]\nfreeze = 'nonsense'\nzoom = 3\n")
    assert file.problems == []
    file.raise_problems()
    assert file.keys == {"freeze": "nonsense", "zoom": 3}
    assert str(file.key_problem(KeyProblem("zoom", "no good"))) == f"{path}:3: keys.zoom: no good"


def test_the_look_has_the_same_sources(path: Path) -> None:
    file = written(path, "[view]\ntheme = 'light'\nglyphs = 'ascii'\nrefresh_hz = 2\n")
    found = resolve_display({"glyphs": "block"}, {"OVTUI_THEME": "high-contrast", "OVTUI_LOW_BANDWIDTH": "yes"}, file)
    assert found.view == DisplaySettings(theme="high-contrast", glyphs="block", low_bandwidth=True, refresh_hz=2.0)
    assert found.origin == {
        "theme": "OVTUI_THEME", "glyphs": "flag", "low_bandwidth": "OVTUI_LOW_BANDWIDTH", "refresh_hz": "config file",
        "mouse": "default",
    }  # fmt: skip


@pytest.mark.parametrize("hz", [0.1, 21.0, float("nan")])
def test_the_looks_numbers_have_ranges(hz: float) -> None:
    with pytest.raises((SettingsError, msgspec.ValidationError), match="refresh"):
        DisplaySettings(refresh_hz=hz)


def test_saving_makes_the_file_and_it_is_read_again(path: Path) -> None:
    assert config.save(view={"theme": "light"}, keys={"freeze": ["f"], "zoom": ["z", "plus"]}) == path
    found = config.load()
    assert (found.view, found.keys) == ({"theme": "light"}, {"freeze": "f", "zoom": ["z", "plus"]})
    assert found.problems == []


def test_saving_changes_only_what_is_given_and_keeps_comments(path: Path) -> None:
    text = "# mine\n[settings]\nnireq = 4  # four\n\n[view]\n# dark is for nights\ntheme = 'light'\nmouse = false\n"
    written(path, text)
    config.save(view={"theme": "light"})
    assert path.read_text() == text, "nothing has changed"
    config.save(view={"theme": "dark", "mouse": None}, settings={"rate": 30.0})
    after = path.read_text()
    assert "# mine\n[settings]\nnireq = 4  # four\n" in after
    assert '# dark is for nights\ntheme = "dark"' in after
    found = config.load()
    assert (found.settings, found.view) == ({"nireq": 4, "rate": 30.0}, {"theme": "dark"})


def test_every_setting_can_be_saved_as_it_is(path: Path) -> None:
    values = {name: getattr(Settings(batch_timeout_ms=5), name) for name in fields()}
    config.save(settings=values)
    assert {name: value for name, value in values.items() if value != {}} == config.load().settings


def test_nothing_is_saved_that_would_not_be_read_again(path: Path) -> None:
    with pytest.raises(SettingsError, match=r"view\.theme: 'pink' is not one of"):
        config.save(view={"theme": "pink"})
    assert not path.exists()
    written(path, "not toml")
    with pytest.raises(SettingsError, match="nothing is written"):
        config.save(view={"theme": "dark"})
    assert path.read_text() == "not toml"
