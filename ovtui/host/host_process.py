"""A host process at the client's end: its start, and what a client does where it has died or hangs. Then nothing is
drained any more, and what the engines counted last is read from their rings, which the client holds."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterable

from ovtui.host import state_paths
from ovtui.host.child_environment import child_environment
from ovtui.records.wire import wire_pair

ENDS_S = 1.0
"""How long a client waits for the end of a host whose connection has broken off, and of its engines, which the kernel
kills (engine.process_start)."""
EXIT_S = 0.5


def await_ends(pids: Iterable[int]) -> None:
    """Waits for a host that has died, which until then holds its recording, and for its engines, whose counts go
    on."""
    end_s = time.monotonic() + ENDS_S
    for pid in pids:
        with contextlib.suppress(OSError):  # it is gone
            pidfd = os.pidfd_open(pid)
            select.select([pidfd], [], [], max(end_s - time.monotonic(), 0))
            os.close(pidfd)


def has_failed(host: subprocess.Popen[bytes]) -> bool:
    """Whether the host, which has closed its wire, has ended otherwise than it should. False while it goes on with the
    session, for another client."""
    try:
        return host.wait(EXIT_S) != 0
    except subprocess.TimeoutExpired:
        return False


def start_host() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """This end of the wire to a new host, and the host. Raises OSError."""
    ours, theirs = wire_pair()
    try:
        with state_paths.open_host_log() as log:
            # A process session of its own: the terminal's signals are for the client alone.
            host = subprocess.Popen(
                [sys.executable, "-m", "ovtui.host", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=child_environment(),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    return ours, host
