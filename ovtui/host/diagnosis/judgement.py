"""From what was seen of a process to a sentence: what it was doing, where it stands, and by what that is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ovtui.host.diagnosis.engine_phases import PhaseState
from ovtui.host.diagnosis.frozen_group import Frozen
from ovtui.host.diagnosis.python_stacks import LOCKED_S
from ovtui.host.diagnosis.python_words import what_of
from ovtui.metrics import number_format
from ovtui.records.diagnosis import PythonThread, ThreadFinding
from ovtui.records.stack_dump import THREAD_NAME

BUSY_CORES = 0.1
"""Of a process that computes, also where others leave it no whole core."""
QUIET_START_S = 10.0
"""A start or a compile in which no thread computes does not go on, after this time."""
_LOCK_WAKES_PER_S = (120.0, 260.0)
"""How often a thread wakes that waits for Python's lock: every 5 ms, to ask for it again."""
_DRIVER = re.compile(r"^_?_?(i915|xe|intel_vpu|ivpu|drm|dma_fence|dma_resv|amdgpu|nvidia|nouveau|habanalabs)_")
_DISK = re.compile(
    r"^_?_?(io_schedule|folio_wait|wait_on_page|blk_|bio_|submit_bio|ext4_|xfs_|btrfs_|jbd2_|filemap_|fuse_|nfs|"
    r"rpc_|cifs_|p9_|virtio_|ceph_|sync_|do_fsync|vfs_fsync)"
)
_IN_DRIVER = re.compile(r"\b(cl(Finish|WaitForEvents|BuildProgram|Flush|Enqueue\w+)|ze\w+(Synchronize|Create)\w*)\b")
_LOCK_WAIT = re.compile(r"\b(take_gil|PyEval_RestoreThread|PyEval_AcquireThread|PyGILState_Ensure)\b")
_WAITING = re.compile(r"^(_*(GI_|futex|do_futex|new_sem|pthread|sem_|syscall|poll|clock_)|std::|\?\?)")
"""Functions of the C and C++ libraries in which a thread waits, and those without a name: they say nothing of why."""
_TOLD_BESIDE = ("asking", "reading")
"""What the main thread may have to wait for, of the words for other threads."""
_IDLE = ("load", "compiled", "over")
_PYTHON = re.compile(r"\b(_?PyEval_\w+|_PyFunction_\w+|PyObject_Vectorcall)\b")


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is known of a process. Times in seconds."""

    pid: int
    phase: PhaseState
    phase_s: float | None = None
    accelerator_s: float | None = None
    """How long ago AUTO's log said that it compiles for the accelerator, where it still does."""
    in_flight: int = 0
    newest: int | None = None
    """The number of the newest request that was sent."""
    returned: int = 0
    """Requests that came back while it was looked at."""
    quiet_s: float | None = None
    """For how long nothing has come back while something was in flight."""
    stalled: bool = False
    """The host's watch has told that it stands still."""
    looked_s: float = 0.0
    tracer: int = 0
    frozen: Frozen | None = None
    threads: Sequence[ThreadFinding] = ()
    python: Sequence[PythonThread] = ()
    lock_refused: bool = False
    """Its own thread did not get Python's lock in LOCKED_S."""
    silent_s: float | None = None
    """Of a host: for how long it has not answered."""

    @property
    def main(self) -> ThreadFinding | None:
        return next((each for each in self.threads if each.tid == self.pid), None)

    @property
    def main_frames(self) -> list[str]:
        return next((each.frames for each in self.python if each.is_main), [])

    @property
    def cores(self) -> float | None:
        known = [each.cores for each in self.threads if each.cores is not None]
        return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class Judgement:
    doing: str
    where: str
    deduced: bool = False
    stuck: bool = False
    remedy: str = ""
    evidence: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Where:
    text: str
    deduced: bool = False
    evidence: tuple[str, ...] = ()
    remedy: str = ""
    stands: bool = False
    """It does not go on by itself, whatever it was doing."""
    works: bool = False


def judge(seen: Seen) -> Judgement:
    where = _where(seen)
    evidence = list(where.evidence)
    if seen.main_frames:
        evidence.append(f"Python stack of its main thread: {seen.main_frames[0]}")
    beside = {what_of(each.frames) for each in seen.python if not each.is_main}
    evidence += [f"beside it a thread is {words}" for words in sorted(beside) if words.startswith(_TOLD_BESIDE)]
    if seen.cores is not None and not where.text.startswith("computes"):
        evidence.append(f"all its threads together used {seen.cores:.2f} cores for {_seconds(seen.looked_s)}")
    if seen.accelerator_s is not None and seen.phase.phase != "compiling":
        behind = f"{seen.phase.accelerator} has been compiling for {_seconds(seen.accelerator_s)}"
        evidence.append(f"{behind} behind the load (AUTO's log)")
    return Judgement(doing_text(seen), where.text, where.deduced, _is_stuck(seen, where), where.remedy, evidence)


