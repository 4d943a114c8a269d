"""The terminal, lent to another program while the screen is down: the tasks of the loop go on meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import termios
from collections.abc import Iterator, Sequence
from typing import Any

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.terminal.quiet_driver import QuietDriver, make_up_for_lost_resize
from ovtui.dashboard.terminal.terminal_app import TerminalApp
from ovtui.terminal.terminal_guard import RESTORED

_STDIN, _STDOUT = 0, 1
_END_S = 2.0
"""From asking the program to end to ending it by force."""
_KEPT_BYTES = 4096
"""The end of what it wrote to stderr."""


class LentTerminal:
    """Owner: the app. One program at a time."""

    def __init__(self, app: TerminalApp[int]) -> None:
        self._app = app
        self._process: asyncio.subprocess.Process | None = None
        self.is_lent = False

    async def lend(self, command: Sequence[str], notice: str) -> str:
        """Runs the command in front until it ends; the screen then comes back whole. `notice` stands on the terminal
        until the command draws. Returns why it failed, as a sentence; empty where it did not."""
        self.is_lent = True
        try:
            with self._screen_down(notice):
                return await self._run(command)
        finally:
            self.is_lent = False

    def end(self) -> None:
        """Asks the program to end. `lend` returns once it has."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()

    async def _run(self, command: Sequence[str]) -> str:
        try:
            process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        except OSError as error:
            return f"{one_line(command[0])} cannot be started: {error.strerror or error}"
        self._process = process
        try:
            said = await _end_of(process.stderr)
            code = await process.wait()
        finally:
            self._process = None
            await _ended(process)
        return _why(code, said)

    @contextlib.contextmanager
    def _screen_down(self, notice: str) -> Iterator[None]:
        app, driver = self._app, self._app._driver
        if not isinstance(driver, QuietDriver):
            yield
            return
        # Not by App.suspend, which would redirect stdout once more after the app's end.
        driver.suspend_application_mode()
        watch, attributes = app.end_watch, _attributes()
        if watch is not None:
            watch.leave_ctrl_c_to_others()
        os.write(_STDOUT, f"\x1b[?1049h\x1b[H\x1b[2J{notice}\r\n".encode("utf-8", "replace"))
        try:
            with driver.no_automatic_restart():
                yield
        finally:
            if watch is not None:
                watch.take_ctrl_c_back()
            _restore(attributes, driver)
            if app._exit:  # its screen does not come back
                os.write(_STDOUT, RESTORED.encode())
            else:
                driver.resume_application_mode()
                app.refresh(layout=True)
        make_up_for_lost_resize(app)


async def _end_of(stream: asyncio.StreamReader | None) -> str:
    kept = b""
    while stream is not None and (piece := await stream.read(_KEPT_BYTES)):
        kept = (kept + piece)[-_KEPT_BYTES:]
    return kept.decode("utf-8", "replace")


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Sees to its end, also where the task that waits for it is cancelled."""
    if process.returncode is not None:
        return
    for ask in (process.terminate, process.kill):
        with contextlib.suppress(ProcessLookupError):
            ask()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(process.wait()), _END_S)
            return


def _why(code: int, said: str) -> str:
    """As a sentence; empty where it ended as it should."""
    if code in (0, -signal.SIGINT, 128 + signal.SIGINT):
        return ""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"it was ended by {signal.Signals(-code).name}"
    last = [line for line in said.splitlines() if line.strip()]
    return one_line(last[-1]).removeprefix("Error: ") if last else f"it ended with exit code {code}"


def _attributes() -> list[Any] | None:
    with contextlib.suppress(termios.error):
        return termios.tcgetattr(_STDIN)
    return None


def _restore(attributes: list[Any] | None, driver: QuietDriver) -> None:
    """What a program that was killed has left of the terminal."""
    if attributes is None or not driver.is_in_foreground:
        return
    if _attributes() != attributes:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(_STDIN, termios.TCSANOW, attributes)
        os.write(_STDOUT, RESTORED.encode())
