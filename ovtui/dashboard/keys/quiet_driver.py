"""The terminal's input without a clock: Textual's thread for it wakes up ten times a second whether a key came or not,
which took 0.14 % of a core, most of what an idle dashboard costs."""

from __future__ import annotations

import os
import select
from codecs import getincrementaldecoder
from typing import Any

from textual import events
from textual.app import App
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

_READ_BYTES = 4096
_PARSER_PERIOD_S = 0.1
"""While the parser waits for the rest of a sequence: an escape alone is a key after this time."""


class QuietDriver(LinuxDriver):
    """Waits for input or for the end, and for time only where an escape sequence has begun."""

    _ending = _end = -1
    """The two ends of a pipe: readable as soon as the thread is to end."""

    def start_application_mode(self) -> None:
        self._ending, self._end = os.pipe2(os.O_CLOEXEC)
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def run_input_thread(self) -> None:
        parsers: Any = linux_driver  # where the escape parser is installed
        parser = parsers.XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")().decode
        while not self.exit_event.is_set():
            begun = parser._timeout_time is not None
            ready, _, _ = select.select([self.fileno, self._ending], [], [], _PARSER_PERIOD_S if begun else None)
            if self.fileno in ready:
                text = decode(os.read(self.fileno, _READ_BYTES))
                if not text:  # the terminal is gone; the signal of that ends the app
                    select.select([self._ending], [], [], _PARSER_PERIOD_S)
                for message in parser.feed(text) if text else ():
                    self.process_message(message)
            for message in parser.tick():
                self.process_message(message)

    @property
    def terminal_size(self) -> Size:
        """Asked of the terminal now: columns and rows."""
        return Size(*self._get_terminal_size())

    def disable_input(self) -> None:
        if self._end < 0:  # there is no thread any more
            super().disable_input()
            return
        # The byte stays in the pipe: the thread looks at the event, which is set a moment later.
        os.write(self._end, b"\0")
        super().disable_input()
        for fd in (self._ending, self._end):
            os.close(fd)
        self._ending = self._end = -1


def make_up_for_lost_resize(app: App[int]) -> None:
    """Resizes what has another size than the terminal. On a loaded machine, after a storm of sizes, a page was seen to
    keep the size before the last for good."""
    size = app._driver.terminal_size if isinstance(app._driver, QuietDriver) else app.size
    if size != app.size:
        app.post_message(events.Resize(size, size))
    elif app.screen.size != size:
        app.screen.post_message(events.Resize(size, size))
