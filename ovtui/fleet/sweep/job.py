"""One measurement of a point that a box is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovtui.fleet.sweep.beaten import Rivals
from ovtui.metrics.sweep.grid import GridPoint

if TYPE_CHECKING:
    from optuna.trial import Trial


@dataclass(slots=True, eq=False)
class Job:
    """Owner: KindPoints."""

    number: int
    point: GridPoint
    """With settings."""
    round: int
    """1; 2 and 3 of a point that is measured again."""
    for_s: float
    """How long it is measured."""
    tries: int = 0
    """How often it was given back. The run on the box is named by it: a box runs each name once."""
    pinned: str = ""
    """The box on which it was under way when the process before this one was killed: its run may be there yet, so that
    it is taken up there. Empty for none."""
    box: str = ""
    """That measures it now."""
    trial: Trial | None = None
    """Of the first round, once a box has it."""
    lost: list[str] | None = None
    """The boxes that were lost while they measured it."""
    rivals: Rivals | None = None
    """What it may be beaten by while it is measured; None for a point that is measured to its end."""
    failed: int = 0
    """How often the session failed without a figure."""

    @property
    def key(self) -> tuple[int, int]:
        return self.number, self.round
