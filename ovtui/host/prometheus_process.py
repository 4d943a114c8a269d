"""Starts the exporter, the process that serves metrics for Prometheus. It is a read-only client, so that a scrape holds
up no measurement and a crash ends nothing else."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import NamedTuple

from ovtui.records.wire import wire_pair


class Exporter(NamedTuple):
    wire: socket.socket
    """The host's end."""
    pid: int
    address: str
    """HOST:PORT at which it listens, the port as it was given out."""


def spawn(address: str) -> Exporter | str:
    """Returns the reason as a sentence where metrics cannot be served. `address` is HOST:PORT; port 0 takes a free
    port.

    Opens the listening socket in the host, so that a port in use is reported at once."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, int(port)), family=family)
    except OSError as error:
        return f"no metrics: {address}: {error.strerror or error}"
    except (TypeError, UnicodeError):  # Python cannot write it as the name of a host
        return f"no metrics: {address}: no host has such a name"
    bound = f"[{host}]:{listener.getsockname()[1]}" if ":" in host else f"{host}:{listener.getsockname()[1]}"
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
        return f"no metrics: {error.strerror}"
    finally:
        theirs.close()
        listener.close()
    return Exporter(ours, process.pid, bound)
