"""The Python stacks of another process of ovtui (records.stack_dump), asked for by a signal and read from its memfd."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ovtui.host.diagnosis.proc_threads import ThreadLook, look
from ovtui.host.diagnosis.syscall_names import syscall_name
from ovtui.records.diagnosis import PythonThread
from ovtui.records.stack_dump import ASKED, END, MEMFD_NAME, MOST_BYTES, THREAD_NAME, UNLOCKED

LOCKED_S, SLOW_S = 0.3, 1.0
"""A thread that has taken the signal and does not come to write for the first time has no hope of Python's lock, which
others give up every 5 ms; the second is for one that has not come to take the signal."""
RAN_S = 0.1
"""Python code gives its lock up every 5 ms where another thread wants it: a thread that ran for so long meanwhile, and
has not, runs native code."""
SETTLED_S = 0.1
"""What is written without the lock is whole where it has not grown for so long."""
_LOOK_S = 0.005
_OTHERS_S = 1.5


class NoStacks(Exception):
    """With the reason as a phrase."""


class PythonStacks(NamedTuple):
    threads: list[PythonThread] = []  # noqa: RUF012
    lock_refused: bool = False
    """Python's lock was not to be had for LOCKED_S: they were written without it."""


def python_stacks(pid: int, threads: Sequence[ThreadLook], proc: Path = Path("/proc")) -> PythonStacks:
    """Raises NoStacks. `threads`: those of the process, as just seen. Waits for half a second where Python's lock is
    held, and for a second at most."""
    if threads and all(thread.state in "Tt" for thread in threads):
        raise NoStacks("its process is stopped")
    if not catches(pid, proc):
        raise NoStacks("it cannot be asked yet, or is of an older version")
    try:
        fd = _open_memfd(pid, proc)
    except OSError as error:
        raise NoStacks(f"what it would write cannot be read: {error.strerror}") from None
    try:
        with _alone(fd):
            text, lock_refused = _ask(pid, fd, threads, proc)
    finally:
        os.close(fd)
    return PythonStacks(parse(text), lock_refused)


def catches(pid: int, proc: Path = Path("/proc")) -> bool:
    """Whether the process may be sent the signals: they end one that is not prepared for them."""
    return _masked(pid, "SigCgt", UNLOCKED, proc)


