"""A line by the system's ssh: one connection, held by a process of ours, that all commands share (ControlMaster)."""

from __future__ import annotations

import asyncio
import math
import os
import shutil
import signal
import tempfile
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach import errors
from ovtui.fleet.reach.channel import PIECE_BYTES, Channel, Received, Tail
from ovtui.fleet.reach.channel_line import ChannelLine
from ovtui.fleet.reach.errors import Place
from ovtui.fleet.reach.scripts import HOLD, OWN_STATUS, READY, in_terminal
from ovtui.fleet.reach.ssh_config import Settings, ssh_program
from ovtui.fleet.reach.ssh_words import host_words, safe_words
from ovtui.fleet.reach.system_terminal import SystemTerminal, signal_to

_NOISE_BYTES = 64 << 10
"""What a box's shell may print before."""
_LIMIT = 128 << 10
_CLOSE_S = 1.0
_SOCKET_CHARACTERS = 60
"""A socket's path has 107 bytes, and ssh adds 17 to the name while it makes it."""


async def connect_by_ssh(
    box: Box, settings: Settings, place: Place, ssh_words: list[str], connect_s: float
) -> SystemLine:
    """Raises BoxError. `ssh_words`: options that say which box it is, as -F and -p."""
    folder = _runtime_folder()
    socket = folder / "line"
    words = [
        ssh_program(), "-M", "-S", str(socket), *await safe_words(settings, ssh_words, connect_s), *ssh_words,
        "--", settings.name, HOLD,
    ]  # fmt: skip
    try:
        master = await _start(words)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    line = SystemLine(box, place, settings.name, folder, master)
    try:
        await line.wait_until_open(connect_s)
    except BaseException:
        signal_to(master, signal.SIGKILL)
        await line.close()
        raise
    return line


def _runtime_folder() -> Path:
    """Private: whoever writes into it has the connections."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    usable = runtime and len(os.fsencode(runtime)) <= _SOCKET_CHARACTERS and os.access(runtime, os.W_OK)
    return Path(tempfile.mkdtemp(prefix="ovtui-ssh-", dir=runtime if usable else "/tmp"))


async def _start(words: list[str]) -> Process:
    """In a session of its own: ctrl+c in the terminal does not reach it, and it has no terminal to ask in."""
    return await asyncio.create_subprocess_exec(
        *words, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True, limit=_LIMIT
    )


class _Channel:
    """A Channel that is a process of ssh."""

    def __init__(self, process: Process, place: Place, most_bytes: float) -> None:
        self._process = process
        self._place = place
        self._received = Received(most_bytes)
        self._tail = Tail()
        self._flooded = False
        self._aborted = False
        self._stderr_task = asyncio.create_task(self._read_stderr())

    @property
    def heard_s(self) -> float:
        return self._received.heard_s

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None

    def _count(self, size: int) -> None:
        if self._received.add(size):
            self._flooded = True
            self._kill()

    async def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        while piece := await self._process.stderr.read(PIECE_BYTES):
            self._tail.add(piece)
            self._count(len(piece))

    async def read(self) -> bytes:
        assert self._process.stdout is not None
        piece = b"" if self._flooded else await self._process.stdout.read(PIECE_BYTES)
        self._count(len(piece))
        if self._flooded:
            raise errors.too_much(self._received.most_bytes)
        return piece

    async def write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        await self._process.stdin.drain()

    def write_eof(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def status(self) -> int:
        await asyncio.wait([self._stderr_task], timeout=_CLOSE_S)
        status = await self._process.wait()
        if status == OWN_STATUS:
            raise errors.of_ssh(self._tail.text(), self._place, opened=True)
        if status < 0:
            raise errors.lost(f"ssh was ended by signal {-status}")
        return status

    def stderr(self) -> str:
        return self._tail.text()

    def abort(self) -> None:
        self._aborted = True
        self._kill()
        self._stderr_task.cancel()

    def _kill(self) -> None:
        signal_to(self._process, signal.SIGKILL)

    async def gone(self) -> None:
        await self._process.wait()


class SystemLine(ChannelLine):
    def __init__(self, box: Box, place: Place, host: str, folder: Path, master: Process) -> None:
        super().__init__(box)
        self._place = place
        self._host = host
        self._folder = folder
        self._master = master
        self._channels: set[_Channel] = set()
        self._terminals: set[SystemTerminal] = set()
        self._tail = Tail()
        self._stderr_task = asyncio.create_task(self._read_stderr())

    async def _read_stderr(self) -> None:
        assert self._master.stderr is not None
        while piece := await self._master.stderr.read(PIECE_BYTES):
            self._tail.add(piece)

    async def wait_until_open(self, connect_s: float) -> None:
        """Raises BoxError where the login does not come about."""
        assert self._master.stdout is not None
        said = b""
        try:
            async with asyncio.timeout(math.ceil(connect_s) + 0.5):
                while READY not in said:
                    piece = await self._master.stdout.read(PIECE_BYTES)
                    if not piece:
                        await self._master.wait()
                        await asyncio.wait([self._stderr_task], timeout=_CLOSE_S)
                        raise errors.of_ssh(self._tail.text(), self._place)
                    said += piece
                    if len(said) > _NOISE_BYTES:
                        raise errors.too_much(_NOISE_BYTES, "before the first command its shell sent")
        except TimeoutError:
            raise BoxError(
                "silent", f"the login at {self._place.at} did not end within {connect_s:g} s: its sshd or shell hangs"
            ) from None

    def _words(self) -> list[str]:
        """Through the connection that is open, or not at all."""
        return [
            ssh_program(), *host_words(), "-S", str(self._folder / "line"), "-o", "ControlMaster=no",
            "-o", "ProxyCommand=exec false", "-o", "EscapeChar=none", "-o", "LogLevel=ERROR",
        ]  # fmt: skip

    def _check(self) -> None:
        if self._master.returncode is not None:
            raise errors.of_ssh(self._tail.text(), self._place, opened=True)

    async def open_channel(self, command: str, most_bytes: float) -> Channel:
        self._check()
        process = await _start([*self._words(), "-T", "--", self._host, command])
        self._channels = {channel for channel in self._channels if not channel.ended}
        channel = _Channel(process, self._place, most_bytes)
        self._channels.add(channel)
        return channel

    async def terminal(self, command_script: str, columns: int, rows: int, term: str) -> SystemTerminal:
        self._check()
        words = [*self._words(), "-tt", "--", self._host, in_terminal(command_script)]
        terminal = await SystemTerminal.start(words, columns, rows, term)
        self._terminals.add(terminal)
        return terminal

    def watch(self, silent: bool) -> None:
        """ssh itself asks for a sign of life whenever it has heard nothing for 3 s (ServerAliveInterval)."""

    async def close(self) -> None:
        for channel in self._channels:
            channel.abort()
        for terminal in self._terminals:
            terminal.kill()
        assert self._master.stdin is not None
        self._master.stdin.close()
        gone = [asyncio.ensure_future(self._master.wait()), *(asyncio.ensure_future(c.gone()) for c in self._channels)]
        await asyncio.wait(gone, timeout=_CLOSE_S)
        signal_to(self._master, signal.SIGKILL)
        await asyncio.wait(gone, timeout=_CLOSE_S / 2)
        self._stderr_task.cancel()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
