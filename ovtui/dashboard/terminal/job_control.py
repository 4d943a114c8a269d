"""Ctrl+z, SIGSTOP, fg and bg: the screen is there while the terminal is ours, and never otherwise."""

from __future__ import annotations

import contextlib
import os
import signal
import termios
import tty
from typing import Any

from textual import constants
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver

_FOREGROUND_PERIOD_S = 0.2
"""How often a view in the background asks whether the terminal is its own again: a shell's fg need not tell it."""
_KITTY_FLAGS = (
    linux_driver.KITTY_DISAMBIGUATE_ESCAPE_CODES
    | linux_driver.KITTY_REPORT_ALL_KEYS
    | linux_driver.KITTY_REPORT_ASSOCIATED_TEXT
)

_PLAIN = "\x1b(B\x0f\x1b[4l\x1b[?6l\x1b[r\x1b[m"
"""The usual characters, nothing inserted, no margins, no colours: binary output leaves other ones."""


class JobControl(LinuxDriver):
    """Textual's driver starts the screen at every SIGCONT, also where it is up (after a SIGSTOP): the modes of that
    screen were then taken for the shell's. And it changes the terminal's attributes in the background, which stops the
    process: it could not be ended by `kill %1`.

    The handlers only ask the loop, because a signal may come in the middle of a start or an end of the screen."""

    _raw: list[Any] | None = None
    """The terminal's attributes while the screen is up."""

    @property
    def is_in_foreground(self) -> bool:
        """False where a shell has the terminal at present."""
        try:
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        except OSError:  # without job control, or without a terminal
            return True

    def keep_attributes(self, before: list[Any] | None) -> None:
        """At a start of the screen; `before`: what was to be restored last time. A shell's fg gives back the attributes
        that a SIGSTOP left, which are our own."""
        with contextlib.suppress(termios.error):
            self._raw = termios.tcgetattr(self.fileno)
        if before is not None and self.attrs_before is not None and not self.attrs_before[tty.LFLAG] & termios.ICANON:
            self.attrs_before = before

    def _sigtstp_application(self, *_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._stop)

    def _sigcont_application(self, *_: object) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._go_on)

    def _stop(self) -> None:
        self._leave_screen()
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        # The whole job, as a terminal does it: of a script only the program would stop, and no shell would come.
        # Where no shell could ever continue it, the kernel drops the signal.
        os.killpg(os.getpgrp(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, handler)
        self._go_on()

    def _go_on(self) -> None:
        """The screen comes back once the terminal is ours again. A SIGSTOP, which none can handle, left it as it was,
        and whoever used the terminal meanwhile may have left it otherwise."""
        app: Any = self._app
        if app._exit:
            return
        if not self.is_in_foreground:
            self._leave_screen()
            if self._must_signal_resume:
                self._loop.call_later(_FOREGROUND_PERIOD_S, self._go_on)
        elif self._must_signal_resume:
            self.resume_application_mode()
        elif self._writer_thread is not None:
            if self._raw is not None:
                with contextlib.suppress(termios.error):
                    termios.tcsetattr(self.fileno, termios.TCSANOW, self._raw)
            self._lost_sight()
            app.repaint_whole()

    def _lost_sight(self) -> None:
        """Others may have read what the terminal wrote meanwhile."""

    def _leave_screen(self) -> None:
        if self._writer_thread is not None:
            self.suspend_application_mode()
            self._must_signal_resume = True

    def set_modes(self) -> None:
        """Makes up for what others did to the modes of the terminal: the ones that Textual switches on at a start, and
        those on which each frame relies. The kitty keyboard's flags are set here; at a start they are put on top of the
        terminal's own."""
        modes = [1049, *((1000, 1003, 1015, 1006) if self._mouse else ()), 1004, 2004]
        kitty = "" if constants.DISABLE_KITTY_KEY else f"\x1b[={_KITTY_FLAGS}u"
        self.write("".join(f"\x1b[?{mode}h" for mode in modes) + f"\x1b[?25l\x1b[?7l{kitty}{_PLAIN}")

    def let_go_of_signals(self) -> None:
        """The screen is gone for good."""
        for number in (signal.SIGTSTP, signal.SIGCONT):
            signal.signal(number, signal.SIG_DFL)
