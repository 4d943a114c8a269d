"""A slow line: a TCP relay with delay and rate, between an SSH client and its server."""

from __future__ import annotations

import heapq
import selectors
import socket
import threading
import time
from types import TracebackType
from typing import Self

_READ_BYTES = 1024


class _Way:
    """One direction of a connection. Bytes leave one after the other at the line's rate and arrive a delay later."""

    def __init__(self, source: socket.socket, target: socket.socket) -> None:
        self.source, self.target = source, target
        self.leaves_s = 0.0
        """When the last byte that was read will have left."""
        self.carried = 0


class SlowLine:
    """Relays connections to a port of this machine. The backlog of a real line lies in buffers of the system and of
    SSH; here all of it lies in the relay, where it can be seen."""

    def __init__(self, port: int, bytes_per_s: float, delay_s: float) -> None:
        """`port`: where the server listens; `delay_s`: of each direction."""
        self._server, self.bytes_per_s, self.delay_s = port, bytes_per_s, delay_s
        self.longest_backlog_s = 0.0
        """Of bytes to the client: the longest that one had to wait for those before it."""
        self.to_client = 0
        """Bytes that were read for the client."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._arrivals: list[tuple[float, int, _Way, bytes]] = []
        self._number = 0
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._wake_read, self._wake_write = socket.socketpair()
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="slow-line", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wake_write.send(b"x")
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()
        self._wake_write.close()

    def _run(self) -> None:
        while True:
            first_s = self._arrivals[0][0] if self._arrivals else None
            wait_s = None if first_s is None else max(first_s - time.monotonic(), 0)
            for key, _ in self._selector.select(wait_s):
                if key.fileobj is self._wake_read:
                    return
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._read(key.data)
            self._deliver()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self._server))
        for source, target in ((client, server), (server, client)):
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(source, selectors.EVENT_READ, _Way(source, target))
        self._client = client

    def _read(self, way: _Way) -> None:
        try:
            data = way.source.recv(_READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(way.source)
        now_s = time.monotonic()
        if way.target is self._client:
            self.longest_backlog_s = max(self.longest_backlog_s, way.leaves_s - now_s)
            self.to_client += len(data)
        way.leaves_s = max(way.leaves_s, now_s) + len(data) / self.bytes_per_s
        self._number += 1
        heapq.heappush(self._arrivals, (way.leaves_s + self.delay_s, self._number, way, data))

    def _deliver(self) -> None:
        while self._arrivals and self._arrivals[0][0] <= time.monotonic():
            *_, way, data = heapq.heappop(self._arrivals)
            try:
                if data:
                    way.target.sendall(data)
                else:
                    way.target.shutdown(socket.SHUT_WR)
            except OSError:
                pass
