"""Every setting is in the command line, the settings pane, the config template, docs/settings.md and presets. The
checks themselves are shown to find a missing setting."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from ovtui.cli.dashboard import dashboard
from ovtui.cli.run import run
from ovtui.dashboard.settings_pane.pane_model import PaneList
from ovtui.settings.files import presets, toml_file
from ovtui.settings.files.config import load
from ovtui.settings.files.config_template import template, toml_value
from ovtui.settings.files.settings_docs import settings_page
from ovtui.settings.layers import from_environment
from ovtui.settings.openvino_properties.catalogue import catalogue
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.fields import Field, fields_of
from ovtui.settings.schema.settings import Settings, fields

DOCS = Path(__file__).parents[4] / "docs" / "settings.md"
SCHEMAS = (Settings, DisplaySettings)


def missing(known: Iterable[str], there: Iterable[str]) -> set[str]:
    return set(known) - set(there)


def parameters(command: click.Command) -> dict[str, list[str]]:
    return {parameter.name or "": list(parameter.opts) for parameter in command.params}


def in_template(text: str, schema: type[msgspec.Struct]) -> set[str]:
    """The settings whose line becomes a value when its '#' is removed."""
    return {name for name in fields_of(schema) if f"\n#{name} = " in text}


def in_docs(text: str) -> set[str]:
    return {line.removeprefix("### ") for line in text.splitlines() if line.startswith("### ")}


def example(field: Field) -> str:
    """A value in TOML."""
    return field.spec.example or toml_value(field.show(field.default) if field.spec.show else field.default)


@pytest.mark.parametrize("command", [run, dashboard])
def test_every_setting_has_its_flags(command: click.Command) -> None:
    there = parameters(command)
    assert not missing(fields(), there)
    for field in fields().values():
        for flag in field.spec.flags:
            assert flag.partition("/")[0] in there[field.name]


def test_the_dashboard_takes_every_setting_of_its_look() -> None:
    assert not missing(fields_of(DisplaySettings), parameters(dashboard))


def test_every_setting_has_its_row_in_the_pane() -> None:
    rows = [item.id for item in PaneList().items]
    # --set has no row of its own: the devices' properties stand there one by one.
    assert not missing([name for name, field in fields().items() if field.type is not dict], rows)
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_setting_is_in_the_template(schema: type[msgspec.Struct]) -> None:
    text = template()
    assert not missing(fields_of(schema), in_template(text, schema))
    for name in fields_of(schema):
        assert missing(fields_of(schema), in_template(text.replace(f"#{name} = ", f"#{name}="), schema)) == {name}


def test_the_docs_page_is_what_the_command_writes() -> None:
    assert DOCS.read_text(encoding="utf-8") == settings_page(), "run: ovtui config docs > docs/settings.md"


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_setting_is_in_the_docs(schema: type[msgspec.Struct]) -> None:
    text = settings_page()
    assert not missing(fields_of(schema), in_docs(text))
    for field in fields_of(schema).values():
        section = text.partition(f"### {field.name}\n")[2].partition("\n###")[0]
        assert field.env in section
        assert field.spec.help in section
        assert all(flag in section for flag in field.spec.flags)


@pytest.mark.parametrize("name", fields())
def test_every_setting_can_stand_in_a_preset_and_in_the_config_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / "one.toml"
    path.write_text(f"[settings]\n{name} = {example(fields()[name])}\n")
    assert not missing([name], load(path).settings)
    assert not load(path).problems
    assert list(presets.load(path).settings) == [name]


@pytest.mark.parametrize("name", fields_of(DisplaySettings))
def test_every_setting_of_the_look_can_stand_in_the_config_file(tmp_path: Path, name: str) -> None:
    field = fields_of(DisplaySettings)[name]
    path = tmp_path / "config.toml"
    path.write_text(f"[view]\n{name} = {example(field)}\n")
    found = load(path)
    assert (found.view, found.problems) == ({name: field.default}, [])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_setting_has_its_variable(schema: type[msgspec.Struct]) -> None:
    for field in fields_of(schema).values():
        text = field.show(field.default) or _some_text(field)
        found = from_environment(schema, {field.env: text, "OVTUI_NONSENSE": "1", "PATH": "/bin"})
        assert list(found) == [field.env]
        assert list(found[field.env]) == [field.name]


def test_properties_that_settings_fill_are_in_the_catalogue() -> None:
    for field in fields().values():
        if field.spec.property:
            assert catalogue()[field.spec.property].settable


def test_nothing_has_two_meanings() -> None:
    """Names, flags and variables of the two schemas together."""
    both = [field for schema in SCHEMAS for field in fields_of(schema).values()]
    unique: list[Callable[[Field], Any]] = [lambda field: field.name, lambda field: field.env]
    for of in unique:
        assert len({of(field) for field in both}) == len(both)
    flags = [part for field in both for flag in field.spec.flags for part in flag.split("/")]
    assert len(set(flags)) == len(flags)


def test_the_template_with_every_line_taken_in_is_a_config_file_of_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    lines = template().splitlines()
    path.write_text("\n".join(line[1:] if line[:1] == "#" and line[1:2].isalpha() else line for line in lines))
    found = load(path)
    assert not found.problems
    assert set(found.settings) >= set(fields()) - {"properties"}
    for field in fields().values():
        if not field.spec.example:
            assert found.settings[field.name] == field.default
    assert found.view == msgspec.structs.asdict(DisplaySettings())
    assert toml_file.read(path).table["keys"] == {}


def test_a_setting_whose_default_says_nothing_says_what_it_comes_to_and_shows_an_example() -> None:
    for schema in SCHEMAS:
        for field in fields_of(schema).values():
            assert field.show(field.default) or (field.spec.example and field.spec.unset_text), field.name


def _some_text(field: Field) -> str:
    return "PERF_COUNT=YES" if field.type is dict else str(tomllib.loads(f"value = {field.spec.example}")["value"])
