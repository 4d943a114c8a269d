"""`python -m ovtui.host VIEW_FD`: started by the view that makes the session, with its end of the first wire."""

from __future__ import annotations

import socket
import sys

from ovtui.host.server import Server

Server(socket.socket(fileno=int(sys.argv[1]))).run()
