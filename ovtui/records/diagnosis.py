"""What is found of an engine that does not answer: what it was doing, where it stands, and the evidence for that."""

from __future__ import annotations

from typing import Literal

import msgspec

Phase = Literal["starting", "compiling", "compiled", "first-inference", "load", "draining", "over", "host", "unknown"]
"""By the events of the session. starting: until the model is read. compiled: it waits to serve. over: its load has
ended. host: the process is no engine but a session's host."""
THREADS_MOST, FRAMES_MOST, TEXT_MOST = 48, 24, 200
ANSWER_BYTES = 96 * 1024
"""Of all diagnoses of one answer, which must fit into one message of the wire."""
EVENT_BYTES = 24 * 1024
"""Of one that is kept with the session."""


class PythonThread(msgspec.Struct, frozen=True, kw_only=True):
    """A thread that runs Python code, as faulthandler wrote it."""

    is_main: bool = False
    """The first thread, which makes the load in an engine."""
    frames: list[str] = []
    """'run (ovtui/engine/load/sync_loop.py:72)', the innermost first."""


class ThreadFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A thread of the process, as the kernel shows it. What it does not show is None or empty."""

    tid: int
    name: str
    state: str
    """'R', 'S', 'D', 'T', ... as in /proc/PID/stat."""
    cores: float | None = None
    """CPU seconds per second while it was looked at."""
    wakes: int | None = None
    """How often it was woken meanwhile."""
    wchan: str = ""
    """The function of the kernel in which it waits."""
    syscall: str = ""
    """'ioctl', 'futex'; empty where it is in none."""
    file: str = ""
    """What that call is about: '/dev/dri/renderD128'."""
    driver: str = ""
    """The kernel's driver of that device: 'i915'."""
    kernel_stack: list[str] = []
    native: list[str] = []
    """Functions in native code, the innermost first."""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    engine: int
    """0 for the host."""
    pid: int
    phase: Phase
    phase_s: float | None = None
    doing: str
    """What it was doing and for how long: 'compiling for GPU.0 for 41.2 s (AUTO's log)'."""
    where: str
    """'waits in the driver i915 (ioctl)', 'is stopped (SIGSTOP)'."""
    deduced: bool = False
    """`where` follows from several signs, and none of them shows it."""
    stuck: bool = False
    """It does not go on, by the rules of host.diagnosis.judgement; False where it works, or waits as it should."""
    remedy: str = ""
    """What to do, where that is known: 'kill -CONT 1234'."""
    evidence: list[str] = []
    """What was seen, each as a sentence."""
    looked_s: float = 0.0
    """For how long its threads were looked at."""
    threads: list[ThreadFinding] = []
    python: list[PythonThread] = []
    no_python: str = ""
    """Why there are no Python stacks."""
    native_by: str = ""
    """The program that read the native stacks: 'gdb', 'eu-stack'."""
    no_native: str = ""
    """Why there are none, with what to type; empty where there are, or where they were not asked for."""
    held_s: float | None = None
    """The longest that the process can have stood still for its native stacks."""

    @property
    def sentence(self) -> str:
        """'compiling for GPU.0 for 41.2 s: computes, 1.0 cores (deduced)'."""
        return f"{self.doing}: {self.where}{' (deduced)' if self.deduced else ''}"


DiagnosisOccasion = Literal["stalled", "asked", "overdue"]
"""stalled: nothing came back of it. asked: a person asked. overdue: it was about to be killed for being late."""


class EngineDiagnosed(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="diagnosed"):
    """An event of the session (records.events)."""

    t_ns: int
    engine: int
    occasion: DiagnosisOccasion
    diagnosis: Diagnosis


class StuckAnswer(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="stuck-answer"):
    """The host's answer to AskStuck."""

    session: str = ""
    diagnoses: list[Diagnosis] = []
    """Of its engines, oldest first; where the host does not answer, before them of the host."""
    host_problem: str = ""
    """Why this is no answer of the host, but read from /proc by who asks, as a sentence; empty where it is one."""


def within(diagnoses: list[Diagnosis], limit_bytes: int = ANSWER_BYTES) -> list[Diagnosis]:
    """The same with as many threads and frames as fit: those that tell least go first, and the evidence says so."""
    return [_within(each, limit_bytes // len(diagnoses)) for each in diagnoses]


def _within(found: Diagnosis, limit_bytes: int) -> Diagnosis:
    frames, threads = FRAMES_MOST, THREADS_MOST
    cut = _cut(found, threads, frames)
    while len(msgspec.json.encode(cut)) > limit_bytes and threads > 1:
        frames, threads = max(frames // 2, 4), threads // 2
        cut = _cut(found, threads, frames)
    return cut


def _cut(found: Diagnosis, threads: int, frames: int) -> Diagnosis:
    left_out = len(found.threads) - threads
    evidence = [text[: 2 * TEXT_MOST] for text in found.evidence[:20]]
    return msgspec.structs.replace(
        found,
        evidence=[*evidence, f"{left_out:,} more threads are left out"] if left_out > 0 else evidence,
        threads=[
            msgspec.structs.replace(
                each,
                kernel_stack=_short(each.kernel_stack, frames),
                native=_short(each.native, frames),
            )
            for each in found.threads[:threads]
        ],
        # The main thread is the last one that faulthandler writes.
        python=[msgspec.structs.replace(each, frames=_short(each.frames, frames)) for each in found.python[-threads:]],
    )


def _short(lines: list[str], most: int) -> list[str]:
    kept = [line[:TEXT_MOST] for line in lines[:most]]
    return [*kept, f"... {len(lines) - most} more"] if len(lines) > most else kept


def json_schema() -> str:
    """Of `ovtui stuck --json`."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(StuckAnswer)), indent=2).decode()
