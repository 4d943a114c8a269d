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

SIGNAL = signal.SIGUSR2
"""Nothing of OpenVINO or its drivers uses it. System calls that it interrupts are started again (SA_RESTART). It ends a
process that has not called `register` yet: look at the mask of caught signals before it is sent."""
MEMFD_NAME = "ovtui-stacks"
_PR_SET_PTRACER = 0x59616D61


def register() -> None:
    """From now on this process answers SIGNAL. Where there is no memory file, it does not, and the signal is ignored.
    Costs nothing while no signal comes."""
    import faulthandler

    try:
        fd = os.memfd_create(MEMFD_NAME, os.MFD_CLOEXEC)
        # What is written goes to the end, wherever the reader has put that.
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_APPEND)
        faulthandler.register(SIGNAL, file=fd, all_threads=True, chain=False)
    except (OSError, AttributeError):
        signal.signal(SIGNAL, signal.SIG_IGN)


def allow_debugger_of(pid: int) -> None:
    """Lets that process, and what it starts, attach a debugger to this one where Yama's ptrace_scope is 1: without it
    only a parent may, and the debugger is the host's child, too. Where there is no Yama, this does nothing."""
    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(pid), 0, 0, 0)
