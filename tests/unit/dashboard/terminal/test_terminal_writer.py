"""The writer that nothing waits for, on a pty whose other end the test reads, or does not."""

from __future__ import annotations

import os
import pty
import threading
import tty
from collections.abc import Iterator

import pytest

from ovtui.dashboard.terminal import terminal_writer
from ovtui.dashboard.terminal.terminal_writer import BEHIND_BYTES, TerminalWriter

LIMIT_S = 30.0
FRAME = "frame " + "x" * 20_000


class Ends:
    """A terminal: what the program writes to, and what shows it."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.caught_up = threading.Event()
        self.errors: list[BaseException] = []
        self.writer = TerminalWriter(self.slave, self.caught_up.set, self.errors.append)

    def read(self, count: int) -> str:
        data = b""
        while len(data) < count:
            data += os.read(self.master, 65536)
        return data.decode()


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    made.writer.start()
    yield made
    for fd in (made.master, made.slave):
        os.close(fd)
    assert not made.errors


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer's thread may be kept from its work for longer than a terminal that stands still is waited for."""
    for name in ("STALL_S", "END_S"):
        monkeypatch.setattr(terminal_writer, name, LIMIT_S)


@pytest.mark.usefixtures("patient")
def test_what_is_put_comes_out_in_order(ends: Ends) -> None:
    ends.writer.write("a")
    ends.writer.write_frame("béc")
    ends.writer.write("d")
    assert ends.read(6) == "abécd"
    assert ends.writer.stop()
    ends.writer.write("after the end")


@pytest.mark.usefixtures("patient")
def test_no_frame_waits_for_a_terminal_that_does_not_read(ends: Ends) -> None:
    ends.writer.write_frame(FRAME * 20)  # far more than the kernel takes
    assert ends.writer.is_behind()
    assert not ends.caught_up.is_set()
    ends.read(20 * len(FRAME))
    assert ends.caught_up.wait(LIMIT_S)
    assert not ends.writer.is_behind()
    assert ends.writer.stop()


@pytest.mark.usefixtures("patient")
def test_a_frame_would_wait_behind_a_clipboard(ends: Ends) -> None:
    ends.writer.write("a")
    ends.read(1)
    assert not ends.writer.is_behind()
    ends.writer.write("x" * 5 * BEHIND_BYTES)
    ends.writer.write("y" * 2 * BEHIND_BYTES)
    assert ends.writer.is_behind()
    ends.read(7 * BEHIND_BYTES)
    assert ends.caught_up.wait(LIMIT_S)


@pytest.mark.usefixtures("patient")
def test_the_end_cuts_a_frame_off_and_still_restores_the_terminal(ends: Ends) -> None:
    ends.writer.write("begin")
    for _ in range(20):
        ends.writer.write_frame(FRAME)
    begun = ends.read(len("begin") + 1)  # the first frame is on its way, and does not fit
    ends.writer.write("restored")
    shown = [begun]

    def show() -> None:
        while "restored" not in shown[-1]:
            shown.append(shown[-1][-20:] + ends.read(1))

    reader = threading.Thread(target=show, daemon=True)
    reader.start()
    assert ends.writer.stop()
    reader.join(LIMIT_S)
    assert shown[-1].endswith("\x18\x1b[0m\x1b[?2026lrestored") or shown[-1].endswith("xrestored")


def test_a_terminal_that_takes_nothing_does_not_hold_the_end_up(ends: Ends) -> None:
    for _ in range(20):
        ends.writer.write(FRAME)
    ends.writer.write("restored")
    assert not ends.writer.stop()


@pytest.mark.usefixtures("patient")
def test_a_terminal_that_is_gone_swallows_all() -> None:
    ends = Ends()
    os.close(ends.master)
    ends.writer.start()
    for _ in range(200):
        ends.writer.write_frame(FRAME)
    assert ends.writer.stop()
    assert not ends.errors
    os.close(ends.slave)