def doing_text(seen: Seen) -> str:
    state, what = seen.phase, what_of(seen.main_frames)
    for_s = f" for {_seconds(seen.phase_s)}" if seen.phase_s is not None else ""
    match state.phase:
        case "starting":
            return f"{what if what.startswith(('importing', 'reading')) else 'reading the model'}{for_s}"
        case "compiling" if seen.accelerator_s is not None:
            took = _seconds(seen.accelerator_s)
            return f"compiling for {state.accelerator} for {took} (AUTO's log: began {took} ago)"
        case "compiling":
            return f"compiling for {state.device}{for_s}"
        case "compiled":
            return "compiled, and waiting to serve"
        case "first-inference":
            return f"in its first inference{for_s}"
        case "draining":
            return f"draining{for_s}, {number_format.quantity(seen.in_flight, 'request')} in flight"
        case "over":
            return "its load is over"
        case "host":
            quiet = f", without an answer for {_seconds(seen.silent_s)}" if seen.silent_s else ""
            return f"running the session{quiet}"
        case "load":
            return _load_text(seen, what)
    return what or "not known what it was doing"


def _load_text(seen: Seen, what: str) -> str:
    if seen.returned:
        many = number_format.quantity(seen.in_flight, "request")
        return f"making the load, {many if seen.in_flight > 0 else 'nothing is'} in flight"
    quiet = f" for {_seconds(seen.quiet_s)}" if seen.quiet_s is not None else ""
    if seen.in_flight <= 0:
        return "making the load, nothing is in flight"
    if seen.in_flight == 1 and seen.newest is not None:
        call = "in infer() of" if seen.phase.api == "sync" or what == "infer()" else "waiting for"
        return f"{call} request {seen.newest:,}{quiet}"
    return f"waiting for {seen.in_flight:,} requests in flight{quiet}"


def _is_stuck(seen: Seen, where: _Where) -> bool:
    if where.works:
        return False
    if where.stands or seen.stalled or seen.phase.phase == "host":
        return True
    if seen.phase.phase in ("starting", "compiling", "first-inference"):
        return (seen.cores or 0.0) < BUSY_CORES and (seen.phase_s or 0.0) > QUIET_START_S
    return False


def _where(seen: Seen) -> _Where:
    if not seen.threads:
        return _Where("its threads cannot be seen: it has ended, or runs in another container")
    rules = (_held, _works, _in_kernel, _in_driver, _by_native, _lock_held, _computes)
    return next((found for rule in rules if (found := rule(seen)) is not None), None) or _sleeps(seen)


def _held(seen: Seen) -> _Where | None:
    if seen.tracer:
        text = f"is held by a debugger (process {seen.tracer})"
        return _Where(text, evidence=("its TracerPid in /proc",), remedy=f"end process {seen.tracer}", stands=True)
    if seen.frozen is not None:
        told = f"{seen.frozen.file} is 1"
        return _Where("is frozen with its control group", evidence=(told,), remedy=seen.frozen.command, stands=True)
    if not all(each.state in "Tt" for each in seen.threads):
        return None
    told = f"all its {number_format.quantity(len(seen.threads), 'thread')} are in state T"
    return _Where("is stopped (SIGSTOP)", evidence=(told,), remedy=f"kill -CONT {seen.pid}", stands=True)


def _works(seen: Seen) -> _Where | None:
    if not seen.returned:
        return None
    came = f"{number_format.quantity(seen.returned, 'request')} came back"
    return _Where(f"works, {came} in {_seconds(seen.looked_s)}", works=True)


def _in_kernel(seen: Seen) -> _Where | None:
    stuck = [each for each in seen.threads if each.state == "D" and (each.cores or 0.0) < BUSY_CORES]
    if not stuck:
        return None
    thread = stuck[0]
    told = (f"{_named(thread, seen)} is in state D{_in_call(thread)}",)
    functions = [thread.wchan, *thread.kernel_stack]
    if thread.driver:
        return _Where(f"waits in the driver {thread.driver} ({thread.syscall})", evidence=told)
    if driver := next((found[1] for each in functions if (found := _DRIVER.match(each))), ""):
        return _Where(f"waits in the driver ({_comma(thread.syscall, driver)})", deduced=True, evidence=told)
    if disk := next((each for each in functions if _DISK.match(each)), ""):
        return _Where(f"waits in the kernel for a disk or a file system ({disk})", deduced=True, evidence=told)
    return _Where(f"waits in the kernel ({thread.wchan or thread.syscall or 'state D'})", evidence=told)


