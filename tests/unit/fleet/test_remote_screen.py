"""A box's dashboard on this terminal, over a box that never was and a pty in the place of the terminal."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import termios
from collections.abc import Callable, Iterator
from fcntl import ioctl
from struct import pack

import pytest

from ovtui.cli.fleet import attach
from ovtui.cli.interrupts import INTERRUPTS
from ovtui.fleet.attaching.box_script import attach_script, ended_unlike_ovtui
from ovtui.fleet.attaching.local_terminal import LocalTerminal
from ovtui.fleet.attaching.remote_screen import HowLeft, RemoteScreen
from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach import opening
from ovtui.fleet.reach.line import Line
from ovtui.fleet.reach.opening import ReachOptions
from ovtui.terminal.screen_filter import ScreenFilter

SCREEN_UP, SCREEN_DOWN = b"\x1b[?1049h\x1b[?1003h\x1b[?25l", b"\x1b[?1003l\x1b[?25h\x1b[?1049l"


class FakeBox:
    """A RemoteTerminal. What is put into `draws` comes from the box; None is the end, an exception the line's."""

    def __init__(self) -> None:
        self.draws: asyncio.Queue[bytes | BoxError | None] = asyncio.Queue()
        self.keys = b""
        self.sizes: list[tuple[int, int]] = []
        self.news = asyncio.Event()

    async def read(self, n: int) -> bytes:  # noqa: ARG002
        piece = await self.draws.get()
        if isinstance(piece, BoxError):
            raise piece
        return piece or b""

    def write(self, data: bytes) -> None:
        self.keys += data
        self.news.set()

    def resize(self, columns: int, rows: int) -> None:
        self.sizes.append((columns, rows))
        self.news.set()

    async def close(self) -> int:
        return 7

    async def until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self.news.clear()
            async with asyncio.timeout(30):
                await self.news.wait()


