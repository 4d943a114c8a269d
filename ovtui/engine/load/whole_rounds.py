"""The end rule of benchmark_app: the load ends once its duration and its number of requests are both reached, those of
them that are set, and every infer request, or every data shape, had as many turns."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.engine.model.inputs import Inputs
from ovtui.settings.schema.settings import Settings


@dataclass(frozen=True, slots=True)
class WholeRounds:
    """How many requests a load has under that rule."""

    first_seq: int
    """Number of the load's first request that counts, of whichever engine."""
    requests: int
    """As many at least; 0: no limit."""
    in_flight: int
    shapes: int = 1
    """Different data shapes, in turn."""
    filled: bool = False
    """Inputs are filled in before each request: then the shapes make the round, and not the infer requests."""

    def last_seq(self, next_seq: int) -> int:
        """The number before which the load ends once nothing else is left to reach, where the next request has
        `next_seq`."""
        step = max(1, self.shapes if self.filled else self.in_flight)
        count = max(next_seq - self.first_seq, self._least())
        return self.first_seq + -(-count // step) * step

    def lacks(self, next_seq: int) -> bool:
        """Whether the number of requests is not reached yet."""
        return next_seq - self.first_seq < self._least()

    def _least(self) -> int:
        """benchmark_app rounds the number up before it begins: to the infer requests, or, with more shapes than those,
        to a number that its float division makes of it (11 becomes 13 with 3 shapes, which is no multiple)."""
        if not self.requests:
            return 0
        if self.shapes > self.in_flight:
            return int((self.requests + self.shapes - 1) / self.shapes * self.shapes)
        return -(-self.requests // self.in_flight) * self.in_flight


def rounds_for(settings: Settings, first_seq: int, nireq: int, inputs: Inputs) -> WholeRounds | None:
    """None where another rule ends the load."""
    if settings.end_rule != "benchmark_app":
        return None
    shapes = max(1, len(inputs.turns))
    return WholeRounds(first_seq, settings.requests, nireq, shapes, inputs.each or shapes > 1)
