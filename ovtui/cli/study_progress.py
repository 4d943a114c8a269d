"""The progress of a study in a script: on a terminal one line that is rewritten, elsewhere a line every few seconds. A
point that has been measured gets a line of its own."""

from __future__ import annotations

import time
from typing import TextIO

from ovtui.cli.exits import sentence
from ovtui.cli.terminal_output import is_behind
from ovtui.cli.terminal_text import write_controls
from ovtui.metrics import number_format
from ovtui.metrics.session.study_state import StudyState
from ovtui.settings.shown_text import shown
from ovtui.terminal.terminal_size import terminal_size

TERMINAL_S, LOG_S = 0.25, 10.0


class StudyProgress:
    """Owner: the command's one thread."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._rewrites = out.isatty()
        self._next_s = 0.0
        self._open = False
        """The cursor stands at the end of a line that will be rewritten."""

    def line(self, text: str, detail: str = "") -> None:
        """A sentence that stays."""
        if self._open:
            write_controls(self._out, "\r\x1b[K")
            self._open = False
        self._out.write(f"{sentence(text, detail)}\n")
        self._out.flush()

    def show(self, text: str) -> None:
        """What it does now; the next one takes its place."""
        now = time.monotonic()
        if not text or now < self._next_s:
            return
        self._next_s = now + (TERMINAL_S if self._rewrites else LOG_S)
        text = shown(text)
        if not self._rewrites:
            self._out.write(f"{text}\n")
        elif is_behind(self._out.fileno()):
            return  # the next line says more
        else:
            width = terminal_size(self._out.fileno()).columns - 1
            write_controls(self._out, "\r")
            self._out.write(f"{text[:width]:{width}}")
            self._open = True
        self._out.flush()

    def end(self) -> None:
        if self._open:
            write_controls(self._out, "\r\x1b[K")
            self._out.flush()
            self._open = False


def progress_text(study: StudyState, now_ns: int) -> str:
    """'01:12  measuring 412/s  7 of about 14  about 40 s left'."""
    step = study.step
    if step is None:
        return ""
    parts = [number_format.elapsed(max(now_ns - study.began.t_ns, 0) // 1_000_000_000), f"{step.doing} {step.text}"]
    if step.point:
        parts.append(f"{step.point} of about {step.planned}" if step.planned else f"point {step.point}")
    left_s = study.left_s(now_ns)
    if study.stopping:
        parts.append("stopping")
    elif left_s is not None:
        parts.append(f"about {number_format.elapsed(round(left_s))} left")
    return "  ".join(parts)
