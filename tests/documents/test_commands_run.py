"""The commands of the pages that answer a question are run, as they stand there, each once, in the order of its page.

Runs are cut short, and a file of the reader's is a tiny model. What is not run is named here, with the reason; that it
is written right is looked at in test_commands_parse.py."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from documents.doc_commands import QUESTIONS, ROOT, DocCommand, commands_of

from ovtui.cli.main import run

SHORTER = ((re.compile(r" (-t|--duration) \d+"), " -t 0.5"),)
"""The only change that is made to a command. One that names no duration gets it by OVTUI_DURATION_S, one that names no
model a tiny one by OVTUI_MODEL."""
NOT_RUN = {
    r"ovtui attach": "needs a terminal and a session: tests/engine/test_attach.py",
    r"ovtui bundle": "takes 10 s: tests/program/test_bundle.py",
    r"ovtui (doctor|devices|inspect)": "asks every driver for seconds: tests/program/test_doctor.py",
}
CODES = {r"--slo|--fail-if|--preset (single-stream|offline|quick|nightly)": (0, 3), r"ovtui (stop|stuck)": (1,)}
"""Exit codes of others than 0: a limit may not be known after half a second; no session runs."""
_PAGES = {name: commands_of(ROOT / "docs" / f"{name}.md") for name in QUESTIONS}


def of_page(name: str) -> list[DocCommand]:
    """Those that no page before it has, too."""
    before = {command.typed for page in QUESTIONS[: QUESTIONS.index(name)] for command in _PAGES[page]}
    return [command for command in _PAGES[name] if command.typed not in before]


def why_not_run(command: DocCommand) -> str:
    return next((why for pattern, why in NOT_RUN.items() if re.search(pattern, command.typed)), "")


def codes_of(command: DocCommand) -> tuple[int, ...]:
    return next((codes for pattern, codes in CODES.items() if re.search(pattern, command.typed)), (0,))


_WITHOUT_ENGINE = re.compile(r"ovtui (demo|replay|report|export|compare|presets|config|sessions|stop|stuck)( [^|>]*)?$")


@pytest.fixture
def desk(tmp_path: Path, program_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment in which `ovtui` is this checkout's; the current folder is one with a reader's model in it."""
    import openvino as ov
    from openvino import opset13 as op

    folder = tmp_path / "desk"
    folder.mkdir()
    image = op.parameter([1, 3, 8, 8], ov.Type.f32, name="image")
    ov.save_model(ov.Model([op.relu(image)], [image], "model"), folder / "model.xml")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ovtui").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ovtui "$@"\n')
    (programs / "ovtui").chmod(0o755)
    short = {"OVTUI_DURATION_S": "0.5", "OVTUI_MODEL": str(folder / "model.xml")}
    env = {**program_env, **short, "PATH": f"{programs}:{program_env['PATH']}"}
    monkeypatch.chdir(folder)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return env


def perform(command: DocCommand, env: dict[str, str], capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Runs a command; returns its exit code and its output. One that starts nothing runs in this process, which spares
    the start of an interpreter; all others in a shell."""
    text = command.typed
    for pattern, short in SHORTER:
        text = pattern.sub(short, text)
    if _WITHOUT_ENGINE.match(text):
        code = run(shlex.split(text)[1:])
        return code, "".join(capfd.readouterr())
    done = subprocess.run(
        ["bash", "-c", text], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.parametrize("page", QUESTIONS)
def test_the_commands_of_a_page_work(
    page: str, desk: dict[str, str], no_leftovers: None, capfd: pytest.CaptureFixture[str]
) -> None:
    for command in of_page(page):
        if not why_not_run(command):
            code, output = perform(command, desk, capfd)
            assert code in codes_of(command), f"{command.where}: {command.text}\n{output[-2000:]}"
            assert "Traceback" not in output


def test_most_commands_are_run_and_every_reason_is_needed() -> None:
    every = [command for page in QUESTIONS for command in of_page(page)]
    run = [command for command in every if not why_not_run(command)]
    assert len(run) > 0.6 * len(every)
    assert {why_not_run(command) for command in every} - {""} == set(NOT_RUN.values())
