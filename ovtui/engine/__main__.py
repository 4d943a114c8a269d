"""`python -m ovtui.engine WIRE_FD RING_FD`: the host starts it and hands down the engine's ends of wire and ring."""

from __future__ import annotations

import os
import socket
import sys
import traceback

from ovtui.engine.host_channel import HostChannel
from ovtui.engine.process_start import ignore_interrupts
from ovtui.records import stack_dump
from ovtui.records.engine_protocol import EngineCommand
from ovtui.records.parent_death import die_with_parent
from ovtui.records.ring.ring import RingWriter
from ovtui.records.wire import Wire


def main() -> None:
    wire_fd, ring_fd = int(sys.argv[1]), int(sys.argv[2])
    # The engine also exits when the wire closes, but a compile that holds the interpreter could outlive a killed host.
    die_with_parent()
    ignore_interrupts()
    stack_dump.register()
    stack_dump.allow_debugger_of(os.getppid())
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
