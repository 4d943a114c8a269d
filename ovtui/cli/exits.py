"""How a command ends: the exit codes in one table, and the sentences on stderr."""

from __future__ import annotations

import sys
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovtui.metrics.session.session_state import SessionState


class Exit(IntEnum):
    FINE = 0
    FAILED = 1
    USAGE = 2
    LIMIT_MISSED = 3
    UNUSABLE = 4
    INTERRUPTED = 130


MEANINGS = {
    Exit.FINE: "fine",
    Exit.FAILED: "failed",
    Exit.USAGE: "the command line, a setting or a file of settings is wrong",
    Exit.LIMIT_MISSED: "a limit of --slo (errors=0 where none is on errors) was missed, or is not known to hold",
    Exit.UNUSABLE: "the model or the device cannot be used",
    Exit.INTERRUPTED: "interrupted; what was measured until then is printed",
}


def code_of_failure(state: SessionState) -> Exit:
    """The exit code of a session whose engine could not start."""
    return Exit.USAGE if state.misused else Exit.UNUSABLE if state.unusable else Exit.FAILED


def notify(text: str) -> None:
    """One sentence to the person, on stderr: stdout belongs to results."""
    print(f"ovtui: {harmless(text)}", file=sys.stderr)


def harmless(text: str) -> str:
    """The text without what a terminal would obey, which names in a model or of a file may hold."""
    return text if text.isprintable() else "".join(c if c.isprintable() or c == "\n" else " " for c in text)
