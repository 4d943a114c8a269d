"""What a client does where the host has died or hangs: nothing is drained any more, and what the engines counted last
is read from their rings, which the client holds."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import time
from collections.abc import Iterable

ENGINES_END_S = 1.0
"""How long a client waits for the end of a dead host's engines, which the kernel kills (engine.process_start)."""
EXIT_S = 0.5


def await_engines(pids: Iterable[int]) -> None:
    """Waits for the engines of a host that has died: until then their counts go on."""
    end_s = time.monotonic() + ENGINES_END_S
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
