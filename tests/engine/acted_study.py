"""A test that is the study: the host starts a process which hands its wire to the test and lives on without it."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from driven import LIMIT_S, Driven, driven

from ovtui.host import host_process
from ovtui.host.child_environment import child_environment
from ovtui.host.client import InheritedSession
from ovtui.host.client_protocol import SessionOptions
from ovtui.records.events import StudyBegan
from ovtui.records.study_events import FindRateSpec
from ovtui.records.wire import wire_pair

HOST = """
import socket, sys
from ovtui.host import study_process
from ovtui.host.server import Server
study_process.COMMAND = [sys.executable, "-c", {study!r}, {path!r}]
Server(socket.socket(fileno=int(sys.argv[1]))).run()
"""
STUDY = """
import os, socket, sys, time
from ovtui.records.parent_death import die_with_parent
die_with_parent()
with socket.socket(socket.AF_UNIX) as to_test:
    to_test.connect(sys.argv[1])
    socket.send_fds(to_test, [str(os.getpid()).encode()], [int(sys.argv[2])])
time.sleep(600)
"""


class Study(Driven):
    """The study's end of the wire, in the hands of the test."""

    def __init__(self, session: InheritedSession, pid: int) -> None:
        super().__init__(session)  # type: ignore[arg-type]
        self.pid = pid
        """Of the process that the host has started for it."""


class Acted:
    def __init__(self, run: Driven, listener: socket.socket) -> None:
        self.run, self._listener = run, listener

    def begin(self) -> Study:
        """Begins a study and takes its place."""
        before = len(self.run.of(StudyBegan))
        self.run.session.begin_study(FindRateSpec(slo="p99<20ms"))
        self.run.wait_event(StudyBegan, before + 1)
        assert select.select([self._listener], [], [], LIMIT_S)[0], "the study's process has connected"
        from_process, _ = self._listener.accept()
        with from_process:
            pid, (wire_fd,), _, _ = socket.recv_fds(from_process, 64, 1)
        study = Study(InheritedSession(socket.socket(fileno=wire_fd), commands=True), int(pid))
        study.wait_event(StudyBegan, before + 1)
        return study


@contextmanager
def acted(
    monkeypatch: pytest.MonkeyPatch, folder: Path, options: SessionOptions | None = None, **values: Any
) -> Iterator[Acted]:
    """A live session in whose studies the test acts."""
    path = str(folder / "study")

    def start_host() -> tuple[socket.socket, subprocess.Popen[bytes]]:
        ours, theirs = wire_pair()
        with theirs:
            script = HOST.format(study=STUDY, path=path)
            environment = {**child_environment(), "PYTHONPATH": os.pathsep.join(sys.path)}
            command = [sys.executable, "-c", script, str(theirs.fileno())]
            return ours, subprocess.Popen(command, pass_fds=(theirs.fileno(),), env=environment)

    monkeypatch.setattr(host_process, "start_host", start_host)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        with driven(options, **values) as run:
            yield Acted(run, listener)
