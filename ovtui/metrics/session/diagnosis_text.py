"""A diagnosis as lines of text: the same on the page and in `ovtui stuck`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ovtui.metrics import number_format
from ovtui.metrics.session.standstill import where_text
from ovtui.records.diagnosis import Diagnosis, PythonThread, ThreadFinding
from ovtui.settings.shown_text import padded, shown

LineKind = Literal["head", "stuck", "fine", "plain", "frame"]
_STATES = {
    "R": "runs", "S": "sleeps", "D": "in kernel", "T": "stopped", "t": "debugged", "I": "idle", "Z": "ended",
}  # fmt: skip
_NAME, _STATE, _CORES, _CALL = 18, 10, 6, 18


@dataclass(frozen=True, slots=True)
class DiagnosisLine:
    kind: LineKind
    text: str
    """Without control characters."""


def diagnosis_lines(found: Diagnosis) -> list[DiagnosisLine]:
    who = f"engine {found.engine}" if found.engine else "host"
    verdict = "does not go on" if found.stuck else "goes on"
    lines = [DiagnosisLine("head", f"{who} (process {found.pid}): {verdict}")]
    lines += [DiagnosisLine(kind, shown(f"{label:<11}{text}")) for kind, label, text in _summary(found) if text]
    for at, seen in enumerate(found.evidence):
        lines.append(DiagnosisLine("plain", shown(f"{'' if at else 'seen':<11}{seen}")))
    return [*lines, *(_thread_table(found) if found.threads else []), *_python(found), *_native(found)]


def _summary(found: Diagnosis) -> Iterator[tuple[LineKind, str, str]]:
    yield "plain", "was", found.doing
    yield "stuck" if found.stuck else "fine", "now", where_text(found)
    yield "plain", "type", found.remedy


def _thread_table(found: Diagnosis) -> Iterator[DiagnosisLine]:
    looked = number_format.seconds(found.looked_s)
    yield DiagnosisLine("plain", "")
    head = f"{'THREAD':<9}{'NAME':<{_NAME}}{'STATE':<{_STATE}}{'CORES':>{_CORES}}  {'CALL':<{_CALL}}IN THE KERNEL"
    yield DiagnosisLine("head", f"{head}  (in {looked})")
    for thread in found.threads:
        yield DiagnosisLine("plain", _thread_row(thread))
        for frame in thread.kernel_stack if thread.state == "D" else ():
            yield DiagnosisLine("frame", f"{'':<9}{shown(frame)}")


def _thread_row(thread: ThreadFinding) -> str:
    cores = number_format.UNKNOWN if thread.cores is None else f"{thread.cores:.2f}"
    state = _STATES.get(thread.state, thread.state)
    about = " ".join(part for part in (thread.file, f"({thread.driver})" if thread.driver else "") if part)
    waits = " ".join(part for part in (thread.wchan, about) if part)
    name = padded(shown(thread.name)[: _NAME - 1], _NAME)
    call = thread.syscall or number_format.UNKNOWN
    return shown(f"{thread.tid:<9}{name}{state:<{_STATE}}{cores:>{_CORES}}  {call:<{_CALL}}{waits}").rstrip()


def _python(found: Diagnosis) -> Iterator[DiagnosisLine]:
    yield DiagnosisLine("plain", "")
    if not found.python:
        why = found.no_python or "not asked for"
        yield DiagnosisLine("head", "PYTHON STACKS")
        yield DiagnosisLine("plain", f"none: {shown(why)}")
        return
    yield DiagnosisLine("head", "PYTHON STACKS, the innermost call first")
    # The main thread, which makes the load, is the last one that is written.
    for thread in reversed(found.python):
        yield from _python_thread(thread)


def _python_thread(thread: PythonThread) -> Iterator[DiagnosisLine]:
    yield DiagnosisLine("plain", "main thread" if thread.is_main else "another thread")
    for frame in thread.frames or ("no Python code",):
        yield DiagnosisLine("frame", f"  {shown(frame)}")


def _native(found: Diagnosis) -> Iterator[DiagnosisLine]:
    if not found.native_by and not found.no_native:
        return
    yield DiagnosisLine("plain", "")
    if found.no_native:
        yield DiagnosisLine("head", "NATIVE STACKS")
        yield DiagnosisLine("plain", f"none: {shown(found.no_native)}")
        return
    held = f"; it stood still for at most {number_format.seconds(found.held_s)}"
    yield DiagnosisLine("head", f"NATIVE STACKS by {found.native_by}{held}")
    for thread in found.threads:
        if thread.native:
            yield DiagnosisLine("plain", f"thread {thread.tid} {shown(thread.name)}")
            yield from (DiagnosisLine("frame", f"  {shown(frame)}") for frame in thread.native)
