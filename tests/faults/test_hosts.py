"""Hosts whose view has died, that are stopped, killed or told to end, and sessions that another view ends."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from harness import leftovers
from harness.account_tries import counts_of_text, wrong_sums
from harness.fault_table import Fault, id_of
from harness.fixture_types import Headless, StartProgram
from harness.program import Program, ovtui
from harness.reading import completed
from harness.signals import stop

from ovtui.host import client, host_process, session_socket
from ovtui.host.client import LiveSession
from ovtui.host.client_protocol import Command, HostMessage, Start
from ovtui.host.session_query import status_of
from ovtui.records.wire import Wire, wire_pair
from ovtui.settings.schema.settings import Settings

SECTION = "processes and accounts"
INTERRUPTED = 130
LIMIT_S = 60.0
VIEW = """
import os, signal, sys
from pathlib import Path
from ovtui.host import client, host_process
from ovtui.settings.schema.settings import Settings
moment = sys.argv[1]
if moment == "started":
    host = client.LiveSession(Settings(model="demo-matmul", device="CPU"))._host
else:
    wire, host = host_process.start_host()
print(host.pid, flush=True)
if moment == "held" and os.fork() == 0:
    os.close(1)
    sys.stdin.read()  # keeps the view's end of the wire open until the test lets go
    os._exit(0)
def waits():
    try:
        return any("eventpoll" in os.readlink(fd) for fd in Path(f"/proc/{host.pid}/fd").iterdir())
    except OSError:  # one of them is closed meanwhile
        return False
while moment in ("waiting", "held") and not waits():
    pass
os.kill(os.getpid(), signal.SIGKILL)
"""


@dataclass(frozen=True)
class Orphan(Fault):
    """`moment`: what the view has done when it is killed."""

    moment: str = ""


ORPHANS = [
    Orphan("a view is killed when it has just started its host", "the host ends", -9, SECTION, "forked"),
    Orphan("a view is killed when its host waits for the start", "the host ends", -9, SECTION, "waiting"),
    Orphan("a view is killed before the start, and another process holds its connection open", "the host ends", -9,
           SECTION, "held"),
    Orphan("a view is killed right after the start", "host and engine end", -9, SECTION, "started"),
]  # fmt: skip
STOPPED_ENDS = [
    *(("a dashboard", how) for how in ("SIGTERM", "SIGINT")),
    *(("ovtui run", how) for how in ("SIGTERM", "SIGHUP")),
]
STOPPED_LEFT = {"SIGHUP": INTERRUPTED, "D": 1}
OTHERS = [
    Fault("a view is stopped before the start and goes on when its host has given up", "it starts another host", None,
          SECTION),
    Fault("a host is stopped: ovtui sessions", "listed as 'does not answer'; a sentence with its pid and what to do", 1,
          SECTION),
    Fault("a host is stopped: attach, stop", "the host (pid n) does not answer for 4 s; it is stopped: ...", 1,
          SECTION),
    Fault("a host is stopped under an open dashboard", "the same on its event line, until the host goes on", None,
          SECTION),
    Fault("a host is stopped: ovtui stop --force", "it is killed, its socket removed", 0, SECTION),
    Fault("a host is stopped: q of the dashboard that began the session",
          "'q again ends at once; the host ... does not answer', for 4 s; then it is killed, and a sentence says so", 1,
          SECTION),
    *(
        Fault(f"a host is stopped: {how} to {view} that began the session",
              "it is killed within a second, and a sentence says so; the summary is of all that its engine "
              "counted", INTERRUPTED, SECTION)
        for view, how in STOPPED_ENDS
    ),
    *(
        Fault(f"a host is stopped: {how} to the dashboard that began the session",
              "within a second the session is left to it, and a sentence says so; it goes on once its host "
              "does", code, SECTION)
        for how, code in STOPPED_LEFT.items()
    ),
    Fault("commands gave up on a stopped host, which goes on later", "the session goes on", None, SECTION),
    Fault("a session is ended by ovtui stop, twice at once", "both say that it has ended", 0, SECTION),
    Fault("a session is ended by ovtui stop: its dashboard, an attached and a read-only one", "each ends: summary, "
          "'ended by another view'", 0, SECTION),
    Fault("a session is ended by ovtui stop: ovtui run", "result, 'ended by another view'", 0, SECTION),
    Fault("a host is killed under a dashboard", "HOST GONE; q: summary, 'the host process died'", 1, SECTION),
    Fault("a host receives SIGTERM while it serves: ovtui run", "result, 'ended by a signal to its host'", INTERRUPTED,
          SECTION),
    Fault("a host receives SIGTERM before the start", "it ends", None, SECTION),
]  # fmt: skip
FAULTS: list[Fault] = [*ORPHANS, *OTHERS]


@pytest.fixture(autouse=True)
def runtime(program_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """This process finds the sockets of the test's programs."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", program_env["XDG_RUNTIME_DIR"])


