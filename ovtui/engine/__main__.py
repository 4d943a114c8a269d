"""`python -m ovtui.engine WIRE_FD RING_FD`: started by the host, with its end of the wire and of the ring."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import traceback

from ovtui.engine.host_channel import HostChannel
from ovtui.records.engine_protocol import EngineCommand
from ovtui.records.ring.ring import RingWriter
from ovtui.records.wire import Wire

_PR_SET_PDEATHSIG = 1


def main() -> None:
    wire_fd, ring_fd = int(sys.argv[1]), int(sys.argv[2])
    # Belt and braces beside the wire's end: a compile that holds the interpreter cannot outlive a killed host.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The terminal's ctrl+c is the view's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = HostChannel(Wire(socket.socket(fileno=wire_fd), EngineCommand))
    channel.start()
    ring = RingWriter(ring_fd)
    try:
        from ovtui.engine.engine import Engine

        Engine(channel, ring).run_until_killed()
        code = 4
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    # No teardown: dropping a compiled model can block or hang in OpenVINO.
    os._exit(code)


main()
