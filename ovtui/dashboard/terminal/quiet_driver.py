"""The terminal as Textual's driver for it, without what that one waits for: a clock for the input, and the terminal for
the output. Textual's thread for the input wakes up ten times a second whether a key came or not, which took 0.14 % of a
core, most of what an idle dashboard costs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import termios
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from typing import Any

from textual import events
from textual.app import App
from textual.drivers import linux_driver
from textual.geometry import Size
from textual.message import Message
from textual.messages import InBandWindowResize

from ovtui.dashboard.drawing.screen_cells import ScreenCells
from ovtui.dashboard.terminal.job_control import JobControl
from ovtui.dashboard.terminal.line_gauge import ANSWER, LONGEST_WAIT_S, QUESTION, LineAnswer, LineGauge
from ovtui.dashboard.terminal.repertoire import within
from ovtui.dashboard.terminal.terminal_writer import TerminalWriter
from ovtui.terminal.terminal_guard import RESTORED, TerminalGuard
from ovtui.terminal.terminal_size import TerminalSize, terminal_size, told_size

_READ_BYTES = 4096
_PARSER_PERIOD_S = 0.1
"""While the parser waits for the rest of a sequence: an escape alone is a key after this time."""
_THREAD_END_S = 0.5
"""How long the input's thread may need to end: one that reads what another process took first would need for ever."""
_ANSWER = ANSWER.encode()
_STDOUT = 1
_RETRY_LATER_S = 0.01
"""After the time of an answer that is given up, so that it is over."""
_WAIT_AFTER_SIGNAL_S = 2.0
"""For answers: who sent a signal waits for less, see EndWatch."""
MAX_COLUMNS, MAX_ROWS = 1000, 500
"""Of what is drawn. Beyond it Textual takes seconds and gigabytes for a frame; no terminal is so large, but one may say
so."""


