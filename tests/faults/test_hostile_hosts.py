"""No control character of a session's host reaches the terminal: whoever listens at a socket may send any text."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from harness import hostile
from harness.byte_program import ByteProgram
from harness.fault_table import Fault
from harness.program import ovtui
from harness.raw_peers import Message, RawHost

NAME = hostile.TEXT_NAME
WELCOME = {"kind": "welcome", "version": "9.0.0", "origin_ns": 1}
STATUS = {
    "kind": "status", "pid": 7, "model": "m", "device": "CPU", "state": "running", "elapsed_s": 1.0,
    "submitted": 5, "clients": 0, "record": "",
}  # fmt: skip
NOTE = {"kind": "note", "t_ns": 5, "severity": "error", "text": f"note {NAME}"}
CLOSE = {"kind": "close"}


def _all_texts(message: Message, name: str) -> Sequence[Message]:
    if message["command"] == "ask":
        return [
            {**STATUS, "session": NAME, "model": NAME, "device": NAME, "state": NAME, "record": NAME, "version": NAME}
        ]
    return [{**WELCOME, "session": NAME, "version": NAME, "unreachable": NAME}, NOTE,
            {"kind": "session-ended", "reason": NAME}, {"kind": "finished"}]  # fmt: skip


def _denied(message: Message, name: str) -> Sequence[Message]:
    return [{"kind": "denied", "reason": NAME, "version": NAME, "protocol": 99}, CLOSE]


def _other_version(message: Message, name: str) -> Sequence[Message]:
    kind = "status" if message["command"] == "ask" else "welcome"
    return [{"kind": kind, "version": NAME, "protocol": 99, "session": [NAME]}, CLOSE]


def _unknown_kind(message: Message, name: str) -> Sequence[Message]:
    return [{"kind": NAME, "version": NAME, NAME: NAME}, CLOSE]


HOSTS = {
    "all-texts": _all_texts, "denied": _denied, "other-version": _other_version, "unknown-kind": _unknown_kind,
}  # fmt: skip
FAULTS = [
    Fault("a session's host whose name, model, device, state, version, reasons and notes are hostile",
          "they are shown with escapes by sessions, attach and stop; no sign of them reaches the terminal", None,
          "terminal and start"),
]  # fmt: skip


CALLS = [
    *(("all-texts", command) for command in ("sessions", "sessions --json", "attach", "stop")),
    *((host, "attach") for host in HOSTS if host != "all-texts"), ("denied", "sessions"),
]  # fmt: skip


@pytest.mark.parametrize(("host", "command"), CALLS)
def test_nothing_of_a_host_reaches_the_terminal(
    host: str, command: str, program_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", program_env["XDG_RUNTIME_DIR"])
    names: list[str] = []
    with RawHost(lambda message: HOSTS[host](message, names[0])) as peer:
        names.append(peer.name)
        program = ByteProgram(ovtui(*command.split()), program_env)
        if command == "attach" and host == "all-texts":
            program.wait_for("ended")
            program.keys("q")
        program.wait()
        program.close()
    assert not hostile.bad_bytes(program.bytes.replace(b"\x1b[K", b"")), program.text
    assert "Traceback" not in program.text
    assert host == "unknown-kind" or b"PWNED" in program.bytes  # something of it was shown