def hosts_of_view(moment: str, env: dict[str, str]) -> Iterator[list[psutil.Process]]:
    """The host of a view that kills itself; none where it has ended before it could be looked at."""
    command = [sys.executable, "-c", VIEW, moment]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as view:
        assert view.stdout is not None
        hosts: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            hosts.append(psutil.Process(int(view.stdout.readline())))
        yield hosts
        assert view.wait(LIMIT_S) == -signal.SIGKILL
        assert view.stdin is not None
        view.stdin.close()


@pytest.mark.parametrize("orphan", ORPHANS, ids=id_of)
def test_a_host_ends_with_its_view(orphan: Orphan, program_env: dict[str, str], no_leftovers: None) -> None:
    for hosts in hosts_of_view(orphan.moment, program_env):
        assert leftovers.wait_for_end(hosts, LIMIT_S) == []
    assert session_socket.session_names() == []


def test_a_host_that_is_told_to_end_before_the_start(program_env: dict[str, str], no_leftovers: None) -> None:
    view = VIEW.replace("os.kill(os.getpid(), signal.SIGKILL)", "host.terminate(); sys.exit(abs(host.wait()))")
    ended = subprocess.run([sys.executable, "-c", view, "waiting"], env=program_env, timeout=LIMIT_S, check=False)
    assert ended.returncode in (0, signal.SIGTERM)  # it had only begun to catch signals


