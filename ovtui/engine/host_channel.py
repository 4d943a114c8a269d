"""The engine's end of the wire: commands from the host to the load thread, messages from any thread to the host."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

from ovtui.records.engine_protocol import Drained, EngineCommand, EngineMessage, Halted
from ovtui.records.events import Event
from ovtui.records.wire import Wire, WireClosed


class HostChannel:
    """`pending` holds the commands that wait for the load thread: the receiving thread appends, the load thread
    removes. A load loop runs while it is empty.

    The receiving thread calls `prefetch` before it appends a command, to read what the command needs while the load
    goes on, and `wake` after it, for a load loop that sleeps."""

    def __init__(self, wire: Wire[EngineCommand, EngineMessage]) -> None:
        self._wire = wire
        self._send_lock = threading.Lock()
        self._arrivals: SimpleQueue[None] = SimpleQueue()
        self.pending: deque[EngineCommand] = deque()
        self.wake: Callable[[], None] | None = None
        self.prefetch: Callable[[EngineCommand], None] | None = None

    def start(self) -> None:
        threading.Thread(target=self._receive, name="commands", daemon=True).start()

    def next_command(self) -> EngineCommand:
        """Removes and returns the next command; blocks until there is one."""
        self._arrivals.get()
        return self.pending.popleft()

    def send(self, message: Event | Halted | Drained) -> None:
        """Sends a message to the host. Callable from any thread; blocks shortly at most, for events are rare and the
        host reads at once. Ends the process when the host is gone."""
        with self._send_lock:
            try:
                self._wire.send(message)
            except WireClosed:
                os._exit(1)

    def _receive(self) -> None:
        while True:
            try:
                command, _ = self._wire.receive()
            except (WireClosed, OSError, ValueError):
                # The host is gone and nobody reads the ring. No teardown: it can block in OpenVINO.
                os._exit(1)
            if self.prefetch is not None:
                self.prefetch(command)
            self.pending.append(command)
            self._arrivals.put(None)
            if self.wake is not None:
                self.wake()
