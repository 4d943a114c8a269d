"""A TAB in real shells: the scripts that `ovtui completion` prints, asked in interactive bash, zsh and fish."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.fixture_types import Headless
from harness.program import Program

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "PS1='$ '; eval \"$(ovtui completion bash)\""),
    "zsh": (["zsh", "-f", "-i"], "PS1='$ '; eval \"$(ovtui completion zsh)\""),
    "fish": (["fish", "--no-config", "-i"], "function fish_prompt; echo '$ '; end; ovtui completion fish | source"),
}
CASES = [
    ("ovtui repo", "ovtui report"),
    ("ovtui demo-ma", "ovtui demo-matmul"),
    ("ovtui run --hint thr", "ovtui run --hint throughput"),
    ("ovtui --hint=lat", "ovtui --hint=latency"),
    ("ovtui -d AUTO:GPU.0,C", "ovtui -d AUTO:GPU.0,CPU"),
    ("ovtui -d 'BATCH:NP", "ovtui -d 'BATCH:NPU'"),
    ("ovtui --preset nig", "ovtui --preset night"),
    ("ovtui presets show auto-l", "ovtui presets show auto-latency"),
    ("ovtui config ch", "ovtui config check"),
    ("ovtui replay 2026", "ovtui replay 20260102-030405-abcdef.ovtui"),
    ("ovtui replay kept/f", "ovtui replay kept/first.ovtui"),
    ("ovtui run mo", "ovtui run models/"),
    ("ovtui run models/n", r"ovtui run models/net\ one.xml"),
    ("ovtui run 'models/n", "ovtui run 'models/net one.xml'"),
    ("ovtui run -i ~/pic", "ovtui run -i ~/pictures/"),
    ("ovtui --set CPU.PERF_COU", "ovtui --set CPU.PERF_COUNT="),
    ("ovtui --set PERF_COUNT=Y", "ovtui --set PERF_COUNT=YES"),
    ("ovtui --arrival trace:three", "ovtui --arrival trace:three-hints"),
    ("ovtui export --to js", "ovtui export --to jsonl"),
    ("ovtui completion f", "ovtui completion fish"),
]
"""What is typed, and the line after a TAB."""
IN_QUOTES = [
    ("'it", {"bash": r"'it'\''s.ovtui'", "zsh": r"'it'\''s.ovtui'", "fish": r"'it\'s.ovtui'"}),
    ('"do', dict.fromkeys(SHELLS, r'"do\$llar.ovtui"')),
    ('"it', dict.fromkeys(SHELLS, '"it\'s.ovtui"')),
    ("'do", dict.fromkeys(SHELLS, "'do$llar.ovtui'")),
    ('"dir blank/i', dict.fromkeys(SHELLS, '"dir blank/inner.ovtui"')),
    ("'dir blank/i", dict.fromkeys(SHELLS, "'dir blank/inner.ovtui'")),
    ("it", dict.fromkeys(SHELLS, r"it\'s.ovtui")),
    ("do", dict.fromkeys(SHELLS, r"do\$llar.ovtui")),
    (r"dir\ blank/i", dict.fromkeys(SHELLS, r"dir\ blank/inner.ovtui")),
]
"""What is typed behind `ovtui replay`, and what each shell makes of it."""
KILL_LINE = "\x15"


@pytest.fixture
def folder(tmp_path: Path, program_env: dict[str, str]) -> Path:
    """The current folder of the shells, with what there is to complete in it and in the folders of ovtui."""
    here = tmp_path / "here"
    sessions = Path(program_env["XDG_STATE_HOME"]) / "ovtui" / "sessions"
    presets = Path(program_env["XDG_CONFIG_HOME"]) / "ovtui" / "presets"
    for made in (here / "models", here / "kept", sessions, presets, Path(program_env["HOME"]) / "pictures"):
        made.mkdir(parents=True)
    for file in (here / "models" / "net one.xml", here / "models" / "net one.bin", here / "kept" / "first.ovtui"):
        file.touch()
    (sessions / "20260102-030405-abcdef.ovtui").touch()
    (presets / "night.toml").write_text("[settings]\ndevice = 'CPU'\n")
    (sessions.parent / "devices.json").write_text(json.dumps({"CPU": "A CPU", "GPU.0": "A GPU"}))
    return here


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, folder: Path, program_env: dict[str, str]) -> Iterator[Program]:
    """An interactive shell that has read its script."""
    command, set_up = SHELLS[request.param]
    if shutil.which(command[0]) is None:
        pytest.skip(f"needs {command[0]}: .dev/packages {command[0]}")
    env = {**program_env, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{program_env['PATH']}"}
    with Program(["env", "-C", str(folder), *command], env, columns=100, rows=50) as program:
        program.type(f"{set_up}; echo rea''dy\r")
        program.wait_for(lambda text: "\nready\n" in text and text.splitlines()[-1] == "$")
        yield program


def expect(shell: Program, typed: str, completed: str) -> None:
    shell.type(f"{typed}\t")
    shell.wait_for(lambda text: f"$ {completed}" in text.splitlines())
    shell.type(KILL_LINE)


def test_a_tab_completes(shell: Program) -> None:
    for typed, completed in CASES:
        expect(shell, typed, completed)


def test_a_tab_keeps_quotes_balanced(shell: Program, folder: Path, request: pytest.FixtureRequest) -> None:
    (folder / "dir blank").mkdir()
    for name in ("it's.ovtui", "do$llar.ovtui", "dir blank/inner.ovtui"):
        (folder / name).touch()
    for typed, completed in IN_QUOTES:
        expect(shell, f"ovtui replay {typed}", f"ovtui replay {completed[request.node.callspec.params['shell']]}")


def test_a_second_tab_lists_what_may_follow(shell: Program) -> None:
    shell.type("ovtui sess\t--js\t")
    shell.wait_for("ovtui sessions --json")
    shell.type(KILL_LINE)
    shell.type("ovtui presets re\tn")
    shell.wait_for("ovtui presets rename n")
    shell.type(KILL_LINE)
    shell.type("ovtui rep\t\t")
    shell.wait_for(lambda text: "replay" in text and "report" in text)


def test_a_run_leaves_its_devices_for_completion(headless: Headless, program_env: dict[str, str]) -> None:
    assert headless("run", "demo-matmul", "-d", "CPU", "-n", "3").returncode == 0
    kept = Path(program_env["XDG_STATE_HOME"]) / "ovtui" / "devices.json"
    assert "CPU" in json.loads(kept.read_text())


def test_each_shell_gets_its_script(headless: Headless) -> None:
    for shell, sign in (("bash", "complete -F _ovtui ovtui"), ("zsh", "#compdef ovtui"), ("fish", "--command ovtui")):
        done = headless("completion", shell)
        assert done.returncode == 0
        assert sign in done.stdout
    assert headless("completion", "csh").returncode == 2
