"""Exit codes, in one table."""

from __future__ import annotations

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
    """The model or the device cannot be used."""
    INTERRUPTED = 130


def code_of_failure(story: SessionState) -> Exit:
    """Of a session whose engine could not begin."""
    return Exit.USAGE if story.misused else Exit.UNUSABLE if story.unusable else Exit.FAILED
