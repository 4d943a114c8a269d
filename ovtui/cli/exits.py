"""How a command ends: the exit codes in one table, and the sentences on stderr."""

from __future__ import annotations

import sys
from enum import IntEnum
from typing import TYPE_CHECKING

from ovtui.settings.shown_text import shown

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
    Exit.LIMIT_MISSED: "a limit of --slo (errors=0 where none is on errors) was missed, or is not known to hold; a "
    "condition of --fail-if is true, or is not known",
    Exit.UNUSABLE: "the model or the device cannot be used",
    Exit.INTERRUPTED: "interrupted; what was measured until then is printed",
}


def code_of_failure(state: SessionState) -> Exit:
    """The exit code of a session whose engine could not start."""
    return Exit.USAGE if state.misused else Exit.UNUSABLE if state.unusable else Exit.FAILED


def notify(text: str, detail: str = "") -> None:
    """One sentence to the person, on stderr: stdout belongs to results. `detail`: OpenVINO's whole text, for below."""
    print(sentence(text, detail), file=sys.stderr)


def sentence(text: str, detail: str = "") -> str:
    """A sentence as it is printed: on one line whatever names are in it, and the lines of `detail` indented below."""
    lines = [f"ovtui: {shown(text)}"]
    if detail:
        from ovtui.cli.whole_reason import indented_lines

        lines += indented_lines(detail)
    return "\n".join(lines)
