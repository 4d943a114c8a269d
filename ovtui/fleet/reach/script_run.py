"""A script on a box, from the moment it is sent to its exit status, with its limits."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from types import TracebackType
from typing import Protocol, Self

from ovtui.fleet.box import BoxError
from ovtui.fleet.reach import errors
from ovtui.fleet.reach.channel import Channel
from ovtui.fleet.reach.line import SILENCE_S
from ovtui.fleet.reach.scripts import BEGINS, SHELL, wrapped

_NOISE_BYTES = 64 << 10
"""What a login shell may print before the script (an echo in ~/.bashrc): it is no output of the script."""

_NOISE_S = 30.0
"""In which the script begins, however much its login shell has to say."""
_LOOK_S = 0.2
"""For what has come and was not read yet."""


class Opener(Protocol):
    async def open_channel(self, command: str, most_bytes: float) -> Channel: ...

    def watch(self, silent: bool) -> None: ...


class ScriptRun:
    """`async with ScriptRun(...) as run: await run.next()`; on leaving, what still runs there ends."""

    def __init__(
        self, line: Opener, script: str, *, silence_s: float, first_s: float | None = None,
        most_bytes: float = math.inf, whole_s: float | None = None,
    ) -> None:  # fmt: skip
        """`first_s`: longest time from the script's begin to its first byte; None: `silence_s`."""
        self._line, self._script, self._first_s = line, script, first_s
        self._silence_s, self._whole_s, self._most_bytes = silence_s, whole_s, most_bytes
        self._end_s = math.inf if whole_s is None else time.monotonic() + whole_s
        self._begun = b""
        self.has_begun = False
        """False where the login shell ended and ran nothing of the script."""
        self._watched = False
        self._channel: Channel | None = None

    async def __aenter__(self) -> Self:
        begin_s = min(self._silence_s, SILENCE_S)  # only sh has to start; what is slow comes after it
        try:
            async with asyncio.timeout(begin_s):
                self._channel = await self._line.open_channel(SHELL, self._most_bytes)
                with contextlib.suppress(OSError):  # It has ended already; reading tells why.
                    await self._channel.write(wrapped(self._script))
            if max(self._silence_s, self._first_s or 0.0) > SILENCE_S:
                self._watched = True
                self._line.watch(True)
            await self._skip_noise(begin_s)
        except TimeoutError:
            self._leave()
            raise errors.silent(begin_s) from None
        except BaseException:
            self._leave()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        if self._channel is not None:
            self._channel.abort()
        self._watch_no_more()

    def _watch_no_more(self) -> None:
        if self._watched:
            self._watched = False
            self._line.watch(False)

    async def _skip_noise(self, begin_s: float) -> None:
        said = b""
        most_s = min(max(begin_s, _NOISE_S), self._end_s - time.monotonic())
        end_s = time.monotonic() + most_s
        while BEGINS not in said:
            piece = await next_piece(self.channel, begin_s, end_s, most_s)
            if not piece:  # sh did not even begin; its status and stderr say why
                self._begun = b""
                return
            said += piece
            if len(said) > _NOISE_BYTES + len(BEGINS):
                raise errors.too_much(_NOISE_BYTES, "before the script its login shell sent")
        self.has_begun = True
        self._begun = said.partition(BEGINS)[2]

    @property
    def channel(self) -> Channel:
        assert self._channel is not None
        return self._channel

    async def next(self) -> bytes:
        """The next piece of stdout; b"" at its end. Raises BoxError: silent, lost, too-much."""
        if self._begun:
            piece, self._begun, self._first_s = self._begun, b"", None
            return piece
        if self._first_s is None:
            return await next_piece(self.channel, self._silence_s, self._end_s, self._whole_s)
        piece = await next_piece(self.channel, self._first_s, self._end_s, self._whole_s)
        self._first_s = None
        if self._silence_s <= SILENCE_S:
            self._watch_no_more()
        return piece

    async def status(self) -> int:
        return await exit_status(self.channel, self._silence_s, self._end_s, self._whole_s)


async def next_piece(
    channel: Channel, silence_s: float, end_s: float = math.inf, whole_s: float | None = None
) -> bytes:  # fmt: skip
    """The next piece of stdout; b"" at its end. What has come already is given out however late it is asked for: this
    process may have been stopped itself."""
    while True:
        now_s, heard_s = time.monotonic(), channel.heard_s
        until_s = min(max(heard_s + silence_s, now_s + _LOOK_S), end_s)
        try:
            async with asyncio.timeout(None if until_s == math.inf else max(0.0, until_s - now_s)):
                return await channel.read()
        except TimeoutError:
            if end_s <= until_s or channel.heard_s == heard_s:
                channel.abort()
                raise _late(silence_s, whole_s, end_s <= until_s) from None


async def exit_status(
    channel: Channel, silence_s: float, end_s: float = math.inf, whole_s: float | None = None
) -> int:  # fmt: skip
    now_s = time.monotonic()
    until_s = min(now_s + silence_s, end_s)
    try:
        async with asyncio.timeout(None if until_s == math.inf else max(0.0, until_s - now_s)):
            return await channel.status()
    except TimeoutError:
        raise _late(silence_s, whole_s, end_s <= until_s) from None


def _late(silence_s: float, whole_s: float | None, by_the_whole: bool) -> BoxError:
    return errors.too_long(whole_s) if whole_s is not None and by_the_whole else errors.silent(silence_s)
