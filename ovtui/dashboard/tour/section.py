"""One section of `ovtui learn` as the dashboard shows it, and how a person leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NEXT, BACK = -2, -3
"""Results of a dashboard that shows a section: the person goes on to the next one, or back to the one before. Beside
DETACHED, and no signals."""


@dataclass(frozen=True, slots=True)
class Section:
    number: int
    """From 1."""
    of: int
    heading: str
    pages: Sequence[str]
    """Sentences, shown one after the other in the caption. {overview}, {batches}, ... stand for keys, as in
    settings.experiments.Check.look."""
