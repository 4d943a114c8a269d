"""Views, `ovtui sessions` and `ovtui stop` meet a host of another version, and a host meets other clients."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import get_args

import pytest
from harness.fault_table import Fault, id_of
from harness.fixture_types import Headless, StartProgram
from harness.raw_peers import Message, RawClient, RawHost

from ovtui.host import client_protocol, session_socket
from ovtui.host.client import AttachedSession
from ovtui.host.client_protocol import PROTOCOL, SINCE, HostMessage, versions_text
from ovtui.host.session_query import status_of
from ovtui.host.session_socket import SessionSocketError

SECTION = "processes and accounts"
STATUS = {
    "kind": "status", "pid": 7, "model": "m", "device": "CPU", "state": "running", "elapsed_s": 1.0,
    "submitted": 5, "clients": 0, "record": "",
}  # fmt: skip
WELCOME = {"kind": "welcome", "version": "9.0.0", "origin_ns": 1}
FIRST_PROTOCOL = {
    "session", "spawned", "model-read", "compiled", "device-properties", "compiled-properties", "state", "first",
    "segment", "trial", "trial-turn", "trial-ended", "device", "batching-learnt", "accelerator", "refused", "failed",
    "exited", "load-ended", "recording", "recording-ended", "note", "log", "welcome", "past", "ring", "finished",
    "session-ended", "status", "readings",
}  # fmt: skip
"""The types of HostMessage when there was no protocol number."""


@dataclass(frozen=True)
class HostFault(Fault):
    """A host that answers as no host of this version does."""

    answers: Callable[[Message, str], list[Message]] = field(kw_only=True)
    sentence: str = ""
    """A pattern of what AttachedSession and status_of raise; empty where they work."""


def _older(message: Message, name: str) -> list[Message]:
    if message["command"] == "ask":
        return [{**STATUS, "session": name}]
    return [{**WELCOME, "version": "0.1.0", "session": name}]


def _newer(message: Message, name: str) -> list[Message]:
    numbers = {"version": "9.0.0", "protocol": 99, "mood": "fine"}
    if message["command"] == "ask":
        return [{"kind": "weather", "rain": True}, {**STATUS, "session": name, **numbers}]
    return [{"kind": "weather", "rain": True}, {**WELCOME, **numbers, "session": name}]


def _denying(message: Message, name: str) -> list[Message]:
    reason = "ovtui 9.0.0 (protocol 99) serves no client of ovtui 0.1.0 (protocol 2)"
    return [{"kind": "denied", "reason": reason, "version": "9.0.0", "protocol": 99}, {"kind": "close"}]


def _other_fields(message: Message, name: str) -> list[Message]:
    kind = "status" if message["command"] == "ask" else "welcome"
    return [{"kind": kind, "version": "9.0.0", "protocol": 99, "session": [name]}]


def _no_host(message: Message, name: str) -> list[Message]:
    return [{"kind": 5}]


HOSTS = [
    HostFault("a host of an older version", "works", 0, SECTION, answers=_older),
    HostFault("a newer host that sends types and fields that this version does not know", "works; they are left out", 0,
              SECTION, answers=_newer),
    HostFault("a newer host that denies this version", "one sentence names both versions", 1, SECTION, answers=_denying,
              sentence=r"session \w+: ovtui 9.0.0 \(protocol 99\) serves no client of ovtui 0.1.0 \(protocol 2\)"),
    HostFault("a newer host whose messages have other fields", "one sentence names both versions", 1, SECTION,
              answers=_other_fields,
              sentence=r"session \w+: its host is of another version: ovtui 9.0.0 \(protocol 99\) and this is ovtui "
              rf"[\d.]+ \(protocol {PROTOCOL}\); (status|welcome): "),
    HostFault("something else listens at a session's socket", "said to be no host of ovtui", 1, SECTION,
              answers=_no_host, sentence=r"what answers for session \w+ is no host of ovtui"),
]  # fmt: skip
OTHERS = [
    Fault("a view of a newer version sends commands that this host does not know", "each is denied; the session and "
          "the view go on", None, SECTION),
    Fault("a view of an older version", "is served, and sent nothing that it does not know", 0, SECTION),
    Fault("a newer host sends something unknown in the middle", "a note names both versions; the view goes on", None,
          SECTION),
    Fault("a newer host sends a known message with other fields in the middle", "the view says which versions do not "
          "fit; q prints the summary", 1, SECTION),
]  # fmt: skip
FAULTS: list[Fault] = [*HOSTS, *OTHERS]


@pytest.fixture
def runtime(program_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process finds the sockets of the test's programs."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", program_env["XDG_RUNTIME_DIR"])
    yield
    for name in session_socket.session_names():
        AttachedSession(name).end()


def raw_host(answers: Callable[[Message, str], list[Message]]) -> RawHost:
    hosts: list[RawHost] = []
    hosts.append(RawHost(lambda message: answers(message, hosts[0].name)))
    return hosts[0]


@pytest.mark.parametrize("fault", HOSTS, ids=id_of)
def test_of_a_host(fault: HostFault, runtime: None) -> None:
    with raw_host(fault.answers) as host:
        if fault.sentence:
            for meet in (lambda: status_of(host.name), lambda: AttachedSession(host.name)):
                with pytest.raises(SessionSocketError, match=fault.sentence):
                    meet()
        else:
            assert status_of(host.name).submitted == 5
            AttachedSession(host.name, read_only=True).close()
            assert [each["protocol"] for each in host.received[:2]] == [PROTOCOL] * 2


def test_the_commands_name_both_versions(runtime: None, headless: Headless, start: StartProgram) -> None:
    with raw_host(_other_fields) as host:
        view = start("attach", host.name)
        assert view.wait() == 1
        for told in (headless("sessions"), headless("stop", host.name)):
            assert told.returncode == 1
            assert re.search(HOSTS[3].sentence, told.stderr)
            assert told.stderr.count("\n") == 1
        assert "this is ovtui" in " ".join(view.text.split())
        view.assert_terminal_restored()


def test_what_a_newer_host_sends_later(runtime: None, start: StartProgram) -> None:
    """The fake host sends the unknown with the answer to what a silent host is asked, once its welcome was seen."""
    welcomed = threading.Event()

    def answers(message: Message, name: str) -> list[Message]:
        match message["command"]:
            case "attach":
                past = {"kind": "past", "path": "", "rows": 0, "submitted": 0, "lost": 0}
                return [{**WELCOME, "session": name, "protocol": 99}, past, {"kind": "weather"}]
            case "ask" if welcomed.is_set():
                return [{"kind": "note", "t_ns": "soon"}]
            case "ask":
                return [{**STATUS, "session": name}]
            case _:
                return []

    with raw_host(answers) as host:
        view = start("attach", host.name)
        view.wait_for("left out what this version does not know (weather): the host is ovtui 9.0.0")
        welcomed.set()
        text = " ".join(view.wait_for("HOST GONE").split())
        assert "its host is of another version: ovtui 9.0.0" in text
        view.keys("q")
        assert view.wait() == 1
        assert "this is ovtui" in " ".join(view.text.split())
        view.assert_terminal_restored()


def test_clients_of_other_versions(headless: Headless, runtime: None) -> None:
    name = headless("run", "demo-matmul", "-d", "CPU", "--rate", "50", "--detach").stdout.strip()
    with RawClient(name) as newer, RawClient(name) as older, RawClient(name) as oldest:
        newer.send({"command": "attach", "protocol": 99, "version": "9.0.0", "dark": True, "read_only": True})
        assert newer.receive_kind("welcome")["protocol"] == PROTOCOL
        for command, what in [({"command": "levitate"}, "levitate"), ({"command": "apply"}, "apply: .*settings")]:
            newer.send(command)
            assert re.search(f"this session does not .* the command .*{what}", newer.receive_kind("denied")["reason"])
        newer.send({"command": "ask"})
        newer.receive_kind("status")
        older.send({"command": "attach", "read_only": True})
        older.send({"command": "attach"})  # denied, which it would not understand
        older.send({"command": "ask"})
        kinds = []
        while not kinds or kinds[-1] != "status":
            message = older.receive()
            assert message is not None
            kinds.append(message["kind"])
        assert kinds[0] == "welcome"
        assert set(kinds) <= FIRST_PROTOCOL
        oldest.send({"command": "attach", "protocol": 0, "version": "0.0.1"})
        assert "too new for this client" in oldest.receive_kind("denied")["reason"]
        assert oldest.receive() is None


def test_a_study_that_an_older_client_does_not_know_is_kept_from_it(headless: Headless, runtime: None) -> None:
    name = headless("run", "demo-matmul", "-d", "CPU", "--rate", "50", "--detach").stdout.strip()
    layers = {"study": "layers", "settings": {"model": "demo-matmul", "device": "CPU"}, "devices": ["CPU"]}
    with RawClient(name) as newer, RawClient(name) as older:
        older.send({"command": "attach", "protocol": 4, "version": "0.4", "read_only": True})
        newer.send({"command": "attach", "protocol": PROTOCOL, "version": "9.0"})
        newer.receive_kind("segment")
        newer.send({"command": "begin-study", "spec": layers})
        assert newer.receive_kind("study")["spec"]["devices"] == ["CPU"]
        newer.receive_kind("turn-ended")
        newer.send({"command": "end-study"})
        assert newer.receive_kind("study-ended")["answer"]["type"] == "layers"
        older.send({"command": "ask"})
        kinds = []
        while not kinds or kinds[-1] != "status":
            message = older.receive()
            assert message is not None
            kinds.append(message["kind"])
    assert "study-stopping" in kinds, "what it can read is sent all the same"
    assert not {"study", "study-layers", "study-ended"} & set(kinds)


def test_every_type_since_the_first_protocol_is_kept_from_older_clients() -> None:
    newer = {kind.__struct_config__.tag for kind in get_args(HostMessage)} - FIRST_PROTOCOL
    assert newer == {kind.__struct_config__.tag for kind in SINCE}, "name it in client_protocol.SINCE, raise PROTOCOL"
    assert max(SINCE.values()) <= PROTOCOL


def test_both_versions_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_protocol, "__version__", "1.2.3")
    assert versions_text("0.9", 1) == f"ovtui 0.9 (protocol 1) and this is ovtui 1.2.3 (protocol {PROTOCOL})"
