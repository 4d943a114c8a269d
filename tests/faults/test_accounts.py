"""Whoever ends or kills what: every request is accounted for, on every surface. `tests/long/kill_at_random.py` tries
hundreds of moments."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import leftovers
from harness.account_tries import Trial, Try, counts_of, counts_of_text, read_recording, wrong_sums
from harness.fault_table import Fault, id_of
from harness.fixture_types import Headless, RigEnv, StartProgram
from harness.program import Program, ovtui
from harness.reading import completed
from harness.signals import stop

from ovtui.records.events import EngineExited
from ovtui.records.session_file.reader import SessionReader

SECTION = "processes and accounts"


@dataclass(frozen=True)
class AccountFault(Fault):
    one: Try = Try(False, "open", "CPU", "load")  # noqa: RUF009
    unfinished: bool | None = None
    """Whether any request is unfinished; None where that is a matter of luck."""


TRIES = [
    AccountFault("q on the GPU after a refused change of settings", "the session drains; after 5 s it counts", 0,
                 SECTION, Try(True, "open", "GPU", "refused swap", ending="q", after_s=0.3)),
    AccountFault("the host is killed in a change of settings", "the host died; all requests are counted", 1, SECTION,
                 Try(False, "shedding", "BATCH:CPU(4)", "swap", "host", "SIGKILL", after_s=0.1), unfinished=True),
    AccountFault("the view is killed under load", "the session drains and ends; its recording counts all", None,
                 SECTION, Try(False, "open", "BATCH:CPU(4)", "load", "view", "SIGKILL", after_s=0.1), unfinished=False),
]  # fmt: skip
CRASHES = Fault("a crash in native code of the engine", "the signal, and not its last line of output", 1, SECTION)
HANGS = Fault(
    "q while the engine stands still, q again", "says what it waits for; the second q ends at once", 0, SECTION
)
DIES = Fault("an engine that stood still is killed", "what came due meanwhile is unsent", 1, SECTION)
STOPS = [
    Fault("ovtui stop while requests wait for a batch, longer than 5 s", "they come back: two batch timeouts more", 0,
          SECTION),
    Fault("ovtui stop while requests wait for a batch, ctrl+c", "the session ends at once, and counts them", 130,
          SECTION),
]  # fmt: skip
FAULTS: list[Fault] = [*TRIES, CRASHES, HANGS, DIES, *STOPS]


@pytest.mark.parametrize("fault", TRIES, ids=id_of)
def test_every_request_is_accounted_for(
    fault: AccountFault, rig_env: RigEnv, no_leftovers: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = rig_env()
    monkeypatch.setenv("XDG_RUNTIME_DIR", env["XDG_RUNTIME_DIR"])
    trial = Trial(fault.one, env, tmp_path)
    assert trial.run() == []
    assert trial.code == (-signal.SIGKILL if fault.code is None else fault.code), trial.output.read_text()
    read = read_recording(trial.recording)
    assert read is not None
    assert read.requests.submitted > 8
    if fault.unfinished is not None:
        assert (read.requests.unfinished > 0) == fault.unfinished, read.requests


CRASH = """
import ctypes, os, sys, threading
if "ovtui.engine" in sys.orig_argv:
    def crash():
        open(os.environ["CRASH"]).read()
        os.write(2, b"105 warnings generated.\\n")
        ctypes.string_at(0)
    threading.Thread(target=crash, daemon=True).start()
