"""The threads of a process as the kernel shows them: state, where they wait, in which system call, how busy they are.

Needs no right beyond those of the process's own user, but for the kernel's stacks (root), and stops nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ovtui.host.diagnosis.syscall_names import syscall_name
from ovtui.records.diagnosis import ThreadFinding
from ovtui.settings.shown_text import shown

MOST_THREADS = 512
STACK_LINES = 24
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_ABOUT_A_FILE = {
    "ioctl", "read", "write", "readv", "writev", "pread64", "pwrite64", "recvfrom", "recvmsg", "sendto", "sendmsg",
    "accept", "accept4", "connect", "epoll_wait", "epoll_pwait", "fsync", "fdatasync", "fstat", "getdents64", "flock",
}  # fmt: skip
"""System calls whose first argument is a descriptor."""
_KERNEL_FRAME = re.compile(r"^\[<[^>]*>\] (\S+)")


@dataclass(frozen=True, slots=True)
class ThreadLook:
    """A thread at one look."""

    tid: int
    name: str
    state: str
    cpu_s: float | None
    wakes: int | None
    """Its voluntary context switches so far."""


@dataclass(frozen=True, slots=True)
class ProcessLook:
    """A process at one look; without threads where it is gone, or another container's."""

    pid: int
    threads: list[ThreadLook] = field(default_factory=list)
    tracer: int = 0
    """The process that debugs it; 0 for none."""
    untold: int = 0
    """Threads beyond MOST_THREADS, which were not looked at."""

    @property
    def state(self) -> str:
        """Of its first thread."""
        return next((each.state for each in self.threads if each.tid == self.pid), "")


def look(pid: int, proc: Path = Path("/proc")) -> ProcessLook:
    folder = proc / str(pid) / "task"
    try:
        tids = sorted(int(path.name) for path in folder.iterdir())
    except OSError:
        return ProcessLook(pid)
    threads = [found for tid in tids[:MOST_THREADS] if (found := _thread(folder / str(tid), tid)) is not None]
    status = _text(proc / str(pid) / "status")
    return ProcessLook(pid, threads, _field(status, "TracerPid") or 0, max(len(tids) - MOST_THREADS, 0))


def _thread(folder: Path, tid: int) -> ThreadLook | None:
    stat, status = _text(folder / "stat"), _text(folder / "status")
    head, _, rest = stat.rpartition(")")
    fields = rest.split()
    if len(fields) < 13:
        return None
    run_ns = _text(folder / "schedstat").split()
    exact = bool(run_ns) and run_ns[0].isdigit() and run_ns[0] != "0"
    cpu_s = int(run_ns[0]) / 1e9 if exact else (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
    return ThreadLook(
        tid=tid,
        name=shown(head.partition("(")[2])[:32],
        state=fields[0],
        cpu_s=cpu_s,
        wakes=_field(status, "voluntary_ctxt_switches"),
    )


def findings(
    before: ProcessLook, after: ProcessLook, passed_s: float, proc: Path = Path("/proc"), root: Path = Path("/")
) -> list[ThreadFinding]:
    """What two looks at a process and a further one at its files tell of each thread that was there both times. The
    first thread comes first, then those that are busy, then those that are in no common wait."""
    earlier = {each.tid: each for each in before.threads}
    found = [
        _finding(each, earlier.get(each.tid), passed_s, proc / str(after.pid), root)
        for each in after.threads
        if each.state not in "ZX"
    ]
    return sorted(found, key=lambda each: (each.tid != after.pid, -round(each.cores or 0, 1), each.state == "S"))


def _finding(now: ThreadLook, before: ThreadLook | None, passed_s: float, folder: Path, root: Path) -> ThreadFinding:
    task = folder / "task" / str(now.tid)
    call, file = _syscall(_text(task / "syscall"), folder)
    cores = wakes = None
    if before is not None and passed_s > 0:
        if now.cpu_s is not None and before.cpu_s is not None:
            cores = round(max(now.cpu_s - before.cpu_s, 0.0) / passed_s, 3)
        if now.wakes is not None and before.wakes is not None:
            wakes = max(now.wakes - before.wakes, 0)
    wchan = _text(task / "wchan")
    frames = (_KERNEL_FRAME.match(line) for line in _text(task / "stack").splitlines())
    return ThreadFinding(
        tid=now.tid,
        name=now.name,
        state=now.state,
        cores=cores,
        wakes=wakes,
        wchan="" if wchan == "0" else shown(wchan)[:80],
        syscall=call,
        file=file,
        driver=driver_of(file, root) if file.startswith("/dev/") else "",
        kernel_stack=[frame[1] for frame in frames if frame is not None][:STACK_LINES],
    )


def _syscall(text: str, folder: Path) -> tuple[str, str]:
    """The call of '16 0x3 0xc0406469 ...', and the file that it is about. 'running' and '-1 ...' are none."""
    words = text.split()
    if not words or not words[0].isdigit():
        return "", ""
    name = syscall_name(int(words[0]))
    if name not in _ABOUT_A_FILE or len(words) < 2:
        return name, ""
    try:
        return name, shown(os.readlink(folder / "fd" / str(int(words[1], 16))))[:120]  # noqa: PTH115
    except (OSError, ValueError):
        return name, ""


def driver_of(device: str, root: Path = Path("/")) -> str:
    """The kernel's driver of a device file: 'i915' of /dev/dri/renderD128; '' where that is not known."""
    try:
        number = os.stat(root / device.lstrip("/")).st_rdev  # noqa: PTH116
        link = root / f"sys/dev/char/{os.major(number)}:{os.minor(number)}/device/driver"
        return shown(Path(os.readlink(link)).name)  # noqa: PTH115
    except OSError:
        return ""


def total_cores(threads: Sequence[ThreadFinding]) -> float | None:
    """CPU seconds per second of all threads; None where nothing tells."""
    known = [each.cores for each in threads if each.cores is not None]
    return round(sum(known), 2) if known else None


def _field(status: str, name: str) -> int | None:
    found = re.search(rf"^{name}:\s*(\d+)$", status, re.MULTILINE)
    return int(found[1]) if found is not None else None


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