def _masked(pid: int, name: str, number: int, proc: Path) -> bool:
    """Whether a signal is in one of the masks of /proc/PID/status."""
    try:
        status = (proc / str(pid) / "status").read_text(errors="replace")
    except OSError:
        return False
    found = re.search(rf"^{name}:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return found is not None and bool(int(found[1], 16) >> (number - 1) & 1)


def _open_memfd(pid: int, proc: Path) -> int:
    """Raises OSError."""
    folder = proc / str(pid) / "fd"
    for name in sorted((path.name for path in folder.iterdir()), key=int):
        with contextlib.suppress(OSError):
            if os.readlink(folder / name).startswith(f"/memfd:{MEMFD_NAME}"):  # noqa: PTH115
                return os.open(folder / name, os.O_RDWR | os.O_CLOEXEC)
    raise FileNotFoundError(2, "it has no file for them")


@contextlib.contextmanager
def _alone(fd: int) -> Iterator[None]:
    """Another process may ask the same one: each waits for the other, but not for long."""
    end_s = time.monotonic() + _OTHERS_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            if time.monotonic() > end_s:
                raise NoStacks("another process asks it, too") from None
            time.sleep(_LOOK_S)
    try:
        yield
    finally:
        os.ftruncate(fd, 0)  # its memory counts as the engine's
        fcntl.flock(fd, fcntl.LOCK_UN)


def _ask(pid: int, fd: int, threads: Sequence[ThreadLook], proc: Path) -> tuple[str, bool]:
    """What is written, and whether without Python's lock."""
    os.ftruncate(fd, 0)
    with contextlib.suppress(OSError):
        os.kill(pid, ASKED)
    taker = next((each.tid for each in threads if each.name == THREAD_NAME), None)
    began_s = time.monotonic()
    while (passed_s := time.monotonic() - began_s) < SLOW_S:
        if (text := _text(fd)).endswith(END):
            return text.removesuffix(END).decode(errors="replace"), False
        refused = taker is not None and passed_s > LOCKED_S and _waits_for_lock(pid, taker, proc)
        if taker is not None and refused and not text and not _is_starved(pid, threads, proc):
            _send_unlocked(pid, taker)
            return _settled(fd), True
        time.sleep(_LOOK_S)
    raise NoStacks("it does not come to answer in time")


def _waits_for_lock(pid: int, taker: int, proc: Path) -> bool:
    """The thread that was asked has taken the signal, this one or an earlier one, and waits for Python's lock. Else it
    waits for a core, or for the signal."""
    task = proc / str(pid) / "task" / str(taker)
    try:
        number = (task / "syscall").read_text(errors="replace").split()[0]
        return number.isdigit() and syscall_name(int(number)).startswith("futex")
    except (OSError, IndexError):  # not for every user
        return not _masked(pid, "ShdPnd", ASKED, proc)


def _is_starved(pid: int, before: Sequence[ThreadLook], proc: Path) -> bool:
    """A thread wants a core and has had next to none since: it may hold Python's lock and be about to give it up."""
    earlier = {each.tid: each.cpu_s or 0.0 for each in before}
    return any(
        each.state == "R" and (each.cpu_s or 0.0) - earlier.get(each.tid, 0.0) < RAN_S
        for each in look(pid, proc).threads
        if each.name != THREAD_NAME
    )


def _settled(fd: int) -> str:
    size, since_s, end_s = 0, time.monotonic(), time.monotonic() + 10 * SETTLED_S
    while time.monotonic() < end_s:
        now = os.fstat(fd).st_size
        if now != size:
            size, since_s = now, time.monotonic()
        elif size and time.monotonic() - since_s > SETTLED_S:
            break
        time.sleep(_LOOK_S)
    if not size:
        raise NoStacks("no thread of it runs a signal's handler")
    # What the lock kept it from writing comes once that is free, and is not this.
    return _text(fd).partition(END)[0].decode(errors="replace")


def _text(fd: int) -> bytes:
    return os.pread(fd, 2 * MOST_BYTES, 0)


def _send_unlocked(pid: int, tid: int) -> None:
    libc = ctypes.CDLL(None)
    if hasattr(libc, "tgkill"):
        libc.tgkill(pid, tid, int(UNLOCKED))
    else:
        with contextlib.suppress(OSError):
            os.kill(pid, UNLOCKED)


_SIGNALLED = "_takes_signals (ovtui/records/stack_dump.py:"
"""The thread that is there to be asked."""
_THREAD = re.compile(r"^(Current thread|Thread) (0x[0-9a-f]+)")
_FRAME = re.compile(r'^  File "(.*)", line (\d+|\?\?\?) in (.*)$')


def parse(text: str) -> list[PythonThread]:
    """faulthandler's text. The first thread of a process is the last one in it."""
    found: list[list[str]] = []
    for line in text.splitlines():
        if _THREAD.match(line):
            found.append([])
        elif found and (frame := _FRAME.match(line)):
            found[-1].append(f"{frame[3]} ({_short_path(frame[1])}:{frame[2]})")
    found = [frames for frames in found if not any(_SIGNALLED in frame for frame in frames)]
    return [PythonThread(is_main=at == len(found) - 1, frames=frames) for at, frames in enumerate(found)]


def _short_path(path: str) -> str:
    """From the package's own folder on; of others the last two parts."""
    parts = path.split("/")
    if "ovtui" in parts[:-1]:
        return "/".join(parts[len(parts) - 1 - parts[::-1].index("ovtui") :])
    return "/".join(parts[-2:])
