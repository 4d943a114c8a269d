"""What a sweep looks for, and the figure against which it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ovtui.metrics import number_format
from ovtui.records.study_events import PointFigures
from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.slo import limits_in_force
from ovtui.settings.shown_text import in_quotes


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure of a point, of which more or less is better."""

    name: str
    label: str
    """With its unit, for an axis or the head of a column."""
    higher: bool
    """Whether a higher value is better."""
    value_of: Callable[[PointFigures], float | None]
    number: Callable[[float | None], str]
    """The value as text, without its unit where `unit` is one."""
    unit: str = ""

    def value(self, figures: PointFigures | None) -> float | None:
        """None where it was not measured."""
        return None if figures is None else self.value_of(figures)

    def text(self, value: float | None) -> str:
        """The value with its unit, for a sentence."""
        return f"{self.number(value)}{self.unit}" if value is not None else number_format.UNKNOWN

    def better(self, value: float, other: float) -> bool:
        return value > other if self.higher else value < other


def _of_items(figures: PointFigures, value: float | None, *, per: bool) -> float | None:
    """`value` times the items of a request, or with `per` divided by them."""
    items = figures.items_per_request
    return None if value is None or not items else value / items if per else value * items


def _latency(name: str, value_of: Callable[[PointFigures], float | None]) -> Goal:
    return Goal(name, f"{name} ms", False, value_of, number_format.milliseconds, " ms")


GOALS: dict[str, Goal] = {
    goal.name: goal
    for goal in (
        Goal("throughput", "req/s", True, lambda figures: figures.throughput, number_format.rate, "/s"),
        _latency("p50", lambda figures: figures.p50_ms),
        _latency("p90", lambda figures: figures.p90_ms),
        _latency("p99", lambda figures: figures.p99_ms),
        _latency("mean", lambda figures: figures.mean_ms),
        Goal("joules", "J per request", False, lambda figures: figures.joules_per_request, number_format.joules),
    )
}
IN_ITEMS: dict[str, Goal] = {
    goal.name: goal
    for goal in (
        Goal(
            "throughput", "items/s", True, lambda figures: _of_items(figures, figures.throughput, per=False),
            number_format.rate, " items/s",
        ),
        Goal(
            "joules", "J per item", False, lambda figures: _of_items(figures, figures.joules_per_request, per=True),
            number_format.joules, " per item",
        ),
    )
}  # fmt: skip
"""What takes the place of these where the requests of the points hold different numbers of items: a request of four
pictures is more work than one of a single picture."""
INSTEAD = ("p90", "p50")
"""What takes the place of a percentile for which there were too few requests."""
LATENCIES = ("p50", "p90", "p99", "mean")


def find_goal(name: str) -> Goal:
    """Raises SettingsError with one sentence."""
    goal = GOALS.get(name.strip().lower())
    if goal is None:
        raise SettingsError(
            f"goal: {in_quotes(name)} is not one of {', '.join(GOALS)}{did_you_mean(name, GOALS, start='; ')}"
        )
    return goal


def second_goal(goal: str, slo: str) -> Goal:
    """What the front weighs the goal against: the first response time that a limit is on, else p99; the throughput
    where the goal is a latency itself."""
    if goal in LATENCIES:
        return GOALS["throughput"]
    limited = (
        limit.subject for limit in limits_in_force(slo) if limit.subject in LATENCIES and not limit.is_floor
    )  # fmt: skip
    return GOALS[next(limited, "p99")]
