"""How a process lets others read where its Python code stands, also while native code holds the interpreter's lock: on
SIGNAL the kernel runs faulthandler's C code, which needs no lock and writes the stacks of all threads into a memfd.

A memfd takes whatever is written, so that the handler never waits, as it would for a pipe that nobody reads. Who asks
finds it under /proc/PID/fd, empties it and reads it (host.diagnosis.python_stacks). Every process of the same user that
may read /proc/PID/fd can, also where the one that started this process answers nothing itself."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import threading
from pathlib import Path

SIGNAL = signal.SIGUSR2
"""Nothing of OpenVINO or its drivers uses it. System calls that it interrupts are started again (SA_RESTART). It ends a
process that has not called `register` yet: look at the mask of caught signals before it is sent."""
MEMFD_NAME = "ovtui-stacks"
THREAD_NAME = "stacks"
"""Of the thread that the signal interrupts, also to the kernel."""
_PR_SET_PTRACER = 0x59616D61


def register() -> None:
    """From now on this process answers SIGNAL. Where there is no memory file, it does not, and the signal is ignored.
    Costs nothing while no signal comes, but for a thread that sleeps for good.

    To be called before other threads are started: they block the signal, as does the caller, so that it interrupts
    nothing that works. A system call that a signal interrupts is started again, but not a sleep, and SimpleQueue's
    `get(timeout=...)` waits for ever where it is interrupted when its time is just over (Python 3.11): after some
    hundred signals to the load thread, its load stood still."""
    import faulthandler

    try:
        fd = os.memfd_create(MEMFD_NAME, os.MFD_CLOEXEC)
        # What is written goes to the end, wherever the reader has put that.
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_APPEND)
        faulthandler.register(SIGNAL, file=fd, all_threads=True, chain=False)
        threading.Thread(target=_takes_signals, name=THREAD_NAME, daemon=True).start()
        signal.pthread_sigmask(signal.SIG_BLOCK, {SIGNAL})
    except (OSError, AttributeError):
        signal.signal(SIGNAL, signal.SIG_IGN)


def _takes_signals() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {SIGNAL})  # an engine's host blocks it, too
    with contextlib.suppress(OSError):
        Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text(THREAD_NAME)
    threading.Event().wait()


def allow_debugger_of(pid: int) -> None:
    """Lets that process, and what it starts, attach a debugger to this one where Yama's ptrace_scope is 1: without it
    only a parent may, and the debugger is the host's child, too. Where there is no Yama, this does nothing."""
    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(pid), 0, 0, 0)
