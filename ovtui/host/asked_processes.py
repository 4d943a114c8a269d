"""Processes that are asked one question each, all at once, in one loop: each gets its stdin, what it prints is read
within bounds, and whoever has not ended at the deadline is killed with its whole process group.

What is asked may crash, hang, print without end or leave children behind: each of these is an answer. Blocks, so it is
called from a thread that may wait, never from an event loop."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from ovtui.host.child_environment import child_environment

MAX_OUTPUT_BYTES = 1 << 20
"""Of each of stdout and stderr. What comes after it is read and dropped, so that the process can go on."""
_MAX_LINE_CHARS = 400
_CHUNK_BYTES = 1 << 16
_REAP_S = 0.5
"""How long a killed process is waited for. One whose system call hangs in a driver does not end even then."""
_POLL_S = 0.02
"""Where the kernel has no pidfd, processes are looked at so often."""
_GUARD = (
    "import ctypes,os,sys;ctypes.CDLL(None).prctl(1,9)\n"
    "if os.getppid()!=int(sys.argv[1]):os._exit(1)\n"
    "try:os.execvp(sys.argv[2],sys.argv[2:])\n"
    "except OSError as error:os.write(2,(sys.argv[2]+': '+(error.strerror or '')).encode());os._exit(127)"
)
"""Runs a command that ends when its parent does (PR_SET_PDEATHSIG outlives the exec). A preexec_fn would do the same
between fork and exec, where other threads' locks are held for ever."""

