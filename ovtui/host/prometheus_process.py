"""Starts the process that serves metrics for Prometheus: a read-only view, so that nothing that measures waits for a
scrape, and a crash of it is nobody else's."""

from __future__ import annotations

import socket
import subprocess
import sys

from ovtui.records.wire import wire_pair


def spawn(address: str) -> tuple[socket.socket | None, str]:
    """The host's end of its wire, or None and why not in a sentence. `address` is HOST:PORT; port 0 takes a free one.

    The listening socket is made here, so that a port that is taken is known at once."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, int(port)), family=family)
    except OSError as error:
        return None, f"no metrics: {address}: {error.strerror or error}"
    ours, theirs = wire_pair()
    try:
        subprocess.Popen(
            [sys.executable, "-m", "ovtui.host.prometheus", str(theirs.fileno()), str(listener.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(), listener.fileno()),
        )
    except OSError as error:
        ours.close()
        return None, f"no metrics: {error.strerror}"
    finally:
        theirs.close()
        listener.close()
    return ours, ""