class Person:
    """Who sits at the terminal."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        self.resize(80, 24)
        self.before = termios.tcgetattr(self.slave)

    def resize(self, columns: int, rows: int) -> None:
        ioctl(self.master, termios.TIOCSWINSZ, pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def sees(self) -> bytes:
        """What has been drawn since the last time."""
        seen = b""
        while select.select([self.master], [], [], 0)[0]:
            seen += os.read(self.master, 65536)
        return seen

    async def sees_at_last(self, part: bytes) -> None:
        seen = b""
        async with asyncio.timeout(30):
            while part not in seen:
                seen += self.sees()
                await asyncio.sleep(0)

    @property
    def is_as_before(self) -> bool:
        return termios.tcgetattr(self.slave) == self.before


@pytest.fixture
def person() -> Iterator[Person]:
    made = Person()
    yield made
    os.close(made.master)
    os.close(made.slave)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    INTERRUPTS.numbers.clear()


def attached(person: Person, act: Callable[[FakeBox], object]) -> tuple[HowLeft, int]:
    """Runs it to its end, with what `act`, a coroutine function, does meanwhile."""

    async def both() -> tuple[HowLeft, int]:
        box = FakeBox()
        with LocalTerminal(person.slave, person.slave) as local:
            running = asyncio.ensure_future(RemoteScreen(box, local, ScreenFilter()).run())
            await act(box)  # type: ignore[misc]
            async with asyncio.timeout(30):
                return await running

    return asyncio.run(both())


def test_keys_go_there_and_what_it_draws_comes_here(person: Person) -> None:
    async def act(box: FakeBox) -> None:
        await box.draws.put(SCREEN_UP + b"hello\x1b]0;title\x07\x1b[5n")
        await person.sees_at_last(b"\x1b[?25lhello")
        await box.until(lambda: box.keys == b"\x1b[0n")
        assert not person.is_as_before
        person.type(b"q\x03\x1b[A\r")
        await box.until(lambda: box.keys.endswith(b"q\x03\x1b[A\r"))
        await box.draws.put(None)

    assert attached(person, act) == ("ended", 7)
    assert person.sees() == SCREEN_DOWN
    assert person.is_as_before


def test_a_new_size_goes_there(person: Person) -> None:
    async def act(box: FakeBox) -> None:
        await box.draws.put(b"up")
        await person.sees_at_last(b"up")
        person.resize(100, 30)
        os.kill(os.getpid(), signal.SIGWINCH)
        await box.until(lambda: bool(box.sizes))
        await box.draws.put(None)
        assert box.sizes == [(100, 30)]

    attached(person, act)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back(person: Person, number: int) -> None:
    async def act(box: FakeBox) -> None:
        await box.draws.put(SCREEN_UP)
        await person.sees_at_last(SCREEN_UP)
        os.kill(os.getpid(), number)

    assert attached(person, act)[0] == "signal"
    assert person.sees() == SCREEN_DOWN
    assert person.is_as_before


def test_three_times_the_key_is_the_way_out_of_a_box_that_hangs(person: Person) -> None:
    async def act(box: FakeBox) -> None:
        await box.draws.put(SCREEN_UP)
        await person.sees_at_last(SCREEN_UP)
        person.type(b"\x1d\x1dx\x1d")
        await box.until(lambda: box.keys.endswith(b"x\x1d"))
        person.type(b"\x1d\x1d")

    assert attached(person, act)[0] == "left"
    assert person.sees() == SCREEN_DOWN


def test_a_line_that_breaks_gives_the_terminal_back(person: Person) -> None:
    async def act(box: FakeBox) -> None:
        await box.draws.put(SCREEN_UP + b"\x1b[1;3")
        await box.draws.put(BoxError("lost", "the line to it broke"))

    with pytest.raises(BoxError, match="broke"):
        attached(person, act)
    assert person.sees() == SCREEN_UP + SCREEN_DOWN
    assert person.is_as_before


def test_a_terminal_that_does_not_read_holds_up_nothing(person: Person) -> None:
    async def act(box: FakeBox) -> None:
        await box.draws.put(SCREEN_UP + b"x" * 300_000)  # more than a pty takes
        while not select.select([person.master], [], [], 0)[0]:
            await asyncio.sleep(0)
        person.type(b"k")
        await box.until(lambda: box.keys == b"k")
        person.type(b"\x1d\x1d\x1d")

    assert attached(person, act)[0] == "left"
    assert person.sees().endswith(SCREEN_DOWN)
    assert person.is_as_before


def test_the_script_quotes_what_comes_from_outside() -> None:
    box = Box(name="b")
    script = attach_script(box, "$(id) 'x'", write=False, utf_8=True, environ={"COLORTERM": "a b;c", "PATH": "/"})
    last = script.splitlines()[-1]
    assert last == """exec env LC_ALL=C.UTF-8 'COLORTERM=a b;c' "$OVTUI" attach --read-only -- '$(id) '"'"'x'"'"''"""
    assert attach_script(box, "", write=True, utf_8=False, environ={}).endswith('exec env LC_ALL=C "$OVTUI" attach\n')


def test_a_login_has_longer_than_one_that_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def open_line(_: Box, options: ReachOptions) -> Line:
        raise BoxError("silent", f"{options.ssh_config} {options.connect_s > ReachOptions().connect_s}")

    monkeypatch.setattr(opening, "open_line", open_line)
    with pytest.raises(BoxError, match="cfg True"):
        asyncio.run(attach._attach(Box(name="b"), ReachOptions(ssh_config="cfg"), "", write=False))


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (137, "was ended by SIGKILL"),
        (254, "was ended by a signal"),
        (126, "ended with exit code 126"),
        (200, "ended with exit code 200"),
    ],
)
def test_an_end_that_is_not_ovtuis_own_is_told(status: int, told: str) -> None:
    assert ended_unlike_ovtui(status).text == f"its dashboard {told} there"