class QuietDriver(JobControl):
    """Waits for input or for the end, and for time only where an escape sequence has begun. Draws to stdout, whatever
    stderr is."""

    _ending = _end = -1
    """The two ends of a pipe: readable as soon as the thread is to end."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._frame: list[str] | None = None
        """The parts of the frame that is being put together; None outside of one."""
        self._sized_by_keys = TerminalSize(0, 0)
        """The size that the terminal wrote as input (mode 2048)."""
        self.stalled = False
        """The terminal did not take what was to restore it."""
        self.guard = TerminalGuard()
        self.cells = ScreenCells()
        self.line = LineGauge()
        self._frame_waits = False
        """The app has a frame for when the line is open, and is to be told of that."""
        self._retry: asyncio.TimerHandle | None = None
        self._size = self._size or self._get_terminal_size()

    def start_application_mode(self) -> None:
        before = self.attrs_before
        self._ending, self._end = os.pipe2(os.O_CLOEXEC)
        writers: Any = linux_driver  # where it looks up the class of its writer, for which it has no parameter
        writer_class = writers.WriterThread
        writers.WriterThread = lambda _: self._new_writer()
        try:
            with self._outside_of_frame():
                super().start_application_mode()  # type: ignore[no-untyped-call]
        finally:
            writers.WriterThread = writer_class
        if self._writer is None:  # in the background, see JobControl
            self._must_signal_resume = True
            self._close_pipe()
            return
        self.keep_attributes(before)
        self.guard.screen_is_up(self.attrs_before, self._raw)
        self.cells.forget()
        if self.input_tty:
            self.write(QUESTION)
            self.line.asked(len(QUESTION))

    def stop_application_mode(self) -> None:
        if self._writer is None:  # the terminal is the shell's
            return
        if not self.takes_nothing():
            watch = getattr(self._app, "end_watch", None)
            self.line.wait_for_answers(_WAIT_AFTER_SIGNAL_S if watch and watch.signal else LONGEST_WAIT_S)
        self.line.lost_sight()
        attributes = self.attrs_before
        if not self.is_in_foreground:  # they are the shell's; asking for others would stop this process
            self.attrs_before = None
        with self._outside_of_frame():
            super().stop_application_mode()
        self.attrs_before = attributes

    # Output

    @property
    def _writer(self) -> TerminalWriter | None:
        writer: object = self._writer_thread
        return writer if isinstance(writer, TerminalWriter) else None

    def _new_writer(self) -> TerminalWriter:
        def call(function: Callable[..., object], *arguments: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(function, *arguments)

        app: Any = self._app
        return TerminalWriter(_STDOUT, lambda: call(app.send_frame), lambda error: call(app.crash_with, error))

    def write(self, data: str) -> None:
        """Only characters that the terminal has."""
        if not data.isascii():
            app: Any = self._app
            data = within(app.glyphs, data)
        if self._frame is not None and threading.get_ident() == self._app._thread_id:
            self._frame.append(data)
        elif self._writer is not None:
            self._writer.write(data)

    def takes_frame(self) -> bool:
        """False where a frame would wait for the terminal or on the line; `send_frame` of the app is called when that
        is over."""
        if self._writer is None or self._writer.is_behind():
            return False
        self._frame_waits = True  # before it is asked: an answer comes at any time
        if self.line.is_open():
            self._frame_waits = False
        elif self._retry is None:
            self._retry = self._loop.call_later(self.line.given_up_in_s + _RETRY_LATER_S, self._try_again)
        return not self._frame_waits

    def _try_again(self) -> None:
        self._retry = None
        self._send_waiting_frame()

    def _send_waiting_frame(self) -> None:
        if self._frame_waits:
            app: Any = self._app
            app.send_frame()

    def _answered(self) -> None:
        """On the input's thread."""
        self.line.answered()
        if self._frame_waits:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._send_waiting_frame)

    def _lost_sight(self) -> None:
        self.line.lost_sight()

    def takes_nothing(self) -> bool:
        """See TerminalWriter."""
        return self._writer is not None and self._writer.takes_nothing()

    @contextlib.contextmanager
    def frame(self) -> Iterator[None]:
        """What is written meanwhile is one frame, which goes out whole or not at all."""
        self._frame = []
        try:
            yield
        finally:
            parts, self._frame = self._frame or [], None
            if self._writer is not None and parts:
                text = "".join(parts)
                count = len(text.encode())
                asks = self.line.wants_question(count)
                self._writer.write_frame(text + QUESTION if asks else text)
                if asks:
                    self.line.asked(count + len(QUESTION))

    @contextlib.contextmanager
    def _outside_of_frame(self) -> Iterator[None]:
        """A signal (ctrl+z) comes at any time."""
        frame, self._frame = self._frame, None
        try:
            yield
        finally:
            self._frame = frame

    def close(self) -> None:
        if self._writer is not None:
            self.stalled = not self._writer.stop(RESTORED)
            self._writer_thread = None
            self.guard.screen_is_down()

    def restore_if_left(self) -> None:
        """After an end in which Textual could not do that."""
        if self._writer is None:
            return
        with contextlib.suppress(Exception):
            self.disable_input()
        if self.attrs_before is not None and self.is_in_foreground:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        self._frame = None
        self._writer.write(RESTORED)
        self.close()

    def restore_by_force(self) -> None:
        """From any thread, when the process is about to end whatever the others do: nothing is waited for."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
        if self._writer is None:
            return
        if self.attrs_before is not None and self.is_in_foreground:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        self._writer.write_at_last(RESTORED)
        self.guard.screen_is_down()

    # Input

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except BaseException as error:
            app: Any = self._app
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(app.crash_with, error)

    def run_input_thread(self) -> None:
        parsers: Any = linux_driver  # where the escape parser is installed
        parser = parsers.XTermParser(self._debug)
        # Bytes that are no UTF-8 (of a Latin-1 terminal, noise on a line) are left out, and what they cut off.
        decode = getincrementaldecoder("utf-8")("ignore").decode
        ending = self._ending
        poll = select.poll()
        poll.register(self.fileno, select.POLLIN)
        poll.register(ending, select.POLLIN)
        while not self.exit_event.is_set():
            begun = parser._timeout_time is not None
            ready = dict(poll.poll(_PARSER_PERIOD_S * 1000 if begun else None))
            if ending in ready:
                continue  # the event is set a moment later
            if self.fileno in ready:
                data = self._read()
                if not data:
                    self._hung_up()
                    return
                if data == _ANSWER and not begun and not getattr(parser, "_pasting", False):
                    self._answered()  # alone, as nearly always: without the parser's work
                    continue
                for message in parser.feed(text) if (text := decode(data)) else ():
                    self.process_message(message)
            for message in parser.tick():
                self.process_message(message)

    def _read(self) -> bytes:
        """b'' where the terminal is gone."""
        try:
            return os.read(self.fileno, _READ_BYTES)
        except OSError:
            return b""

    def _hung_up(self) -> None:
        """Who leads the terminal's session gets a signal of it, others (under setsid, or where the shell keeps the
        signal to itself) only this."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._app.exit, int(signal.SIGHUP))

    def process_message(self, message: Message) -> None:
        if isinstance(message, LineAnswer):
            self._answered()
            return
        if isinstance(message, InBandWindowResize):
            super().process_message(message)
            return
        if isinstance(message, events.Resize):
            self._sized_by_keys = TerminalSize(*message.size)
            message = events.Resize(self.terminal_size, self.terminal_size, pixel_size=message.pixel_size)
        elif isinstance(message, events.MouseEvent) and not self._is_on_screen(message):
            return
        super().process_message(message)

    def _is_on_screen(self, message: events.MouseEvent) -> bool:
        size = self.terminal_size
        return 0 <= message.screen_x < size.width and 0 <= message.screen_y < size.height

    @property
    def terminal_size(self) -> Size:
        """Asked of the terminal now: columns and rows."""
        told, keys = told_size(_STDOUT), self._sized_by_keys
        asked = terminal_size(_STDOUT)
        columns = told.columns or keys.columns or asked.columns
        rows = told.rows or keys.rows or asked.rows
        return Size(min(columns, MAX_COLUMNS), min(rows, MAX_ROWS))

    def _get_terminal_size(self) -> tuple[int, int]:
        return self.terminal_size

    def disable_input(self) -> None:
        if self._end < 0:  # there is no thread any more
            return
        with contextlib.suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        self._disable_mouse_support()
        self.exit_event.set()
        os.write(self._end, b"\0")
        thread, ended = self._key_thread, True
        if thread is not None:
            thread.join(_THREAD_END_S)
            ended = not thread.is_alive()
        if ended:
            self.exit_event.clear()
            self._close_pipe()
        self._ending = self._end = -1
        if self.is_in_foreground:
            with contextlib.suppress(termios.error):
                termios.tcflush(self.fileno, termios.TCIFLUSH)

    def _close_pipe(self) -> None:
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
