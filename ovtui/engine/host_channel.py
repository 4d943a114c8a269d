"""Orders from the host, handed from the thread that receives them to the load thread."""

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
    """Owner of `pending`: the receiving thread appends, the load thread takes. A load loop runs while it is empty;
    one that sleeps sets `wake`, which is called after each append. `ahead` is called before it: for what an command needs
    and the load need not wait for. Both on the receiving thread."""

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
        """The next command; waits for it."""
        self._arrivals.get()
        return self.pending.popleft()

    def send(self, message: Event | Halted | Drained) -> None:
        """Sends to the host. Callable from any thread; events are rare and the host reads at once."""
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
                # The host is gone: nobody reads the ring. No teardown, which can block in OpenVINO.
                os._exit(1)
            if self.prefetch is not None:
                self.prefetch(command)
            self.pending.append(command)
            self._arrivals.put(None)
            if self.wake is not None:
                self.wake()
