"""A bad line: a TCP relay with delay and loss before a port of this machine, which can be cut, frozen and let go.

TCP hides loss from those that use it: what is lost comes later, and what was sent after it waits. So a lost segment
here is one that comes later by a retransmission timeout, with all that follows."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

_SEGMENT_BYTES = 1448
_WAITING_BYTES = 512 << 10
_RTO_S = 0.2
"""At least, beside the round trip."""


class BadLine:
    """Relays connections to `port`; its own is `.port`. Runs in a thread of its own."""

    def __init__(self, port: int, *, round_trip_s: float = 0.3, loss: float = 0.01, seed: int = 1) -> None:
        self._server_port = port
        self.round_trip_s, self.loss = round_trip_s, loss
        self._random = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=400)
        self.port = int(self._listener.getsockname()[1])
        self.carried = self.lost = self.connections = 0
        """Bytes both ways; segments that came later; connections that were taken."""
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._is_cut = False
        self._thread = threading.Thread(target=self._run, name="bad-line", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def cut(self) -> None:
        """Every connection is reset, and so is each new one, until `let_go`."""
        self._do(self._cut)

    def freeze(self) -> None:
        """Nothing comes through any more, and nobody is told: as a cable that was pulled. New connections are taken
        and stay silent."""
        self._do(self._open.clear)

    def let_go(self) -> None:
        """The end of both. What was sent meanwhile comes now."""
        self._do(self._let_go)

    def _do(self, what: Callable[[], None]) -> None:
        done = threading.Event()

        def do() -> None:
            what()
            done.set()

        self._loop.call_soon_threadsafe(do)
        done.wait()

    def _cut(self) -> None:
        self._is_cut = True
        for writer in list(self._writers):
            _reset(writer)

    def _let_go(self) -> None:
        self._is_cut = False
        self._open.set()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._listener.setblocking(False)
        server = self._loop.run_until_complete(asyncio.start_server(self._take, sock=self._listener))
        self._loop.run_forever()
        server.close()
        for writer in list(self._writers):
            _reset(writer)
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self._is_cut:
            _reset(writer)
            return
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            _reset(writer)
            return
        self._writers |= {writer, there_writer}
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(self._way(reader, there_writer), self._way(there_reader, writer))
        finally:
            for each in (writer, there_writer):
                self._writers.discard(each)
                each.close()

    async def _way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction: bytes leave at once, and arrive half a round trip later, in their order."""
        arrivals: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_WAITING_BYTES // _SEGMENT_BYTES)
        delivering = asyncio.ensure_future(self._deliver(arrivals, writer))
        last_s = 0.0
        try:
            while segment := await reader.read(_SEGMENT_BYTES):
                due_s = self._loop.time() + self.round_trip_s / 2
                if self._random.random() < self.loss:
                    self.lost += 1
                    due_s += self.round_trip_s + _RTO_S
                last_s = max(last_s, due_s)
                await arrivals.put((last_s, segment))
        except OSError:
            _reset(writer)
        finally:
            await arrivals.put((last_s, b""))
            await delivering

    async def _deliver(self, arrivals: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                due_s, segment = await arrivals.get()
                if (wait_s := due_s - self._loop.time()) > 0:
                    await asyncio.sleep(wait_s)
                await self._open.wait()
                if not segment:
                    writer.write_eof()
                    return
                writer.write(segment)
                self.carried += len(segment)
                await writer.drain()
        except (OSError, RuntimeError):
            while (await arrivals.get())[1]:
                pass


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
