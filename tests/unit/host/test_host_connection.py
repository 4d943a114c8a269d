"""When a client that leaves gives up a host that does not answer."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from ovtui.host import host_connection
from ovtui.host.client_protocol import AskStatus, Command, HostMessage, Status
from ovtui.host.host_connection import GIVEN_UP_S, STOPPED_S, HostConnection
from ovtui.records.clock import SessionClock
from ovtui.records.wire import Wire, wire_pair

ANSWER = Status(
    session="a", pid=1, model="m", device="CPU", state="running", elapsed_s=1.0, submitted=1, clients=1, record=""
)


class Clock:
    """Stands in for the module `time`."""

    now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(host_connection, "time", made)
    return made


@pytest.fixture
def process() -> Iterator[int]:
    """A process that does not look at its wire."""
    with subprocess.Popen(["sleep", "60"]) as sleeping:
        yield sleeping.pid
        sleeping.kill()


def connected(pid: int) -> tuple[HostConnection, Wire[Command, HostMessage]]:
    ours, theirs = wire_pair()
    connection = HostConnection(ours, SessionClock(0), pid)
    connection.wire.set_timeout(0)
    return connection, Wire(theirs, Command)


def test_a_host_that_answers(clock: Clock, process: int) -> None:
    connection, host = connected(process)
    connection.hurried = True
    connection.ask()
    question, _ = host.receive()
    assert isinstance(question, AskStatus)
    clock.now_s += 0.5
    assert connection.unanswered_s == 0.5
    host.send(ANSWER)
    assert [message for message, _ in connection.receive()] == [ANSWER]
    clock.now_s += 60
    assert (connection.unanswered_s, connection.given_up, connection.silence) == (0, False, "")


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("hurried", [False, True])
def test_a_host_that_does_not(clock: Clock, process: int, *, stopped: bool, hurried: bool) -> None:
    """Only one that is stopped, and could not answer, is given up soon, and only by a client in a hurry."""
    if stopped:
        os.kill(process, signal.SIGSTOP)
        os.waitid(os.P_PID, process, os.WSTOPPED | os.WNOWAIT)
    connection, _host = connected(process)
    connection.hurried = hurried
    connection.ask()
    clock.now_s += STOPPED_S + 0.01
    assert connection.given_up == (stopped and hurried)
    assert f"the host (pid {process}) does not answer for 1 s" in connection.silence
    assert ("it is stopped" in connection.silence) == stopped
    clock.now_s += GIVEN_UP_S - STOPPED_S
    assert connection.given_up
    assert [*connection.wait_for_end(3600)] == []  # and it is not waited for
