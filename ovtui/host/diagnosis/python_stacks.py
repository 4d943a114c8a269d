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

from ovtui.host.diagnosis.proc_threads import ThreadLook
from ovtui.records.diagnosis import PythonThread
from ovtui.records.stack_dump import MEMFD_NAME, SIGNAL

ANSWER_S = 0.15
"""How long one thread may take to run the handler before another one is sent the signal."""
SETTLED_S = 0.1
"""The text is whole where it has not grown for so long, or where the thread that wrote it sleeps again."""
THREADS_TRIED = 4
_LOOK_S = 0.01
_LOCKED_S = 0.5
MOST_BYTES = 1 << 20


class NoStacks(Exception):
    """With the reason as a phrase."""


def python_stacks(pid: int, threads: Sequence[ThreadLook], proc: Path = Path("/proc")) -> list[PythonThread]:
    """Raises NoStacks. `threads`: those of the process, as just seen. Waits for about half a second at most."""
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
            text = _ask(pid, fd, threads, proc)
    finally:
        os.close(fd)
    return parse(text)


def catches(pid: int, proc: Path = Path("/proc")) -> bool:
    """Whether the process has a handler for SIGNAL: it ends one that has none."""
    try:
        status = (proc / str(pid) / "status").read_text(errors="replace")
    except OSError:
        return False
    found = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return found is not None and bool(int(found[1], 16) >> (SIGNAL - 1) & 1)


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
    end_s = time.monotonic() + _LOCKED_S
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


def _ask(pid: int, fd: int, threads: Sequence[ThreadLook], proc: Path) -> str:
    # Of the engine and of the host one thread alone does not block the signal. It sleeps for good.
    order = sorted(threads, key=lambda each: (each.state == "D", each.state != "S", each.tid == pid, each.tid))
    usable = [each.tid for each in order if each.state not in "TtZX" and not each.blocks(SIGNAL)]
    os.ftruncate(fd, 0)
    for tid in usable[:THREADS_TRIED]:
        _send(pid, tid)
        end_s = time.monotonic() + ANSWER_S
        while time.monotonic() < end_s:
            if os.fstat(fd).st_size:
                return _settled(pid, tid, fd, proc)
            time.sleep(_LOOK_S)
    raise NoStacks("no thread of it runs a signal's handler: each waits in the kernel, or blocks signals")


def _settled(pid: int, tid: int, fd: int, proc: Path) -> str:
    size, since_s, end_s = 0, time.monotonic(), time.monotonic() + 10 * SETTLED_S
    while time.monotonic() < end_s:
        now = os.fstat(fd).st_size
        if now != size:
            size, since_s = now, time.monotonic()
        elif time.monotonic() - since_s > SETTLED_S or _sleeps(pid, tid, proc):
            break
        time.sleep(_LOOK_S)
    return os.pread(fd, MOST_BYTES, 0).decode(errors="replace")


def _sleeps(pid: int, tid: int, proc: Path) -> bool:
    try:
        stat = (proc / str(pid) / "task" / str(tid) / "stat").read_text(errors="replace")
        return stat.rpartition(")")[2].split()[0] == "S"
    except (OSError, IndexError):
        return False


def _send(pid: int, tid: int) -> None:
    libc = ctypes.CDLL(None)
    if hasattr(libc, "tgkill"):
        libc.tgkill(pid, tid, int(SIGNAL))
    else:
        with contextlib.suppress(OSError):
            os.kill(pid, SIGNAL)


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