def _in_driver(seen: Seen) -> _Where | None:
    for thread in seen.threads:
        functions = [thread.wchan, *thread.kernel_stack]
        named = next((found[1] for each in functions if (found := _DRIVER.match(each))), "")
        if thread.syscall == "ioctl" and (driver := thread.driver or named):
            file = f" on {thread.file}" if thread.file else ""
            # That this one thread is what the others wait for is seen only of the main thread.
            text = f"waits in the driver {driver} (ioctl{file})"
            told = (f"{_named(thread, seen)}{_in_call(thread)}",)
            return _Where(text, deduced=thread.tid != seen.pid, evidence=told)
    return None


def _by_native(seen: Seen) -> _Where | None:
    """By the native stacks, where there are any."""
    waiting = [each for each in seen.threads if any(_LOCK_WAIT.search(frame) for frame in each.native)]
    holder = next(
        (
            each
            for each in seen.threads
            if each not in waiting and each.native and any(_PYTHON.search(frame) for frame in each.native[1:])
        ),
        None,
    )
    if waiting and holder is not None:
        told = f"{number_format.quantity(len(waiting), 'thread')} in take_gil; {_named(holder, seen)} is not"
        text = f"holds Python's lock in native code ({holder.native[0]})"
        return _Where(text, deduced=True, evidence=(told,), stands=True)
    for thread in seen.threads:
        if called := next((found[0] for each in thread.native if (found := _IN_DRIVER.search(each))), ""):
            told = f"native stack of {_named(thread, seen)}: {thread.native[0]}"
            return _Where(f"waits in {called}", deduced=thread.tid != seen.pid, evidence=(told,))
    return None


def _lock_held(seen: Seen) -> _Where | None:
    """Python's lock is held in native code: its own thread asked for it in vain, or other threads wait for it."""
    least, most = _LOCK_WAKES_PER_S
    waiting = [
        each
        for each in seen.threads
        if each.tid != seen.pid
        and each.wakes is not None
        and each.syscall in ("futex", "")
        and (each.cores or 0.0) < BUSY_CORES
        and seen.looked_s > 0
        and least <= each.wakes / seen.looked_s <= most
    ]
    told = []
    if seen.lock_refused:
        told.append(f"its thread {THREAD_NAME} asked for Python's lock for {_seconds(LOCKED_S)} in vain")
    if waiting:
        told.append(f"{number_format.quantity(len(waiting), 'thread')} woke every 5 ms, as a wait for that lock does")
    if not seen.lock_refused and (not waiting or len(seen.python) < 2 or seen.phase.phase == "host"):
        return None
    where = f", in {seen.main_frames[0]}" if seen.main_frames else ""
    busy = f" and computes, {seen.cores:.1f} cores" if (seen.cores or 0.0) >= BUSY_CORES else ""
    text = f"holds Python's lock in native code{where}{busy}"
    return _Where(text, deduced=not seen.lock_refused, evidence=tuple(told), stands=True)


def _computes(seen: Seen) -> _Where | None:
    if (seen.cores or 0.0) < BUSY_CORES:
        return None
    thread = max(seen.threads, key=lambda each: each.cores or 0.0)
    place = thread.native[0] if thread.native else ""
    if not place and thread.tid == seen.pid and seen.main_frames:
        place = seen.main_frames[0]
    told = f"{_named(thread, seen)} is the busiest: {thread.cores or 0.0:.2f} cores"
    return _Where(f"computes, {seen.cores:.1f} cores{f' in {place}' if place else ''}", evidence=(told,))


def _sleeps(seen: Seen) -> _Where:
    thread = seen.main or seen.threads[0]
    place = next((frame for frame in thread.native if not _WAITING.match(frame)), "")
    call = _comma(thread.syscall, "" if thread.syscall else thread.wchan)
    inside = f"sleeps{f' in {place}' if place else ''}{f' ({call})' if call else ''}"
    told = (f"{_named(thread, seen)} sleeps{_in_call(thread)}",)
    if seen.phase.phase in ("host", "unknown") or (seen.in_flight <= 0 and seen.phase.phase in _IDLE):
        return _Where(inside, evidence=told)
    what = "its device or a lock" if seen.in_flight > 0 else "a lock, a device or another process"
    return _Where(f"{inside}, and no thread computes: it waits for {what}", deduced=True, evidence=told)


def _named(thread: ThreadFinding, seen: Seen) -> str:
    return "its main thread" if thread.tid == seen.pid else f"thread {thread.tid} ({thread.name})"


def _in_call(thread: ThreadFinding) -> str:
    if not thread.syscall and not thread.wchan:
        return ""
    on = f" on {thread.file}" if thread.file else ""
    kernel = f", in the kernel's {thread.wchan}" if thread.wchan else ""
    return f" in {thread.syscall or 'the kernel'}{on}{kernel}"


def _comma(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _seconds(value_s: float | None) -> str:
    return number_format.seconds(max(value_s or 0.0, 0.0))
