"""`ovtui stuck` and hosts of another version, or hostile ones: what is read then, and that no text moves the cursor."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence

import pytest
from harness import hostile
from harness.program import LIMIT_S, ovtui
from harness.raw_peers import Message, RawHost

NAME = hostile.TEXT_NAME
STATUS = {
    "kind": "status", "pid": 7, "model": "m", "device": "CPU", "state": "running", "elapsed_s": 1.0,
    "submitted": 5, "clients": 0, "record": "", "session": "a",
}  # fmt: skip
DIAGNOSIS = {
    "engine": 1, "pid": 7, "phase": "load", "doing": NAME, "where": NAME, "stuck": True, "remedy": NAME,
    "evidence": [NAME], "no_native": NAME, "no_python": NAME,
    "threads": [{"tid": 7, "name": NAME, "state": "D", "wchan": NAME, "syscall": NAME, "file": NAME, "driver": NAME,
                 "kernel_stack": [NAME], "native": [NAME]}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def runtime(program_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", program_env["XDG_RUNTIME_DIR"])


def stuck(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(ovtui("stuck", *words), env=env, capture_output=True, text=True, timeout=LIMIT_S)


def of_an_older_version(message: Message) -> Sequence[Message]:
    if message["command"] == "ask":
        return [STATUS]
    return [{"kind": "denied", "reason": "this session does not know the command ask-stuck", "protocol": 2}]


def test_an_older_host_is_looked_at_from_outside(program_env: dict[str, str]) -> None:
    with RawHost(of_an_older_version):
        told = stuck(program_env)
    assert f"host (process {os.getpid()})" in told.stdout
    assert "does not know the command ask-stuck; what follows is what /proc tells" in told.stderr
    assert told.returncode == 1


def test_no_text_of_a_host_reaches_the_terminal_as_it_is(program_env: dict[str, str]) -> None:
    def hostile_host(message: Message) -> Sequence[Message]:
        return [STATUS] if message["command"] == "ask" else [{"kind": "stuck-answer", "diagnoses": [DIAGNOSIS]}]

    with RawHost(hostile_host):
        told, as_json = stuck(program_env), stuck(program_env, "--json")
    assert told.returncode == as_json.returncode == 1
    assert told.stdout.count("\n") < 40
    for text in (told.stdout, as_json.stdout):
        assert all(character == "\n" or character.isprintable() for character in text)
    (found,) = json.loads(as_json.stdout)["diagnoses"]
    assert found["where"] == NAME


def test_a_host_that_ends_meanwhile(program_env: dict[str, str]) -> None:
    with RawHost(lambda message: [STATUS] if message["command"] == "ask" else [{"kind": "close"}]):
        told = stuck(program_env)
    assert (told.returncode, told.stdout) == (1, "")
    assert "has ended" in told.stderr
