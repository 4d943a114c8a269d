"""The lines of a progress on stderr: sentences that stay, and one line that says what goes on, which on a terminal is
written over and elsewhere comes every few seconds."""

from __future__ import annotations

import time
from typing import TextIO

from ovtui.cli.exits import sentence
from ovtui.cli.terminal_output import is_behind
from ovtui.cli.terminal_text import write_controls
from ovtui.settings.shown_text import shown
from ovtui.terminal.terminal_size import terminal_size

TERMINAL_S = 0.25


class ProgressLine:
    """Owner: the command's one thread."""

    def __init__(self, out: TextIO, log_s: float) -> None:
        """`log_s`: how often what goes on is said where nothing can be written over."""
        self._out = out
        self.rewrites = out.isatty()
        self.every_s = TERMINAL_S if self.rewrites else log_s
        self._next_s = 0.0
        self._told: set[str] = set()
        self._open = False
        """The cursor stands at the end of a line that will be written over."""

    def is_due(self) -> bool:
        """Whether it is time to say again what goes on; then the next time is `every_s` later."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + self.every_s
        return True

    def stays(self, text: str, detail: str = "") -> None:
        """A sentence on a line of its own. `detail`: whole text that follows it."""
        self.clear()
        self._out.write(f"{sentence(text, detail)}\n")
        self._out.flush()

    def stays_once(self, text: str, detail: str = "") -> None:
        """As `stays`; each engine tells its notes, and one of many engines says nothing new."""
        if text not in self._told:
            self._told.add(text)
            self.stays(text, detail)

    def write_over(self, text: str) -> None:
        """What the next one takes the place of, where that can be."""
        text = shown(text)
        if not self.rewrites:
            self._out.write(f"{text}\n")
        elif is_behind(self._out.fileno()):
            return  # the next line says more
        else:
            width = terminal_size(self._out.fileno()).columns - 1
            write_controls(self._out, "\r")
            self._out.write(f"{text[:width]:{width}}")
            self._open = True
        self._out.flush()

    def clear(self) -> None:
        """Takes the line that would be written over away."""
        if self._open:
            write_controls(self._out, "\r\x1b[K")
            self._out.flush()
            self._open = False

    def leave(self) -> None:
        """Lets it stand as it is."""
        if self._open:
            self._out.write("\n")
            self._out.flush()
            self._open = False
