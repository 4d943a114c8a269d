"""When the host gives up on an engine, at the limit itself and on either side of it."""

from __future__ import annotations

from typing import Any

import pytest
from samples import SECOND

from ovtui.host import engine_deadlines
from ovtui.host.engine_deadlines import HALT_S, ROUND_S
from ovtui.settings.schema.settings import Settings

NOW_S = 1000.0


class Engine:
    def __init__(self, kill_at_s: float | None = None, settings: Settings | None = None) -> None:
        self.kill_at_s = kill_at_s
        self.drained = self.load_over = False
        self.settings = settings or Settings()


def engine(kill_at_s: float | None = None, settings: Settings | None = None) -> Any:
    return Engine(kill_at_s, settings)


def test_an_engine_gets_its_time_and_two_batch_timeouts_to_drain() -> None:
    by_default = engine_deadlines.halt_deadline_s(engine(), NOW_S)
    assert by_default == NOW_S + HALT_S + 2 * Settings().batch_timeout_in_force_ms / 1e3
    long = Settings(batch_timeout_ms=60_000)
    assert engine_deadlines.halt_deadline_s(engine(settings=long), NOW_S) == NOW_S + HALT_S + 120


def test_a_load_with_a_duration_has_to_end_by_itself() -> None:
    """The duration is on the session's clock, the deadline on the machine's."""
    assert engine_deadlines.load_end_deadline_s(engine(), 10 * SECOND, 500 * SECOND) == 510 + HALT_S


def test_whole_rounds_have_longer() -> None:
    rounds = engine(settings=Settings(end_rule="benchmark_app", duration_s=10.0))
    assert engine_deadlines.load_end_deadline_s(rounds, 10 * SECOND, 500 * SECOND) == 510 + ROUND_S


@pytest.mark.parametrize(
    ("serving", "until_ns"),
    [
        (engine(), None),
        (None, 10 * SECOND),
        (engine(kill_at_s=NOW_S), 10 * SECOND),
        (engine(settings=Settings(end_rule="benchmark_app", requests=10)), 10 * SECOND),
    ],
    ids=["no duration", "nothing serves", "told to halt", "goes on to a number"],
)
def test_no_load_is_waited_for(serving: Any, until_ns: int | None) -> None:
    assert engine_deadlines.load_end_deadline_s(serving, until_ns, 0) is None


@pytest.mark.parametrize(
    ("kill_times_s", "end_s", "earliest_s"),
    [
        ([], None, None),
        ([None, None], None, None),
        ([], 7.0, 7.0),
        ([None, 9.0, 8.0], None, 8.0),
        ([9.0, 8.0], 7.0, 7.0),
        ([6.0, None], 7.0, 6.0),
        ([0.0], 7.0, 0.0),
    ],
)
def test_the_earliest_deadline_is_waited_for(
    kill_times_s: list[float | None], end_s: float | None, earliest_s: float | None
) -> None:
    assert engine_deadlines.earliest_deadline_s([engine(at_s) for at_s in kill_times_s], end_s) == earliest_s


def test_an_engine_is_overdue_from_its_deadline_on() -> None:
    before, at, after, never = engine(NOW_S + 1e-6), engine(NOW_S), engine(NOW_S - 1), engine()
    assert engine_deadlines.overdue_engines([before, at, never, after], NOW_S) == [at, after]
    assert engine_deadlines.overdue_engines([], NOW_S) == []
