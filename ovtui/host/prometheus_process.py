"""Starts the exporter, the process that serves metrics for Prometheus. It is a read-only client, so that a scrape holds
up no measurement and a crash ends nothing else."""

from __future__ import annotations

import socket
import subprocess
import sys

from ovtui.records.wire import wire_pair


def spawn(address: str) -> tuple[socket.socket | None, int, str]:
    """Returns the host's end of the exporter's wire and its process id, or None, 0 and the reason as a sentence.
    `address` is HOST:PORT; port 0 takes a free port.

    Opens the listening socket in the host, so that a port in use is reported at once."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, int(port)), family=family)
    except OSError as error:
        return None, 0, f"no metrics: {address}: {error.strerror or error}"
    except (TypeError, UnicodeError):  # Python cannot write it as the name of a host
        return None, 0, f"no metrics: {address}: no host has such a name"
    ours, theirs = wire_pair()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "ovtui.host.prometheus", str(theirs.fileno()), str(listener.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(), listener.fileno()),
        )
    except OSError as error:
        ours.close()
        return None, 0, f"no metrics: {error.strerror}"
    finally:
        theirs.close()
        listener.close()
    return ours, process.pid, ""
