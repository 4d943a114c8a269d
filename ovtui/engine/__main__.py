"""`python -m ovtui.engine WIRE_FD RING_FD`: the host starts it and hands down the engine's ends of wire and ring."""

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
    # The engine also exits when the wire closes, but a compile that holds the interpreter could outlive a killed host.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # ctrl+c in the terminal is for the client.
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