Ending = Literal["answered", "exit-code", "signal", "late", "not-started"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A process to start."""

    name: str
    """The caller's; unique among those that are asked together."""
    command: Sequence[str]
    stdin: bytes = b""
    limit_s: float = 4.0
    """From the start of all. Whoever has not ended by then is killed."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Beside those of host/child_environment."""
    max_output_bytes: int | None = None
    """Instead of MAX_OUTPUT_BYTES."""
    folder: Path | None = None
    """Where it works; this process's folder unless given."""
    ends_itself: bool = False
    """It calls die_with_parent on its own; others are started through a guard that does it (some 15 ms)."""
    on_line: Callable[[bytes], None] | None = None
    """Gets each whole line of its stdout as it comes, which is not kept then."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a process ended and what it had printed by then."""

    ending: Ending
    stdout: bytes = b""
    stderr: bytes = b""
    code: int | None = None
    """Its exit code; None where it has none."""
    signal_name: str = ""
    """'SIGSEGV' where a signal that was not ours ended it."""
    limit_s: float = 0.0
    took_s: float = 0.0
    why_not_started: str = ""
    cut: bool = False
    """It printed more than is kept of a process."""
    still_there: bool = False
    """It was killed and has not ended: a system call of it hangs."""

    @property
    def words(self) -> str:
        """How it ended, after the name of what was asked: 'no answer in 4 s'."""
        match self.ending:
            case "answered":
                return "answered"
            case "exit-code":
                return f"ended with exit code {self.code}"
            case "signal":
                return f"crashed with {self.signal_name}"
            case "late":
                return f"no answer in {round(self.limit_s, 1):g} s"
            case "not-started":
                return f"could not be started: {self.why_not_started}"

    @property
    def last_line(self) -> str:
        """What it printed last on stderr, often the words of a driver or of Python; empty where there is none."""
        lines = (line.strip() for line in reversed(self.stderr.decode(errors="replace").split("\n")))
        return next(filter(None, lines), "")[:_MAX_LINE_CHARS]


def ask_all(asked: Iterable[Asked], stop_fd: int = -1) -> dict[str, Answer]:
    """Starts all, blocks until each has ended or is overdue, and returns their answers by name. Nothing that was
    started is left running, whatever is raised meanwhile. `stop_fd`: once it can be read, whoever has not ended is
    killed, as one that is overdue; -1 for none."""
    children: dict[str, _Child] = {}
    answers: dict[str, Answer] = {}
    began_s = time.monotonic()
    with selectors.DefaultSelector() as selector:
        try:
            for each in asked:
                if each.name in children:
                    raise ValueError(f"two processes of the name {each.name}")
                try:
                    children[each.name] = _Child(each, began_s, selector)
                except OSError as error:
                    answers[each.name] = Answer("not-started", why_not_started=error.strerror or str(error))
            if stop_fd >= 0:
                selector.register(stop_fd, selectors.EVENT_READ)
            while any(not child.ended for child in children.values()):
                if _step(selector, [child for child in children.values() if not child.ended], stop_fd):
                    break
        finally:
            for child in children.values():
                child.end(selector, late=True)
    return answers | {name: child.answer() for name, child in children.items()}


def _step(selector: selectors.BaseSelector, running: list[_Child], stop_fd: int) -> bool:
    """Waits for something to read, write or reap, or for the next deadline. True where all are to be stopped."""
    left_s = min(child.deadline_s for child in running) - time.monotonic()
    wait_s = max(left_s, 0.0) if all(child.pidfd >= 0 for child in running) else min(max(left_s, 0.0), _POLL_S)
    for key, _ in selector.select(wait_s):
        if key.fd == stop_fd:
            return True
        child: _Child = key.data
        if not child.ended and key.fileobj != child.pidfd:
            child.serve(key.fileobj, selector)  # type: ignore[arg-type]
    now_s = time.monotonic()
    for child in running:
        if child.has_exited():
            child.end(selector, late=False)
        elif now_s >= child.deadline_s:
            child.end(selector, late=True)
    return False


class _Child:
    """One process with its pipes. Owner: the thread in ask_all."""

    def __init__(self, asked: Asked, began_s: float, selector: selectors.BaseSelector) -> None:
        """Raises OSError."""
        self._asked, self._began_s = asked, began_s
        self._most_bytes = asked.max_output_bytes or MAX_OUTPUT_BYTES
        self.deadline_s = began_s + asked.limit_s
        self.ended = self._late = self._cut = self._still_there = False
        self._took_s = 0.0
        self._to_write = memoryview(asked.stdin)
        command = list(asked.command)
        if not asked.ends_itself:
            command = [sys.executable, "-I", "-S", "-c", _GUARD, str(os.getpid()), *command]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            env=child_environment() | dict(asked.environment), process_group=0, cwd=asked.folder,
        )  # fmt: skip
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        assert stdin is not None
        assert stdout is not None
        assert stderr is not None
        self._stdin: IO[bytes] = stdin
        self._read: dict[IO[bytes], bytearray] = {stdout: bytearray(), stderr: bytearray()}
        self._stdout, self._stderr = self._read[stdout], self._read[stderr]
        for pipe in (stdin, stdout, stderr):
            os.set_blocking(pipe.fileno(), False)
        for pipe in self._read:
            selector.register(pipe, selectors.EVENT_READ, self)
        if self._to_write:
            selector.register(stdin, selectors.EVENT_WRITE, self)
        else:
            stdin.close()
        try:
            self.pidfd = os.pidfd_open(self._process.pid)
            selector.register(self.pidfd, selectors.EVENT_READ, self)
        except OSError:  # an old kernel, or a sandbox that refuses the call
            self.pidfd = -1

    def serve(self, pipe: IO[bytes], selector: selectors.BaseSelector) -> None:
        """Writes to, or reads from, one of its pipes what fits."""
        if pipe is self._stdin:
            self._write(selector)
        elif not self._read_once(pipe):
            selector.unregister(pipe)
            pipe.close()

    def has_exited(self) -> bool:
        """True from its end on, while it is not reaped yet: its number still belongs to it then."""
        try:
            found = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:  # somebody ignores SIGCHLD
            return True
        return found is not None

    def end(self, selector: selectors.BaseSelector, *, late: bool) -> None:
        """Takes what is left in its pipes, kills what it left behind, and reaps it. Does nothing the second time."""
        if self.ended:
            return
        self.ended = True
        self._late = late and not self.has_exited()
        self._took_s = time.monotonic() - self._began_s
        for pipe in self._read:
            while not pipe.closed and self._read_once(pipe):
                if len(self._read[pipe]) >= self._most_bytes:
                    break
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)  # before it is reaped, so that the number is still its own
        try:
            self._process.wait(_REAP_S)
        except subprocess.TimeoutExpired:
            self._still_there = True
        for pipe in (self._stdin, *self._read):
            if not pipe.closed:
                if pipe in (key.fileobj for key in selector.get_map().values()):
                    selector.unregister(pipe)
                pipe.close()
        if self.pidfd >= 0:
            selector.unregister(self.pidfd)
            os.close(self.pidfd)

    def answer(self) -> Answer:
        code = self._process.returncode
        ending: Ending = "late" if self._late else "answered" if code == 0 else "exit-code"
        if not self._late and code is not None and code < 0:
            ending = "signal"
        return Answer(
            ending, bytes(self._stdout), bytes(self._stderr),
            code=code if ending in ("answered", "exit-code") else None,
            signal_name=signal_name(-code) if ending == "signal" and code is not None else "",
            limit_s=self._asked.limit_s, took_s=self._took_s, cut=self._cut, still_there=self._still_there,
        )  # fmt: skip

    def _write(self, selector: selectors.BaseSelector) -> None:
        try:
            written = os.write(self._stdin.fileno(), self._to_write[:_CHUNK_BYTES])
            self._to_write = self._to_write[written:]
        except BlockingIOError:
            return
        except OSError:  # it has closed its end
            self._to_write = self._to_write[:0]
        if not self._to_write:
            selector.unregister(self._stdin)
            self._stdin.close()

    def _read_once(self, pipe: IO[bytes]) -> bool:
        """False at the end of the stream, or where nothing is there now after the process's end."""
        try:
            data = os.read(pipe.fileno(), _CHUNK_BYTES)
        except BlockingIOError:
            return not self.ended
        except OSError:
            return False
        kept = self._read[pipe]
        room = self._most_bytes - len(kept)
        kept += data[:room]
        self._cut = self._cut or len(data) > room
        if self._asked.on_line is not None and kept is self._stdout:
            *lines, rest = kept.split(b"\n")
            kept[:] = rest
            for line in lines:
                self._asked.on_line(bytes(line))
        return bool(data)


def signal_name(number: int) -> str:
    """'SIGSEGV'; 'signal 40' where it has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
