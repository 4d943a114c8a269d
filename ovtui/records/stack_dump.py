"""How a process lets others read where its Python code stands, also while native code holds the interpreter's lock.

A thread of its own, which sleeps otherwise, takes two signals that all other threads block, so that nothing that works
is interrupted. At ASKED it takes Python's lock and writes the stacks of all threads: nothing changes them meanwhile.
Where that lock is not to be had, whoever asks sends UNLOCKED, at which the kernel has the thread run faulthandler's C
code, which needs no lock. Only then: of threads that run meanwhile it may read what is no stack any more, and crash.

Both write into a memfd, which takes whatever is written, so that nothing waits for a reader, as it would for a full
pipe. Who asks finds it under /proc/PID/fd, empties it and reads it (host.diagnosis.python_stacks). Every process of the
same user that may read /proc/PID/fd can, also where the one that started this process answers nothing itself."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import threading
from pathlib import Path

ASKED, UNLOCKED = signal.SIGUSR1, signal.SIGUSR2
"""Nothing of OpenVINO or its drivers uses them. They end a process that has not called `register` yet: it catches
UNLOCKED once both may be sent."""
MEMFD_NAME = "ovtui-stacks"
THREAD_NAME = "stacks"
"""Of the thread that takes the signals, also to the kernel."""
END = b"\nend of the stacks\n"
"""Behind what was written with Python's lock."""
MOST_BYTES = 1 << 20
_PR_SET_PTRACER = 0x59616D61


def register() -> None:
    """From now on this process answers ASKED and UNLOCKED. Where there is no memory file, it ignores them. While nobody
    asks, that costs a thread that sleeps.

    To be called before other threads are started. A signal to the load thread is not harmless: it ends a sleep, and
    SimpleQueue's `get(timeout=...)` waits for ever where it is interrupted when its time is just over (Python 3.11).
    After some hundred signals to it, a load stood still."""
    import faulthandler

    try:
        fd = os.memfd_create(MEMFD_NAME, os.MFD_CLOEXEC)
        # What is written goes to the end, wherever the reader has put that.
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_APPEND)
        signal.pthread_sigmask(signal.SIG_BLOCK, {ASKED, UNLOCKED})
        ready = threading.Event()
        threading.Thread(target=_takes_signals, args=(fd, ready), name=THREAD_NAME, daemon=True).start()
        # Native code that takes Python's lock next, for good, would keep it from ever waiting for a signal.
        ready.wait()
        faulthandler.register(UNLOCKED, file=fd, all_threads=True, chain=False)
    except (OSError, AttributeError):
        signal.signal(ASKED, signal.SIG_IGN)
        signal.signal(UNLOCKED, signal.SIG_IGN)


def _takes_signals(fd: int, ready: threading.Event) -> None:
    import faulthandler

    signal.pthread_sigmask(signal.SIG_UNBLOCK, {UNLOCKED})
    with contextlib.suppress(OSError):
        Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text(THREAD_NAME)
    ready.set()
    while True:
        signal.sigwait({ASKED})
        with contextlib.suppress(OSError):
            if os.fstat(fd).st_size > MOST_BYTES:  # nobody reads
                os.ftruncate(fd, 0)
            faulthandler.dump_traceback(fd, all_threads=True)
            os.write(fd, END)


def allow_debugger_of(pid: int) -> None:
    """Lets that process, and what it starts, attach a debugger to this one where Yama's ptrace_scope is 1: without it
    only a parent may, and the debugger is the host's child, too. Where there is no Yama, this does nothing."""
    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(pid), 0, 0, 0)
