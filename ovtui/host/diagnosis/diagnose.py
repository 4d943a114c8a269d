"""One diagnosis of one process: it is looked at twice, asked for its Python stacks in between, and judged."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec

from ovtui.host.diagnosis import native_stacks as natives
from ovtui.host.diagnosis import proc_threads
from ovtui.host.diagnosis.frozen_group import frozen
from ovtui.host.diagnosis.judgement import Seen, judge
from ovtui.host.diagnosis.python_stacks import NoStacks, PythonStacks, python_stacks
from ovtui.records.diagnosis import Diagnosis, ThreadFinding

LOOK_S = 0.5
"""For so long the threads are looked at, to see which compute."""


def diagnose(
    engine: int,
    seen: Callable[[], Seen],
    *,
    native: bool = False,
    look_s: float = LOOK_S,
    proc: Path = Path("/proc"),
    root: Path = Path("/"),
) -> Diagnosis:
    """Waits for `look_s`, and for as long as a debugger takes where `native`. `seen`: what is known of the process
    beside /proc; called once before and once after it was looked at. `engine`: 0 for a host."""
    known = seen()
    pid = known.pid
    before, began_s = proc_threads.look(pid, proc), time.monotonic()
    python, no_python = PythonStacks(), ""
    try:
        python = python_stacks(pid, before.threads, proc)
    except NoStacks as error:
        no_python = str(error)
    time.sleep(max(began_s + look_s - time.monotonic(), 0.0))
    after, looked_s = proc_threads.look(pid, proc), time.monotonic() - began_s
    threads = proc_threads.findings(before, after, looked_s, proc, root)
    known = _later(known, seen())
    stacks = natives.native_stacks(pid, root) if native and after.threads else natives.NativeStacks()
    threads = [_with_native(each, stacks) for each in threads]
    judged = judge(
        replace(
            known,
            looked_s=looked_s,
            tracer=after.tracer,
            frozen=frozen(pid, proc, root),
            threads=tuple(threads),
            python=tuple(python.threads),
            lock_refused=python.lock_refused,
        )
    )
    return Diagnosis(
        engine=engine,
        pid=pid,
        phase=known.phase.phase,
        phase_s=known.phase_s,
        doing=judged.doing,
        where=judged.where,
        deduced=judged.deduced,
        stuck=judged.stuck,
        remedy=judged.remedy,
        evidence=judged.evidence,
        looked_s=round(looked_s, 3),
        threads=threads,
        python=python.threads,
        no_python=no_python,
        native_by=stacks.by if stacks.frames else "",
        no_native=stacks.problem,
        held_s=stacks.held_s if stacks.frames else None,
    )


def _later(before: Seen, after: Seen) -> Seen:
    """What is known at the end; what came back meanwhile is the difference of `returned`, which counts."""
    return replace(after, returned=max(after.returned - before.returned, 0))


def _with_native(thread: ThreadFinding, stacks: natives.NativeStacks) -> ThreadFinding:
    frames = stacks.frames.get(thread.tid)
    return msgspec.structs.replace(thread, native=frames) if frames else thread
