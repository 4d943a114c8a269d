"""The second model beside the session's own, as it stands, folded from the events of the study that runs it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ovtui.metrics.latency.latency import LatencyKind
from ovtui.records.arrays import Floats
from ovtui.records.events import BesideSecond
from ovtui.settings.schema.settings import Settings

SECONDS_KEPT = 3_600
"""As long as the plot's longest span, and more."""
SHOWN_FOR_NS = 5_000_000_000
"""A second that ended so long ago no longer says what the second model does now."""


@dataclass(slots=True)
class BesideState:
    """Owner: the SessionState."""

    study: int
    settings: Settings
    """Of the second model."""
    seconds: list[BesideSecond] = field(default_factory=list)
    """The newest SECONDS_KEPT, oldest first."""

    @property
    def name(self) -> str:
        """Of the second model: a file without its folder."""
        return self.settings.model.rstrip("/").rpartition("/")[2] or self.settings.model

    def add(self, second: BesideSecond) -> None:
        self.seconds.append(second)
        if len(self.seconds) > SECONDS_KEPT:
            del self.seconds[: SECONDS_KEPT // 10]

    def newest(self, now_ns: int) -> BesideSecond | None:
        """The last whole second; None where that was too long ago, as after the study has ended."""
        last = self.seconds[-1] if self.seconds else None
        return last if last is not None and now_ns - last.t_ns <= SHOWN_FOR_NS else None


def p50_of(second: BesideSecond, kind: LatencyKind) -> float | None:
    return {"response": second.p50_ms, "service": second.service_p50_ms, "inference": second.inference_p50_ms}[kind]


def median_columns(seconds: Sequence[BesideSecond], edges_s: Floats, kind: LatencyKind) -> Floats:
    """[n] of [n + 1] edges, s on the session clock: the median of the second in which the middle of a column lies; in
    columns wider than a second the mean of those that end in it. NaN where the second model served nothing."""
    found = np.full(max(len(edges_s) - 1, 0), np.nan)
    if not seconds or not len(found):
        return found
    ends_s = [second.t_ns / 1e9 for second in seconds]
    wide = float(edges_s[1] - edges_s[0]) > 1.0
    for at, (low, high) in enumerate(zip(edges_s[:-1].tolist(), edges_s[1:].tolist(), strict=True)):
        if wide:
            chosen = seconds[bisect_right(ends_s, low) : bisect_right(ends_s, high)]
        else:
            middle = (low + high) / 2
            first = bisect_left(ends_s, middle)
            chosen = seconds[first : first + 1] if first < len(ends_s) and ends_s[first] - 1 <= middle else []
        values = [value for second in chosen if (value := p50_of(second, kind)) is not None]
        if values:
            found[at] = sum(values) / len(values)
    return found
