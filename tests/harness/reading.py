"""Figures read off the dashboard's screen."""

from __future__ import annotations

import re

_COMPLETED = re.compile(r"(?:completed|done)\s+([\d,]+)")
_SEGMENT = re.compile(r"\bseg(?:ment)?\s+(\d+)")


def completed(text: str) -> int:
    """Requests completed; -1 while the screen does not show it."""
    found = _COMPLETED.search(text)
    return int(found[1].replace(",", "")) if found else -1


def segment(text: str) -> int:
    """The segment in force; 0 while the screen does not show one."""
    found = _SEGMENT.search(text)
    return int(found[1]) if found else 0


def served_by_the_gpu(said: str) -> object:
    """Of a run's progress: the GPU has taken over, and figures of requests that it has served have followed."""
    return re.search(r"GPU\.0: handover after(?s:.*)(?:GPU\.0.* completed |completed .*GPU\.0)", said)
