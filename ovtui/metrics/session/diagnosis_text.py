"""A diagnosis as lines of text: the same on the page and in `ovtui stuck`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ovtui.metrics import number_format
from ovtui.metrics.session.standstill import where_text
from ovtui.records.diagnosis import Diagnosis, PythonThread, ThreadFinding
from ovtui.settings.shown_text import padded, shown, width_of

LineKind = Literal["head", "stuck", "fine", "plain", "frame"]
_STATES = {
    "R": "runs", "S": "sleeps", "D": "in kernel", "T": "stopped", "t": "debugged", "I": "idle", "Z": "ended",
}  # fmt: skip
_LONGEST_NAME, _GAP = 17, 2
_CORES = 3
"""The column of numbers."""
_LABEL = 11


@dataclass(frozen=True, slots=True)
class DiagnosisLine:
    kind: LineKind
    text: str
    """Without control characters."""
    hang: int = 0
    """Where the text goes on in further lines, in cells from its left."""


def diagnosis_lines(found: Diagnosis, *, replayed: bool = False) -> list[DiagnosisLine]:
    """`replayed`: of a recording, whose processes are gone: without what could be typed then."""
    who = f"engine {found.engine}" if found.engine else "host"
    verdict = "does not go on" if found.stuck else "goes on"
    lines = [DiagnosisLine("head", f"{who} (process {found.pid}): {verdict}")]
    told = [
        *_summary(found, replayed=replayed),
        *(("plain", "" if at else "seen", seen) for at, seen in enumerate(found.evidence)),
    ]
    lines += [DiagnosisLine(kind, shown(f"{label:<{_LABEL}}{text}"), _LABEL) for kind, label, text in told if text]
    return [*lines, *(_thread_table(found) if found.threads else []), *_python(found), *_native(found)]


def _summary(found: Diagnosis, *, replayed: bool) -> Iterator[tuple[LineKind, str, str]]:
    yield "plain", "was", found.doing
    yield "stuck" if found.stuck else "fine", "now", where_text(found)
    if not replayed:
        yield "plain", "type", found.remedy


def _thread_table(found: Diagnosis) -> Iterator[DiagnosisLine]:
    """Columns as wide as what stands in them."""
    heads = ("THREAD", "NAME", "STATE", "CORES", "CALL", f"IN THE KERNEL ({number_format.seconds(found.looked_s)})")
    rows = [_thread_cells(thread) for thread in found.threads]
    widths = [max(map(width_of, column)) for column in zip(heads, *rows, strict=True)][:-1]
    hang = sum(widths) + _GAP * len(widths)
    yield DiagnosisLine("plain", "")
    yield DiagnosisLine("head", _table_row(heads, widths), hang)
    for thread, row in zip(found.threads, rows, strict=True):
        yield DiagnosisLine("plain", _table_row(row, widths), hang)
        for frame in thread.kernel_stack if thread.state == "D" else ():
            yield DiagnosisLine("frame", " " * (widths[0] + _GAP) + shown(frame), widths[0] + _GAP)


def _thread_cells(thread: ThreadFinding) -> tuple[str, ...]:
    about = " ".join(part for part in (thread.file, f"({thread.driver})" if thread.driver else "") if part)
    return (
        str(thread.tid),
        shown(thread.name)[:_LONGEST_NAME],
        shown(_STATES.get(thread.state, thread.state)),
        number_format.UNKNOWN if thread.cores is None else f"{thread.cores:.2f}",
        shown(thread.syscall) or number_format.UNKNOWN,
        shown(" ".join(part for part in (thread.wchan, about) if part)),
    )


def _table_row(cells: Sequence[str], widths: Sequence[int]) -> str:
    *columns, last = cells
    texts = []
    for at, (text, width) in enumerate(zip(columns, widths, strict=True)):
        number = at == _CORES
        texts.append(" " * (width - width_of(text)) + text if number else padded(text, width))
    return (" " * _GAP).join([*texts, last]).rstrip()


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
