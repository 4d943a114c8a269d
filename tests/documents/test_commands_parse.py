"""Every command of README.md, CONTRIBUTING.md and docs/ is one that the program takes: its options and values."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from documents.doc_commands import EVERY_COMMAND, PAGES, ROOT, DocCommand, blocks, mentioned_on

from ovtui.cli.benchmark_app.flags import parse as read_flags
from ovtui.cli.benchmark_app.translation import translate
from ovtui.cli.options import display_from, settings_from
from ovtui.cli.root import ovtui
from ovtui.records.session_file.shipped import shipped_recordings

FILES = (
    "model.xml", "model.onnx", "model.tflite", "frozen.pb", "inference.pdmodel", "model.blob", "net.xml", "text.xml",
    "llm/openvino_model.xml", "yolo_openvino_model/model.xml", "silero_vad_op18_ifless.onnx", "cat.jpg", "lines.txt",
    "run.ovtui", "line.ovtui", "settings.toml", "hosts",
)  # fmt: skip
"""Files of the reader's, which the commands name."""
A_NAME = "auto-latency"
"""What a reader puts for NAME: that of a demo, and of a preset."""
OF_THE_READER = {"quick": "-d CPU", "nightly": "-d CPU"}
"""Presets that a page saves before it uses them."""


def parse(words: list[str]) -> None:
    """Raises click.ClickException where the program would not take the command. Nothing is run."""
    context, command = ovtui.make_context("ovtui", list(words)), ovtui
    while isinstance(command, click.Group):
        if not context._protected_args and not context.args:
            return
        name, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None
        context, command = found.make_context(name, rest, parent=context), found
    given = {**context.params}
    if command.name == "demo" and given["name"] and given["name"] not in shipped_recordings():
        raise click.UsageError(f"no demo {given['name']}")
    if command.name == "benchmark_app" and given["arguments"]:
        translate(read_flags(given["arguments"]))
    if {"device", "rate"} <= given.keys():
        settings_from(given)
        if "theme" in given:
            display_from(given)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's folder, in which the files are that the commands name."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    presets = tmp_path / "config" / "ovtui" / "presets"
    presets.mkdir(parents=True)
    for name in OF_THE_READER:
        (presets / f"{name}.toml").write_text('[settings]\ndevice = "CPU"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(command: DocCommand) -> str:
    """What is wrong with a command; empty where nothing is."""
    program, *rest = command.words
    if program in ("ovtui", "./.dev/ovtui"):
        until = next((k for k, word in enumerate(rest) if word in (">", "|")), len(rest))
        try:
            words = [re.sub(r"^\[([A-Z]+)\]$", r"\1", word) for word in rest[:until]]
            parse([A_NAME if word == "NAME" else word for word in words])
        except click.exceptions.Exit as ended:  # --help
            return "" if ended.exit_code == 0 else f"exit code {ended.exit_code}"
        except click.ClickException as error:
            return error.format_message()
        return ""
    if program in ("./.dev/test", ".dev/ship-recording"):
        return "" if (ROOT / program).is_file() else "there is no such script"
    if program in ("python", "python3"):
        paths = [word for word in rest if word.endswith(".py")]
        return ", ".join(f"no file {path}" for path in paths if not (ROOT / path).is_file())
    return "" if program in ("sudo", "echo", "pipx", "pip") else f"nothing is known of {program}"


def test_the_program_takes_every_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(EVERY_COMMAND) > 60
    wrong = [f"{command.where}: {command.text}: {problem}" for command in EVERY_COMMAND if (problem := check(command))]
    assert not wrong, "\n".join(wrong)


def test_the_program_takes_every_command_that_a_page_mentions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mentioned = [command for page in PAGES for command in mentioned_on(page)]
    assert len(mentioned) > 60
    problems = [(command, check(command)) for command in mentioned]
    # A sentence may name an option without its value.
    wrong = [f"{c.where}: {c.text}: {what}" for c, what in problems if what and "requires an argument" not in what]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "text",
    ["ovtui run --no-such-option", "ovtui run --rate fast", "ovtui run --slo 'p99'", "ovtui run --preset none-of-them",
     "ovtui absent", "ovtui demo absent", "ovtui export --to pdf", "ovtui dashboard --theme pink", "make everything"],
)  # fmt: skip
def test_a_command_that_is_wrong_is_found(folder: Path, text: str) -> None:
    assert check(DocCommand("page", 1, text))


def test_blocks_are_found_in_both_forms() -> None:
    page = "Text\n\n    ovtui run\n    ovtui\n\nMore\n```sh\novtui demo\n```\n- item\n    goes on\n"
    found = [(block.language, block.line, [line for line in block.lines if line]) for block in blocks(page)]
    assert found == [("indented", 3, ["ovtui run", "ovtui"]), ("sh", 8, ["ovtui demo"])]
    assert PAGES[0].name == "README.md"


def test_a_limit_in_a_document_is_one_that_its_run_can_know() -> None:
    """Of a command with a rate and a duration: twice the requests that its strictest percentile needs, for neighbours
    that are alike count less (docs/statistics.md)."""
    looked_at = 0
    for command in EVERY_COMMAND:
        words = command.words
        if not {"--slo", "--rate", "-t"} <= {*words}:
            continue
        value = {flag: words[words.index(flag) + 1] for flag in ("--slo", "--rate", "-t")}
        requests = float(value["--rate"]) * float(value["-t"])
        for percentile in re.findall(r"\bp([\d.]+)\s*<", value["--slo"]):
            looked_at += 1
            assert requests > 2 * NEEDED[percentile], command.where
    assert looked_at >= 4


NEEDED = {"50": 7, "90": 44, "95": 90, "99": 662, "99.9": 6_630}