def test_a_view_whose_host_gave_up_starts_another(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[Any] = []

    def started() -> tuple[Any, Any]:
        ours, theirs = wire_pair()
        if not ends:
            theirs.close()
        ends.append(theirs)
        return ours, subprocess.Popen(["true"])

    monkeypatch.setattr(host_process, "start_host", started)
    LiveSession(Settings(model="demo-mlp"))._wire.close()
    wire: Wire[Command, HostMessage] = Wire(ends[1], Command)
    start, _ = wire.receive()
    assert isinstance(start, Start)
    assert start.settings.model == "demo-mlp"
    wire.close()
    monkeypatch.setattr(client, "HOST_STARTS", 1)
    ends.clear()
    with pytest.raises(OSError, match="ends before it has begun"):
        LiveSession(Settings())


def only_session() -> tuple[str, psutil.Process]:
    """The one session that runs, and its host."""
    (name,) = session_socket.session_names()
    return name, psutil.Process(status_of(name).pid)


def serving(program: Program) -> Program:
    program.wait_for(lambda text: completed(text) > 10)
    return program


def is_told(sentence: str, text: str) -> bool:
    """Whether a terminal shows it, which may wrap within a word: where, hangs on the digits of pids and times."""
    return "".join(sentence.split()) in "".join(text.split())


def test_a_stopped_host(headless: Headless, start: StartProgram, program_env: dict[str, str]) -> None:
    headless("run", "demo-matmul", "-d", "CPU", "--rate", "100", "--detach")
    name, host = only_session()
    silent = (
        f"the host of session {name} (pid {host.pid}) does not answer for 4 s; it is stopped: kill -CONT {host.pid}"
    )
    looking = serving(start("attach", "--read-only", columns=160))
    stop(host.pid)
    commands = [
        subprocess.Popen(ovtui(*words), env=program_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for words in (("sessions",), ("stop", name), ("sessions", "--json"))
    ]
    attaching = start("attach", name)
    told = [command.communicate(timeout=LIMIT_S) for command in commands]
    assert [command.returncode for command in commands] == [1, 1, 1]
    assert re.search(rf"{name}  does not answer  –", told[0][0])
    (listed,) = json.loads(told[2][0])
    assert (listed["session"], listed["pid"], listed["state"]) == (name, host.pid, "does not answer")
    assert listed["submitted"] is None
    assert [silent in err for _, err in told] == [True] * 3
    assert attaching.wait() == 1
    assert is_told(silent, attaching.text)
    looking.wait_for(re.compile(rf"HOST  the host \(pid {host.pid}\) does not answer for \d+ s; it is stopped"))
    host.resume()
    looking.wait_for(lambda text: "does not answer" not in text)
    stop(host.pid)
    forced = headless("stop", "--force", name)
    assert (forced.returncode, "was killed" in forced.stderr) == (0, True), forced.stderr
    assert leftovers.wait_for_end([host], LIMIT_S) == []
    assert session_socket.session_names() == []
    looking.wait_for("HOST GONE")
    looking.keys("q")
    assert looking.wait() == 1
    assert is_told("the host process died; what was measured until then is above", looking.text)
    looking.assert_terminal_restored()


def test_a_host_stopped_under_its_own_dashboard(start: StartProgram) -> None:
    program = serving(start("demo-matmul", "-d", "CPU"))
    _, host = only_session()
    stop(host.pid)
    program.keys("q")
    program.wait_for(re.compile(rf"q again ends at once; the host \(pid {host.pid}\) does not answer for \d+ s"))
    assert program.wait() == 1
    assert is_told(f"the host (pid {host.pid}) did not answer for", program.text)
    assert re.search(r"requests\s+(?:[\d,]+ due\s+)?[\d,]+ submitted", program.text)
    program.assert_terminal_restored()
    assert leftovers.wait_for_end([host], LIMIT_S) == []


@pytest.mark.parametrize(("view", "how"), STOPPED_ENDS)
def test_a_stopped_host_and_a_signal(
    view: str, how: str, start: StartProgram, program_env: dict[str, str], tmp_path: Path
) -> None:
    load = ("demo-matmul", "-d", "CPU", "--rate", "100")
    if view == "ovtui run":
        program = start("run", *load, "-t", "60", "--json", str(tmp_path / "a.json"))
        program.wait_for(re.compile(r"[1-9]\d* completed"))
    else:
        program = serving(start(*load))
    _, host = only_session()
    engine = host.children()[0]
    stop(host.pid)
    program.send_signal(getattr(signal, how))
    assert program.wait() == INTERRUPTED
    assert is_told(f"the host (pid {host.pid}) did not answer for", program.text)
    assert is_told("was killed; a recording lacks what it had not written", program.text)
    program.assert_terminal_restored()
    assert leftovers.wait_for_end([host, engine], LIMIT_S) == []
    counts = counts_of_text(program.text)
    assert counts["submitted"] > 8
    assert wrong_sums(counts) == []


@pytest.mark.parametrize("how", STOPPED_LEFT)
def test_a_stopped_host_that_is_left(how: str, start: StartProgram, program_env: dict[str, str]) -> None:
    keep = {**program_env, "OVTUI_ON_HANGUP": "keep"}
    program = serving(start("demo-matmul", "-d", "CPU", "--rate", "100", env=keep))
    name, host = only_session()
    stop(host.pid)
    if how == "D":
        program.keys(how)
    else:
        program.send_signal(getattr(signal, how))
    assert program.wait() == STOPPED_LEFT[how]
    assert is_told(f"the host of session {name} (pid {host.pid}) does not answer for", program.text)
    assert is_told("the session is left to it", program.text)
    program.assert_terminal_restored()
    host.resume()
    back = serving(start("attach", name))
    back.keys("q")
    assert back.wait() == 0
    assert leftovers.wait_for_end([host], LIMIT_S) == []


def test_a_session_that_another_view_ends(start: StartProgram, program_env: dict[str, str]) -> None:
    # Two batch timeouts more is how long an engine may take to drain.
    owner = serving(start("demo-matmul", "-d", "CPU", "--rate", "100", "--batch-timeout", "20000"))
    views = [owner, start("attach"), start("attach", "--read-only")]
    for view in views[1:]:
        serving(view)
    (name,) = session_socket.session_names()
    engine = only_session()[1].children()[0]
    stop(engine.pid)  # so that the session does not end before both have begun to end it
    stops = [
        subprocess.Popen(ovtui("stop", name), env=program_env, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for stopping in stops:
        assert stopping.stderr is not None
        assert "waiting for the requests in flight" in stopping.stderr.readline()
    engine.resume()
    for stopping in stops:
        assert stopping.stderr is not None
        told = stopping.stderr.read()
        assert (stopping.wait(LIMIT_S), f"session {name} has ended" in told) == (0, True), told
    for view in views:
        assert view.wait() == 0
        assert f"session {name} was ended by another view" in view.text
        assert re.search(r"requests\s+(?:[\d,]+ due\s+)?[\d,]+ submitted", view.text)
        view.assert_terminal_restored()


@pytest.mark.parametrize(("how", "code", "sentence"), [
    ("stop", 0, "ended by another view"),
    ("SIGTERM", INTERRUPTED, "was ended by a signal to its host"),
    ("SIGKILL", 1, "the host process died; what was measured until then is above"),
])  # fmt: skip
def test_a_run_whose_session_ends(
    how: str, code: int, sentence: str, program_env: dict[str, str], no_leftovers: None, headless: Headless
) -> None:
    command = ovtui("run", "demo-matmul", "-d", "CPU", "-t", "60", "--rate", "100")
    with subprocess.Popen(command, env=program_env, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        for line in run.stderr:
            if " completed " in line:
                break
        if how == "stop":
            assert headless("stop").returncode == 0
        else:
            only_session()[1].send_signal(getattr(signal, how))
        out, err = run.communicate(timeout=LIMIT_S)
    assert (run.returncode, sentence in err) == (code, True), err
    assert "throughput" in out
