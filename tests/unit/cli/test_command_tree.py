"""The command tree: lazy commands, the default command, unknown words, and what is made from the tree."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ovtui.cli.groups import DefaultGroup, LazyGroup
from ovtui.cli.man_page import _leaves, man_page
from ovtui.cli.root import ovtui
from ovtui.settings.model_names import BUILT_IN_MODELS, is_model
from ovtui.settings.schema.fields import fields_of
from ovtui.settings.schema.settings import Settings

MAN_PAGE = Path(__file__).parents[3] / "docs" / "ovtui.1"


def every_command(group: click.Group = ovtui, context: click.Context | None = None) -> Iterator[click.Command]:
    context = context or click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield command
        if isinstance(command, click.Group):
            yield from every_command(command, click.Context(command, parent=context))


def test_every_command_can_be_imported_and_has_its_name() -> None:
    context = click.Context(ovtui)
    for name in ovtui.list_commands(context):
        command = ovtui.get_command(context, name)
        assert command is not None
        assert command.name == name


def test_every_command_has_a_short_help_that_fits_a_line() -> None:
    for command in every_command():
        assert command.get_short_help_str()
        assert not command.get_short_help_str().endswith("..."), command.name


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["completion", "bash"], ["ovtui.cli.run", "ovtui.cli.presets", "msgspec"]),
        (["demo", "--help"], ["ovtui.cli.run", "msgspec"]),
        (["run", "--help"], ["ovtui.cli.report", "ovtui.host.client", "numpy"]),
    ],
)
def test_a_command_is_imported_when_it_is_asked_for(arguments: list[str], absent: list[str]) -> None:
    look = (
        "import sys\nfrom ovtui.cli.root import ovtui\n"
        f"ovtui.main({arguments!r}, prog_name='ovtui', standalone_mode=False)\n"
        f"found = [name for name in {absent!r} if name in sys.modules]\nassert not found, found"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def small_tree() -> DefaultGroup:
    group = DefaultGroup("tree", alone="first", default="first", accepts=lambda word: word != "nonsense")

    @group.command()
    @click.argument("word", required=False)
    @click.option("--number")
    def first(word: str | None, number: str | None) -> None:
        click.echo(f"first {word} {number}")

    @group.command()
    def second() -> None:
        click.echo("second")

    return group


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        ([], "first None None\n"),
        (["second"], "second\n"),
        (["first"], "first None None\n"),
        (["third"], "first third None\n"),
        (["--number", "3"], "first None 3\n"),
        (["--number", "3", "second"], "first second 3\n"),
        (["--", "--odd"], "first --odd None\n"),
    ],
)
def test_the_default_command_takes_what_names_no_command(arguments: list[str], output: str) -> None:
    assert CliRunner().invoke(small_tree(), arguments).output == output


def test_a_group_without_a_default_refuses_a_word_that_it_does_not_know() -> None:
    group = LazyGroup("tree", lazy_subcommands={"report": "ovtui.cli.report:report"})
    assert CliRunner().invoke(group, ["reprot"]).exit_code == 2
    refused = CliRunner().invoke(small_tree(), ["nonsense"])
    assert (refused.exit_code, "no command 'nonsense'" in refused.output) == (2, True)


def test_what_can_be_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved").mkdir()
    assert all(is_model(word) for word in ("saved", "no-such.xml", "nowhere/model", ".", *BUILT_IN_MODELS))
    assert not any(is_model(word) for word in ("reprot", "demo-cn", "x" * 5000))


def test_the_built_in_models_are_those_that_the_engine_builds() -> None:
    from ovtui.engine.model import builtin_models

    assert tuple(builtin_models.BUILTIN) == BUILT_IN_MODELS


def test_the_man_page_is_what_the_command_tree_says() -> None:
    made = "run: python -m ovtui.cli.man_page > docs/ovtui.1"
    assert MAN_PAGE.read_text(encoding="utf-8") == man_page(ovtui), made


def test_the_man_page_has_every_command_and_option() -> None:
    text = man_page(ovtui).replace("\\-", "-")
    for command in every_command():
        assert f" {command.name} [OPTIONS]" in text or isinstance(command, click.Group)
        for parameter in command.params:
            for option in parameter.opts if isinstance(parameter, click.Option) else ():
                assert f"\\fB{option}\\fR" in text, f"{command.name} {option}"
    for option in ("--version", "-h", "--help"):
        assert f"\\fB{option}\\fR" in text


def test_the_man_page_shows_commands_in_bold_and_no_backtick() -> None:
    text = man_page(ovtui)
    assert "`" not in text
    assert r"\(ga" not in text
    assert r"it does what \fBovtui run\fR does." in text


def test_the_man_page_names_every_command_that_takes_settings() -> None:
    context = click.Context(ovtui, info_name="ovtui")
    taking = [
        sub_context.command_path
        for sub_context, command in _leaves(context, ovtui)
        if {*fields_of(Settings)} <= {parameter.name for parameter in command.params}
    ]
    [line] = re.findall(r"\.SH SETTINGS\n(.*)", man_page(ovtui))
    line = line.replace(r"\-", "-")
    assert {path for path in re.split("Of |, | and |\\.$", line) if path} == {"ovtui", *taking}
