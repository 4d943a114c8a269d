"""`python -m ovtui.host WIRE_FD`: the client that begins a session starts it and hands down the host's end of their
wire."""

from __future__ import annotations

import socket
import sys

from ovtui.host.server import Server
from ovtui.records import stack_dump

stack_dump.register()
Server(socket.socket(fileno=int(sys.argv[1]))).run()
