"""The progress of a study in a script: on a terminal one line that is rewritten, elsewhere a line every few seconds. A
point that has been measured gets a line of its own."""

from __future__ import annotations

from typing import TextIO

from ovtui.cli.progress_line import ProgressLine
from ovtui.metrics import number_format
from ovtui.metrics.session import study_text
from ovtui.metrics.session.study_state import StudyState

LOG_S = 10.0


class StudyProgress:
    """Owner: the command's one thread."""

    def __init__(self, out: TextIO) -> None:
        self._shown = ProgressLine(out, LOG_S)

    def line(self, text: str) -> None:
        """A sentence that stays."""
        self._shown.stays(text)

    def note(self, text: str, detail: str) -> None:
        """What an engine says, once."""
        self._shown.stays_once(text, detail)

    def show(self, text: str) -> None:
        """What it does now; the next one takes its place."""
        if text and self._shown.is_due():
            self._shown.write_over(text)

    def end(self) -> None:
        self._shown.clear()


def progress_text(study: StudyState, now_ns: int) -> str:
    """'01:12  find-rate: probe 7 of about 14 · measuring 412/s · about 40 s left'; empty before its first step."""
    if study.step is None:
        return ""
    since_began_s = max(now_ns - study.began.t_ns, 0) / 1e9
    return f"{number_format.elapsed(since_began_s)}  {study_text.progress_text(study, now_ns)}"
