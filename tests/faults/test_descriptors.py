"""stdin, stdout and stderr that are closed, full, or without a reader when the program starts."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import leftovers
from harness.closed_descriptors import run_closed
from harness.fault_table import Fault, id_of
from harness.program import ovtui

from ovtui.records.session_file.shipped import shipped_recordings

RECORDING = str(shipped_recordings()["batch-timeout-1000"])
ALL = ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2))
RUN = ("run", "-d", "CPU", "-n", "5")


@dataclass(frozen=True)
class Closed(Fault):
    arguments: tuple[str, ...] = ()
    subsets: tuple[tuple[int, ...], ...] = ()
    code_without_stdout: int = 0


def closed(arguments: str, outcome: str, code: int | None = 0, *, without: int = 0) -> Closed:
    """A row of a command with each of its subsets closed; `without`: the exit code where stdout is one of them."""
    words = tuple(RECORDING if word == "FILE" else word for word in arguments.split())
    subsets = ALL if words[0] == "--version" else ((1,), (0, 1, 2)) if RECORDING in words else ((0,), (1,), (2,))
    return Closed(
        f"ovtui {arguments} with 0, 1 or 2 closed", outcome, code, "terminal and start", words, subsets, without
    )


TEXT = "what is for the closed one is dropped, the rest is as ever"
NOWHERE = "as ever; one sentence and 1 where stdout is closed"
CLOSED = [
    closed("--version", TEXT),
    closed("--help", TEXT),
    closed("completion bash", TEXT),
    closed("config docs", TEXT),
    closed("config show", TEXT),
    closed("presets", TEXT),
    closed("demo --list", TEXT),
    closed("sessions", TEXT),
    closed("sessions --json", NOWHERE, without=1),
    closed("replay FILE", TEXT),
    closed("replay FILE --json -", NOWHERE, without=1),
    closed("report FILE -o -", NOWHERE, without=1),
    closed("export FILE --to hgrm", NOWHERE, without=1),
    closed("run no-model", "the sentence is on stderr where there is one", 2, without=2),
]


@dataclass(frozen=True)
class Redirected(Fault):
    arguments: tuple[str, ...] = ()
    redirection: str = ""
    told: str = ""
    """What stderr says; empty where it says nothing of it."""


def row(redirection: str, outcome: str, code: int, *arguments: str, told: str = "") -> Redirected:
    words = arguments or ("--version",)
    name = " ".join(words).replace(RECORDING, "FILE")
    return Redirected(f"ovtui {name} {redirection}", outcome, code, "terminal and start", words, redirection, told)


FULL = "the output cannot be written to stdout: No space left on device"
REDIRECTED = [
    row("> /dev/full", "one sentence", 1, told=FULL),
    row("> /dev/full", "one sentence", 1, "--help", told=FULL),
    row("> /dev/full", "one sentence", 1, "config", "docs", told=FULL),
    row("> /dev/full", "one sentence", 1, "replay", RECORDING, told=FULL),
    row("> /dev/full", "one sentence", 1, "export", RECORDING, "--to", "csv", told=FULL),
    row("2> /dev/full", "the exit code is as ever", 2, "run", "no-model"),
    row("2> /dev/full", "the result is there", 0, "replay", RECORDING),
    row("2< /dev/null", "a stderr that can only be read from: the exit code is as ever", 2, "run", "no-model"),
    row("1< /dev/null", "a stdout that can only be read from: one sentence", 1, told="Bad file descriptor"),
    row("1< /dev/null", "told before the recording is read", 1, "replay", RECORDING, "--json", "-",
        told="--json - has nowhere to go: stdout can only be read from; name a file or open stdout"),
    row("| true", "the reader of stdout has gone: nothing is said", 1, "export", RECORDING, "--to", "csv"),
    row("2>&1 >/dev/null | true", "the reader of stderr has gone: the exit code is as ever", 2, "run", "no-model"),
]  # fmt: skip
RUNS = [
    Fault("ovtui run --json FILE with 0, 1 or 2 closed", "FILE is written", 0, "terminal and start"),
    Fault("ovtui run --json - >&-", "one sentence before anything is measured", 1, "terminal and start"),
    Fault("host and engine of a run whose 0, 1 and 2 are closed", "have three of their own", 0, "terminal and start"),
    Fault("a terminal's stdout with O_NONBLOCK that is read slowly", "everything arrives", 0, "terminal and start"),
]
FAULTS: list[Fault] = [*CLOSED, *REDIRECTED, *RUNS]


@pytest.mark.parametrize("fault", CLOSED, ids=id_of)
def test_closed(fault: Closed, program_env: dict[str, str]) -> None:
    command = ovtui(*fault.arguments)
    whole = run_closed(command, program_env, ())
    assert whole.code == fault.code
    for subset in fault.subsets:
        done = run_closed(command, program_env, subset)
        assert done.code == (fault.code_without_stdout if 1 in subset else fault.code), (subset, done.err)
        assert "Traceback" not in done.err
        if 1 not in subset:
            assert done.out == whole.out
        if 2 not in subset:
            refused = 1 in subset and fault.code_without_stdout == 1
            assert ("stdout is closed" in done.err) == refused
            assert refused or done.err == whole.err


@pytest.mark.parametrize("fault", REDIRECTED, ids=id_of)
def test_redirected(fault: Redirected, program_env: dict[str, str], tmp_path: Path) -> None:
    told = tmp_path / "told"
    if "|" in fault.redirection:
        done = run_without_reader(fault, program_env)
    else:
        script = f'out=$1; shift; "$@" {fault.redirection}' + (' 2>>"$out"' if "2" not in fault.redirection else "")
        done = subprocess.run(
            ["bash", "-c", script, "bash", str(told), *ovtui(*fault.arguments)],
            env=program_env, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    err = told.read_text() if told.exists() else done.stderr or ""
    assert done.returncode == fault.code, err
    assert "Traceback" not in err
    assert "Exception" not in err
    if fault.told:
        assert err.count("ovtui: ") == 1
        assert fault.told in err
    if "replay" in fault.arguments and fault.code == 0:
        assert "throughput" in done.stdout


def run_without_reader(fault: Redirected, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """As a shell does it, but that the reader has gone before the program starts: how soon `true` does nobody knows."""
    read, write = os.pipe()
    os.close(read)
    streams = (subprocess.DEVNULL, write) if "2>&1" in fault.redirection else (write, subprocess.PIPE)
    try:
        return subprocess.run(
            ovtui(*fault.arguments), env=env, stdout=streams[0], stderr=streams[1], text=True, timeout=120, check=False
        )
    finally:
        os.close(write)


@pytest.mark.parametrize("subset", [(1,), (2,), (0, 1, 2)])
def test_a_run_writes_its_json(subset: tuple[int, ...], program_env: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    done = run_closed(ovtui(*RUN, "--json", str(path)), program_env, subset)
    assert done.code == 0, done.err
    assert json.loads(path.read_text())["requests"]["completed"] == 5
    assert ("throughput" in done.out.decode()) == (1 not in subset)


def test_a_json_that_has_nowhere_to_go_is_told_at_once(program_env: dict[str, str]) -> None:
    done = run_closed(ovtui(*RUN, "--json", "-"), program_env, (1,))
    assert done.code == 1
    assert done.err == "ovtui: --json - has nowhere to go: stdout is closed; name a file or open stdout\n"


def test_the_children_of_a_program_without_descriptors_have_three(
    program_env: dict[str, str], no_leftovers: None
) -> None:
    env = {**program_env, "OVTUI_KEEP_FOR": "1"}
    done = run_closed(ovtui("run", "-d", "CPU", "--rate", "50", "--detach"), env, (0, 1, 2))
    try:
        assert done.code == 0
        children = {leftovers.module_of(each): each for each in leftovers.marked(program_env[leftovers.MARK])}
        assert set(children) == {"ovtui.host", "ovtui.engine"}
        for child in children.values():
            opened = [str(Path(f"/proc/{child.pid}/fd/{number}").readlink()) for number in range(3)]
            assert opened[0] == os.devnull
            assert not any("socket" in name or name.endswith(".ovtui") for name in opened)
    finally:
        assert run_closed(ovtui("stop"), program_env, ()).code == 0


def test_output_that_does_not_wait_is_whole(program_env: dict[str, str]) -> None:
    with _slow_pipe() as (read, write):
        with subprocess.Popen(ovtui("config", "docs"), env=program_env, stdout=write, stderr=subprocess.PIPE) as run:
            os.close(write)
            received = b"".join(iter(lambda: os.read(read, 1000), b""))
            err = run.communicate()[1]
        assert (run.returncode, err) == (0, b"")
        assert received == run_closed(ovtui("config", "docs"), program_env, ()).out


@contextmanager
def _slow_pipe() -> Iterator[tuple[int, int]]:
    """A pipe of one page whose writing end has O_NONBLOCK."""
    import fcntl

    read, write = os.pipe()
    fcntl.fcntl(write, 1031, 4096)  # F_SETPIPE_SZ
    os.set_blocking(write, False)
    try:
        yield read, write
    finally:
        os.close(read)
