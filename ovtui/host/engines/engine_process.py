"""One engine process as the host holds it: the process, its wire, its ring, its output."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from ovtui.host.engines.auto_log import AutoLog
from ovtui.records.clock import now_ns
from ovtui.records.engine_protocol import EngineCommand, EngineMessage, Prepare
from ovtui.records.ring.ring_memory import RingCounters, create_memory
from ovtui.records.wire import Wire, WireClosed, wire_pair
from ovtui.settings.schema.settings import Settings

PIPE_BYTES = 1 << 20
"""So that an engine that logs much does not wait for the host."""
_F_SETPIPE_SZ = 1031


@dataclass(slots=True)
class EngineProcess:
    """Owner: the host's loop."""

    number: int
    settings: Settings
    changes: list[str]
    process: subprocess.Popen[bytes]
    wire: Wire[EngineMessage, EngineCommand]
    ring_fd: int
    counters: RingCounters
    log: AutoLog
    pidfd: int
    output_fd: int
    first_seq: int = 0
    due_before: int = 0
    ready: bool = False
    exit_expected: bool = False
    failure: str = ""
    load_over: bool = False
    """Its load has ended, not only been turned over, and that was told."""
    live_changes: dict[str, object] = field(default_factory=dict)
    """Live changes made to the serving engine since this one was spawned."""

    kill_at_s: float | None = None
    """On the monotonic clock: when it is ended for not having drained; None while it is not asked to."""

    def send(self, message: EngineCommand) -> None:
        """To an engine that is dead the order is lost: its death is told by its descriptor."""
        with contextlib.suppress(WireClosed, BlockingIOError):
            self.wire.send(message)

    @property
    def next_seq(self) -> int:
        return self.first_seq + self.counters.submitted

    @property
    def due_count(self) -> int:
        """Of an engine that takes no more up: what waits was due, too."""
        return self.due_before + self.counters.submitted + self.counters.shed + self.counters.waiting

    @property
    def unfinished(self) -> int:
        return self.counters.submitted - self.counters.written

    @property
    def unsent(self) -> int:
        """Of an engine that is gone: requests that were due and waited, where no LoadEnded has told of them."""
        return 0 if self.load_over else self.counters.waiting

    def kill(self) -> None:
        """No goodbye: dropping a compiled model can block for seconds in OpenVINO."""
        self.exit_expected = True
        if self.process.returncode is None:
            self.process.kill()

    def reap(self) -> tuple[int, str]:
        """Exit code (minus the signal's number) and the signal's name."""
        code = self.process.wait()
        name = signal.Signals(-code).name if code < 0 else ""
        return code, name

    def exit_reason_text(self, signal_name: str) -> str:
        """For an engine that came to nothing: its own reason, or how the process ended and its last words."""
        if self.failure:
            return self.failure
        words = f": {self.log.last_words}" if self.log.last_words else ""
        return f"the new engine ended with {signal_name or 'an error'} while it compiled{words}"

    def close(self) -> None:
        """Lets go of everything but the ring, which readers may still want."""
        self.wire.close()
        os.close(self.pidfd)
        os.close(self.output_fd)


def spawn(
    number: int, settings: Settings, changes: list[str], origin_ns: int, clock: Callable[[], int]
) -> EngineProcess:
    """Starts an engine and has it prepare. Raises OSError when no process or memory can be had."""
    import fcntl

    with contextlib.ExitStack() as on_failure:
        ring_fd = create_memory()
        on_failure.callback(os.close, ring_fd)
        ours, theirs = wire_pair()
        on_failure.callback(ours.close)
        read_fd, write_fd = os.pipe2(os.O_CLOEXEC)
        on_failure.callback(os.close, read_fd)
        with contextlib.suppress(OSError):  # a pipe of the usual size does as well
            fcntl.fcntl(read_fd, _F_SETPIPE_SZ, PIPE_BYTES)
        os.set_blocking(read_fd, False)
        spawned_ns = now_ns()
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "ovtui.engine", str(theirs.fileno()), str(ring_fd)],
                stdin=subprocess.DEVNULL,
                stdout=write_fd,
                stderr=write_fd,
                pass_fds=(theirs.fileno(), ring_fd),
            )
        finally:
            os.close(write_fd)
            theirs.close()
        pidfd = os.pidfd_open(process.pid)
        wire: Wire[EngineMessage, EngineCommand] = Wire(ours, EngineMessage)
        engine = EngineProcess(
            number,
            settings,
            changes,
            process,
            wire,
            ring_fd,
            RingCounters(ring_fd),
            AutoLog(number, clock),
            pidfd,
            read_fd,
        )
        engine.send(Prepare(engine=number, origin_ns=origin_ns, spawned_ns=spawned_ns, settings=settings))
        wire.set_timeout(0)
        on_failure.pop_all()
    return engine
