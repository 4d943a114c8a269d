"""A fault of the program itself, told in one sentence; its traceback goes into a file."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from ovtui.cli.exits import Exit, notify
from ovtui.settings.paths import shell_line

_ROOT = Path(__file__).parents[1]
_MAX_REASON = 200


def report_crash(error: BaseException, what: str = "ovtui", after: str = "") -> int:
    """Says what crashed and where its traceback is; `after`: what became of the rest. Returns the exit code."""
    from ovtui.host.crash_files import write_traceback

    try:
        written = f"the traceback is in {write_traceback(error, shell_line(['ovtui', *sys.argv[1:]]))}"
    except Exception as failure:
        written = f"its traceback could not be written ({failure})"
    notify(f"{what} crashed: {_reason(error)}; {written}{after}")
    return Exit.FAILED


def _reason(error: BaseException) -> str:
    """Kind, text and place on one line: 'ZeroDivisionError: division by zero, at dashboard/app.py:190'."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    cut = text if len(text) <= _MAX_REASON else f"{text[:_MAX_REASON]}..."
    return f"{type(error).__name__}{f': {cut}' if cut else ''}{_place(error)}"


def _place(error: BaseException) -> str:
    """The innermost line of ovtui's own that the error came through."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_ROOT):
            return f", at {path.relative_to(_ROOT)}:{frame.lineno}"
    return ""
