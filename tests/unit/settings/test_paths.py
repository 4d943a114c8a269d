"""`~` in every setting that is a path, from every place where it can be set."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ovtui.cli.options import settings_from, settings_options
from ovtui.cli.output import json_option
from ovtui.settings.changes import convert, with_changes
from ovtui.settings.files import config, presets
from ovtui.settings.layers import resolve
from ovtui.settings.model_names import is_model
from ovtui.settings.paths import expand_home
from ovtui.settings.schema.settings import Settings, fields

VALUES = {"model": "~/m.xml", "cache_dir": "~/cache", "arrival": "trace:~/t.csv"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in fields():
        monkeypatch.delenv(f"OVTUI_{name.upper()}", raising=False)
    return tmp_path


def expanded(settings: Settings) -> bool:
    home = str(Path.home())
    found = [settings.model, settings.cache_dir, settings.arrival.partition(":")[2]]
    assert found == [f"{home}/m.xml", f"{home}/cache", f"{home}/t.csv"]
    return True


def toml() -> str:
    return "[settings]\n" + "".join(f'{name} = "{value}"\n' for name, value in VALUES.items())


def test_from_every_layer(home: Path) -> None:
    assert expanded(resolve(VALUES, {}, "").settings)
    assert expanded(resolve({}, {f"OVTUI_{name.upper()}": value for name, value in VALUES.items()}, "").settings)
    (home / "mine.toml").write_text(toml())
    assert expanded(resolve({}, {}, "~/mine.toml").settings)
    assert expanded(presets.find("~/mine.toml").applied_to(Settings()))
    assert expanded(resolve({}, {}, "", config.parse(home / "config.toml", toml())).settings)
    assert expanded(with_changes(Settings(), VALUES))
    assert expanded(convert({name: fields()[name].read(value) for name, value in VALUES.items()}))  # the pane


def test_from_a_property(home: Path) -> None:
    assert convert({"properties": {"CACHE_DIR": "~/c"}}).cache_dir == f"{home}/c"
    kept = convert({"properties": {"GPU.CACHE_DIR": "~/c", "WEIGHTS_PATH": "~/w"}}).properties
    assert kept == {"GPU.CACHE_DIR": f"{home}/c", "WEIGHTS_PATH": f"{home}/w"}


def test_a_name_that_begins_with_it_and_a_home_of_nobody(home: Path) -> None:
    assert convert({"model": "./~x"}).model == "./~x"
    assert expand_home("~nobody-of-this-name/m.xml") == "~nobody-of-this-name/m.xml"
    assert expand_home("~") == str(home)
    assert expand_home("a/~/b") == "a/~/b"


def test_a_word_is_a_model_as_the_engine_sees_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    assert is_model("~")
    assert not is_model("nothing")
    (home / "broken").symlink_to("gone")
    assert is_model("broken")


def test_on_the_command_line(home: Path) -> None:
    @click.command()
    @settings_options
    @json_option
    def command(json_path: str, **given: object) -> None:
        click.echo(f"{json_path} {settings_from(dict(given)).cache_dir}")

    done = CliRunner().invoke(command, ["--json=~/r.json", "--cache-dir=~/c"])
    assert done.output == f"{home}/r.json {home}/c\n"
