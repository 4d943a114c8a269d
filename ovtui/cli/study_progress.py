"""The progress of a study in a script: on a terminal one line that is rewritten, elsewhere a line every few seconds. A
point that has been measured gets a line of its own."""

from __future__ import annotations

from typing import TextIO

from ovtui.cli.progress_line import ProgressLine
from ovtui.metrics import number_format
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
        parts.append(f"about {number_format.rough_seconds(left_s)} left")
    return "  ".join(parts)