"""
"""A sitecustomize.py: the engine reads an invalid address once a pipe is opened, after a line that tells nothing."""


def test_a_real_crash_is_told_by_its_signal(program_env: dict[str, str], no_leftovers: None, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(CRASH)
    os.mkfifo(tmp_path / "crash")
    env = {**program_env, "PYTHONPATH": str(tmp_path), "CRASH": str(tmp_path / "crash")}
    result, recording = tmp_path / "out.json", tmp_path / "s.ovtui"
    load = ("--rate", "3000", "--backlog", "40", "--nireq", "8", "-t", "60")
    command = ovtui("run", "-d", "BATCH:CPU(4)", *load, "--json", str(result), "--record", str(recording))
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        said = []
        for line in run.stderr:
            said.append(line)
            if " completed " in line and " 0 completed" not in line:
                break
        with (tmp_path / "crash").open("w"):
            pass
        out, err = run.communicate(timeout=90)
    assert run.returncode == CRASHES.code, said
    words = "engine 1 died with SIGSEGV (11: invalid memory access in native code); its last words, which name no error"
    assert words in err
    requests = json.loads(result.read_text())["requests"]
    read = read_recording(recording)
    assert read is not None
    for counts in (requests, counts_of(read.requests), counts_of_text(out)):
        assert wrong_sums(counts) == []
    assert {**requests, **counts_of(read.requests)} == requests
    assert requests["unfinished"] > 0
    assert requests["unsent"] > 0


def engine_of(program: Program, env: dict[str, str]) -> int:
    program.wait_for(lambda text: completed(text) > 50)
    (engine,) = [p for p in leftovers.marked(env[leftovers.MARK]) if leftovers.module_of(p) == "ovtui.engine"]
    return int(engine.pid)


def test_a_second_q_does_not_wait(start: StartProgram, program_env: dict[str, str], tmp_path: Path) -> None:
    recording = tmp_path / "s.ovtui"
    program = start("-d", "CPU", "--rate", "200", "--record", str(recording), rows=50)
    pid = engine_of(program, program_env)
    stop(pid)
    program.wait_for(lambda _: stood_still(program))
    program.keys("q")
    waits = re.compile(r"(?:waiting for (\d+) requests? in flight|the session ends); q again ends at once")
    shown_waiting = waits.search(program.wait_for(waits))
    program.keys("q")
    assert program.wait() == HANGS.code
    program.assert_terminal_restored()
    read = read_recording(recording)
    assert read is not None
    shown = counts_of_text(program.text)
    assert wrong_sums(shown) == []
    assert {**counts_of(read.requests), **shown} == counts_of(read.requests)
    assert (read.requests.unsent or 0) > 0
    assert shown_waiting is not None
    assert int(shown_waiting[1] or 0) == read.requests.unfinished


def test_what_came_due_while_a_dead_engine_stood_still_is_unsent(
    start: StartProgram, program_env: dict[str, str], tmp_path: Path
) -> None:
    recording = tmp_path / "s.ovtui"
    program = start("-d", "CPU", "--rate", "200", "--record", str(recording), rows=50)
    pid = engine_of(program, program_env)
    stop(pid)
    program.wait_for(lambda _: stood_still(program))
    os.kill(pid, signal.SIGKILL)
    program.wait_for("engine died")
    program.keys("q")
    assert program.wait() == DIES.code
    read = read_recording(recording)
    assert read is not None
    file = SessionReader(str(recording))
    died_ns = next(event.t_ns for _, event in file.events() if isinstance(event, EngineExited))
    began_ns = min(int(rows["due_ns"].min()) for rows in file.all_records() if len(rows))
    file.close()
    assert read.requests.due == pytest.approx((died_ns - began_ns) / 5_000_000, abs=1)
    assert (read.requests.unsent or 0) >= 100
    assert {**counts_of(read.requests), **counts_of_text(program.text)} == counts_of(read.requests)


def stood_still(program: Program) -> bool:
    """The header's clock has gone on for a second since the engine stopped."""
    shown = re.search(r"(\d\d):(\d\d)", program.text)
    if shown is None:
        return False
    now_s = int(shown[1]) * 60 + int(shown[2])
    first = getattr(program, "stopped_at_s", None)
    if first is None:
        program.stopped_at_s = now_s  # type: ignore[attr-defined]
        return False
    return now_s >= first + 2


@pytest.mark.parametrize("fault", STOPS, ids=id_of)
def test_stop_waits_as_quit_does(headless: Headless, program_env: dict[str, str], tmp_path: Path, fault: Fault) -> None:
    """Two requests of a batch of four wait for the batch timer from the start on: for longer than commands take to
    start on a busy machine, and where they are not waited for, for longer than the test."""
    recording = tmp_path / "s.ovtui"
    timeout_ms = 60_000 if fault.code else 15_000
    waiting = ("-d", "BATCH:CPU(4)", "--nireq", "2", "--batch-timeout", str(timeout_ms))
    assert headless("run", "--detach", *waiting, "--record", str(recording)).returncode == 0
    with subprocess.Popen(ovtui("stop"), env=program_env, stderr=subprocess.PIPE, text=True) as stop:
        assert stop.stderr is not None
        told = stop.stderr.readline()
        assert "waiting for the requests in flight; ctrl+c ends the session at once" in told
        if fault.code:
            stop.send_signal(signal.SIGINT)
        assert "has ended; it is recorded in" in stop.stderr.read()
    assert stop.returncode == fault.code
    read = read_recording(recording)
    assert read is not None
    assert read.requests.unfinished == (2 if fault.code else 0)
    assert wrong_sums(counts_of(read.requests)) == []
