"""An engine process at the host's end: the process, its wire, ring and output."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from ovtui.host.child_environment import child_environment
from ovtui.host.engines.auto_log import AutoLog
from ovtui.host.memory_kills import MemoryKills
from ovtui.records.clock import now_ns
from ovtui.records.engine_protocol import Drained, EngineCommand, EngineMessage, Halt, Prepare
from ovtui.records.events import EngineExited, EngineSpawned, LoadEnded, Refused
from ovtui.records.last_words import how_it_ended, signal_name, words_text
from ovtui.records.ring.ring_memory import RingCounters, create_memory
from ovtui.records.wire import Wire, WireClosed, wire_pair
from ovtui.settings.schema.settings import Settings

PIPE_BYTES = 1 << 20
"""Size of the output pipe: an engine that logs much does not wait for the host."""
_F_SETPIPE_SZ = 1031
REAP_S = 2.0


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
    failure_detail: str = ""
    nireq: int = 0
    """Requests in flight, since its newest segment; 0 before it serves."""
    devices: list[str] = field(default_factory=list)
    """EXECUTION_DEVICES as last reported."""
    compiled_for: str = ""
    """The requested device, or the fallback; empty until it has compiled."""
    served_from_ns: int = 0
    """When it took over last, on the session clock."""
    may_batch: bool = False
    """As compiled: requests of its model may share batches."""
    load_over: bool = False
    """Its load has ended (not: was handed over to another engine), and LoadEnded was published."""
    told_over_ns: int | None = None
    """When it was told that the load is over, on the session clock."""
    halt_told_ns: int | None = None
    """When it was told to halt, on the session clock; None while it may serve."""
    drained: bool = False
    """It has halted, and nothing of it is in flight."""
    memory: MemoryKills = field(default_factory=MemoryKills)
    debugged: bool = False
    """ovtui's own debugger looks at it, and has it stand still."""
    killed_here: bool = False
    """The host has killed it, for whatever reason."""
    live_changes: dict[str, object] = field(default_factory=dict)
    """Live changes of the serving engine since this engine was spawned: to be applied when this one serves."""

    kill_at_s: float | None = None
    """When the engine is killed if it has not drained, on the monotonic clock; None until it is told to halt."""

    def send(self, message: EngineCommand) -> None:
        """Sends a command. To a dead engine it is lost: the pidfd reports the death."""
        with contextlib.suppress(WireClosed, BlockingIOError):
            self.wire.send(message)

    @property
    def stands_in(self) -> bool:
        """True while AUTO's stand-in serves, '(CPU)'."""
        return any(device.startswith("(") for device in self.devices)

    @property
    def next_seq(self) -> int:
        return self.first_seq + self.counters.submitted

    @property
    def due_count(self) -> int:
        """Requests that were due so far, those of engines before included. Waiting requests count: meant for an engine
        that submits nothing more."""
        return self.due_before + self.counters.submitted + self.counters.shed + self.counters.waiting

    @property
    def unfinished(self) -> int:
        return self.counters.submitted - self.counters.written

    @property
    def unsent(self) -> int:
        """For an engine that has exited: requests that were due and waited, unless LoadEnded has reported them."""
        return 0 if self.load_over else self.counters.waiting

    def take_up(self, next_seq: int, due_count: int, now_ns: int) -> None:
        """To be called before it serves, for the first time or again: its counters go on, the numbers are those of all
        engines."""
        self.kill_at_s, self.served_from_ns, self.drained, self.halt_told_ns = None, now_ns, False, None
        self.first_seq = next_seq - self.counters.submitted
        self.due_before = due_count - self.counters.submitted - self.counters.shed

    def halt(self, *, over: bool, now_ns: int) -> None:
        """`over`: the load ends. `now_ns`: on the session clock."""
        if over:
            self.told_over_ns = now_ns
        self.halt_told_ns = now_ns
        self.send(Halt(over=over))

    def kill(self) -> None:
        """Kills the process without a clean exit: to destroy a compiled model can block for seconds in OpenVINO."""
        self.exit_expected = self.killed_here = True
        if self.process.returncode is None:
            self.process.kill()

    def reap(self) -> tuple[int, str]:
        """Waits for the process, which has exited or was killed. Returns the exit code (minus the signal's number) and
        the signal's name or ''. A killed one that a driver holds in the kernel is not waited for."""
        try:
            code = self.process.wait(REAP_S)
        except subprocess.TimeoutExpired:
            code = -signal.SIGKILL
        return code, signal_name(code)

    def spawned_event(self, t_ns: int) -> EngineSpawned:
        return EngineSpawned(
            t_ns=t_ns, engine=self.number, pid=self.process.pid, settings=self.settings, changes=self.changes
        )

    def stopped_event(self, t_ns: int, drained: Drained) -> LoadEnded:
        """For an engine that was told to halt because the load ends, and has drained."""
        return LoadEnded(
            t_ns=t_ns, engine=self.number, reason="stopped", submitted=self.counters.submitted, unsent=drained.unsent,
            unsent_due_ns=drained.unsent_due_ns, unsent_step=drained.unsent_step, ended_ns=drained.ended_ns,
        )  # fmt: skip

    def exited_event(self, t_ns: int, code: int, name: str) -> EngineExited:
        """After `reap`, which returns the code and the signal, and after the last lines of its log were read."""
        return EngineExited(
            t_ns=t_ns,
            engine=self.number,
            expected=self.exit_expected and name in ("", "SIGKILL"),
            code=code,
            signal=name,
            last_words=self.log.last_words,
            unfinished=self.unfinished,
            unsent=self.unsent,
            counts=self.counters.counts(t_ns),
            told_over_ns=self.told_over_ns,
            killed_by=self._killed_by(name),
        )

    def _killed_by(self, name: str) -> str:
        return self.memory.killed_by() if name == "SIGKILL" and not self.killed_here else ""

    def refused_event(self, t_ns: int, name: str) -> Refused:
        """For an engine that was to serve with new settings and exited before it did."""
        reason, detail = self.exit_reason_text(name), self.failure_detail
        return Refused(t_ns=t_ns, settings=self.settings, changes=self.changes, reason=reason, detail=detail)

    def exit_reason_text(self, name: str) -> str:
        """For an engine that exited before it served for good: its own reason, or how the process ended and its last
        output."""
        if self.failure:
            return self.failure
        ended = how_it_ended(name, self.process.returncode or 0, self._killed_by(name)) if name else "an error"
        if self.ready:
            return f"the engine with the new settings died: {ended}"
        return f"the new engine ended with {ended} while it compiled{words_text(self.log.last_words)}"

    def close(self) -> None:
        """Closes everything but the ring, which is still read."""
        self.wire.close()
        os.close(self.pidfd)
        os.close(self.output_fd)


def spawn(
    number: int, settings: Settings, changes: list[str], origin_ns: int, clock: Callable[[], int]
) -> EngineProcess:
    """Starts an engine process and sends it Prepare. Raises OSError when there is no process or memory for it."""
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
                env=child_environment(),
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
