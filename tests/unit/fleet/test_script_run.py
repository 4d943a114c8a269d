"""A script's limits, over channels that are made up."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from typing import Any

import pytest

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach.channel import STDERR_CHARACTERS, Tail
from ovtui.fleet.reach.channel_line import ChannelLine
from ovtui.fleet.reach.script_run import ScriptRun
from ovtui.fleet.reach.scripts import BEGINS


class MadeUp:
    """A line with one channel, which gives out these pieces, and then nothing or its end."""

    def __init__(self, pieces: Sequence[bytes], *, ends: bool = True) -> None:
        self.pieces, self.ends = list(pieces), ends
        self.heard_s = time.monotonic()
        self.written = b""
        self.aborted = self.ended = False
        self.watched: list[bool] = []

    async def open_channel(self, *_: object) -> MadeUp:
        return self

    def watch(self, silent: bool) -> None:
        self.watched.append(silent)

    async def read(self) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        if not self.ends:
            await asyncio.get_running_loop().create_future()
        return b""

    async def write(self, data: bytes) -> None:
        self.written += data

    def write_eof(self) -> None:
        raise AssertionError("standard input stays open")

    async def status(self) -> int:
        return 3

    def stderr(self) -> str:
        return ""

    def abort(self) -> None:
        self.aborted = True


def said(line: MadeUp, silence_s: float = 60, whole_s: float | None = None) -> list[bytes]:
    async def go() -> list[bytes]:
        async with ScriptRun(line, "true", silence_s=silence_s, whole_s=whole_s) as run:
            pieces = []
            while piece := await run.next():
                pieces.append(piece)
            assert await run.status() == 3
            return pieces

    found = asyncio.run(go())
    assert line.aborted
    return found


def test_noise_before_is_left_out_wherever_the_pieces_break() -> None:
    whole = b"welcome\n" + BEGINS + b"a\nb\n"
    for at in range(1, len(whole)):
        assert b"".join(said(MadeUp([whole[:at], whole[at:]]))) == b"a\nb\n"
    assert said(MadeUp([])) == []


def test_endless_noise_is_cut_off() -> None:
    line = MadeUp([bytes(1 << 15)] * 4, ends=False)
    with pytest.raises(BoxError, match="its login shell sent more than 64 KiB"):
        said(line)
    assert line.aborted


def test_what_has_come_is_given_out_however_late() -> None:
    """As after SIGSTOP of this process."""
    line = MadeUp([BEGINS, b"x"])
    line.heard_s -= 1000
    assert said(line, silence_s=8) == [b"x"]


def test_silence_is_told_and_so_is_a_script_that_does_not_end() -> None:
    line = MadeUp([BEGINS], ends=False)
    line.heard_s -= 1000
    with pytest.raises(BoxError, match="nothing for 8 s"):
        said(line, silence_s=8)
    assert line.aborted
    line = MadeUp([BEGINS], ends=False)
    with pytest.raises(BoxError, match=r"within 0\.1 s"):
        said(line, silence_s=math.inf, whole_s=0.1)
    assert line.watched == [True, False]


class Lively(MadeUp):
    """Something comes to stderr for the first times that it is looked for."""

    looks = 0

    @property  # type: ignore[override]
    def heard_s(self) -> float:
        self.looks += 1
        return time.monotonic() if self.looks < 8 else 0.0

    @heard_s.setter
    def heard_s(self, value: float) -> None:
        pass


def test_stderr_counts_as_a_sign_of_life() -> None:
    line = Lively([BEGINS], ends=False)
    with pytest.raises(BoxError, match="nothing for"):
        said(line, silence_s=0.01)
    assert line.looks >= 8


def test_the_last_of_stderr_is_kept_and_cleaned() -> None:
    tail = Tail()
    for number in range(50_000):
        tail.add(b"line %d \x1b[31m\xff\n" % number)
    assert len(tail.text()) <= 2 * STDERR_CHARACTERS
    assert tail.text().endswith("line 49999 \\x1b[31m\\xff")
    tail.add(b"x" * 1_000_000)
    assert tail.text() == "x" * STDERR_CHARACTERS


def test_the_first_byte_may_take_longer_than_those_after_it() -> None:
    """A small box takes a while to start Python. Meanwhile the line itself shows whether it lives."""

    def run_to_silence(line: MadeUp) -> str:
        async def go() -> None:
            async with ScriptRun(line, "true", silence_s=0.01, first_s=0.02) as run:
                while await run.next():
                    pass

        with pytest.raises(BoxError) as raised:
            asyncio.run(go())
        return raised.value.text

    assert "nothing for 0.02 s" in run_to_silence(MadeUp([BEGINS], ends=False))
    assert "nothing for 0.01 s" in run_to_silence(MadeUp([BEGINS, b"a"], ends=False))
    assert "nothing for 0.01 s" in run_to_silence(MadeUp([BEGINS + b"a"], ends=False))


def test_the_line_is_watched_until_the_first_byte() -> None:
    line = MadeUp([BEGINS, b"a", b"b"])

    async def go() -> None:
        async with ScriptRun(line, "true", silence_s=8, first_s=60) as run:
            assert line.watched == [True]
            assert await run.next() == b"a"
            assert line.watched == [True, False]

    asyncio.run(go())
    assert line.watched == [True, False]


@pytest.mark.parametrize(("status", "kind"), [(137, "lost"), (143, "lost"), (3, "failed")])
def test_lines_of_a_script_that_was_killed_there_may_be_asked_for_again(status: int, kind: str) -> None:
    class Killed(MadeUp):
        async def status(self) -> int:
            return status

    class OneLine(ChannelLine):
        async def open_channel(self, *_: object) -> Any:
            return Killed([BEGINS, b"a\n"])

        def watch(self, silent: bool) -> None: ...

        async def terminal(self, *_: object) -> Any: ...

        async def close(self) -> None: ...

    async def go() -> list[bytes]:
        return [line async for line in OneLine(Box(name="b")).lines("true")]

    with pytest.raises(BoxError) as raised:
        asyncio.run(go())
    assert raised.value.kind == kind
