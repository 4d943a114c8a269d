"""How far the load has come over several engines, and what its limits still allow."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from samples import SECOND

from ovtui.host.load_progress import LoadProgress
from ovtui.settings.schema.settings import Settings

OPEN, CLOSED = Settings(rate=100.0), Settings()


def engine(next_seq: int, due_count: int) -> Any:
    """An engine that submits nothing more."""
    return SimpleNamespace(next_seq=next_seq, due_count=due_count)


def test_a_duration_counts_from_the_first_engine_s_start() -> None:
    progress = LoadProgress()
    progress.begin(10.0, 2 * SECOND)
    assert progress.until_ns == 12 * SECOND
    progress.begin(10.0, 7 * SECOND)  # a recompile
    assert progress.until_ns == 12 * SECOND


def test_without_a_duration_there_is_no_end() -> None:
    progress = LoadProgress()
    progress.begin(0.0, SECOND)
    assert progress.until_ns is None


def test_a_duration_that_a_change_brings_counts_from_that_change() -> None:
    progress = LoadProgress()
    progress.begin(0.0, SECOND)
    progress.begin(3.0, 5 * SECOND)
    assert progress.until_ns == 8 * SECOND


@pytest.mark.parametrize(("due", "left"), [(0, 100), (99, 1), (100, 0), (135, 0)])
def test_the_limit_counts_requests_that_were_due(due: int, left: int) -> None:
    """Sent or shed; an engine that dies may have had more due than the limit."""
    progress = LoadProgress()
    progress.take_over_from(engine(next_seq=10, due_count=due))
    assert progress.next_seq == 10
    assert progress.requests_left(100) == left


def test_zero_is_no_limit() -> None:
    progress = LoadProgress()
    progress.take_over_from(engine(50, 50))
    assert progress.requests_left(0) is None


def test_a_load_that_starts_after_the_end_has_limits_of_its_own() -> None:
    progress = LoadProgress()
    progress.begin(10.0, 0)
    progress.take_over_from(engine(80, 100))
    progress.mark_over()
    assert progress.requests_left(100) == 0  # not before another one starts
    progress.restart_if_over()
    assert progress.requests_left(100) == 100
    assert progress.next_seq == 80  # request numbers go on over the session
    progress.begin(10.0, 30 * SECOND)
    assert progress.until_ns == 40 * SECOND
    progress.take_over_from(engine(130, 160))
    assert progress.requests_left(100) == 40


def test_a_load_that_is_not_over_is_not_restarted() -> None:
    progress = LoadProgress()
    progress.begin(10.0, 0)
    progress.take_over_from(engine(40, 40))
    progress.restart_if_over()
    assert (progress.until_ns, progress.requests_left(100)) == (10 * SECOND, 60)


def test_a_schedule_goes_on_once_and_in_an_open_loop_alone() -> None:
    progress = LoadProgress()
    assert progress.take_due_from(OPEN) is None
    progress.due_from_ns = 7 * SECOND
    assert progress.take_due_from(OPEN) == 7 * SECOND
    assert progress.take_due_from(OPEN) is None
    progress.due_from_ns = 8 * SECOND
    assert progress.take_due_from(CLOSED) is None
    assert progress.take_due_from(OPEN) is None  # a later schedule is another one


def test_the_end_of_a_load_is_the_end_of_its_schedule() -> None:
    progress = LoadProgress()
    progress.due_from_ns = 7 * SECOND
    progress.mark_over()
    assert progress.take_due_from(OPEN) is None


def test_what_counts_for_whole_rounds_leaves_out_first_inferences_and_earlier_loads() -> None:
    class Serving:
        def __init__(self, number: int, settings: Settings) -> None:
            self.number, self.settings, self.counters = number, settings, SimpleNamespace(submitted=0)

        def take_up(self, next_seq: int, due_count: int, now_ns: int) -> None:
            """Takes nothing."""

    def sent(to: Any) -> int:
        return progress.take_over(to, 1, [], "", SECOND).sent

    progress, rounds = LoadProgress(), Settings(end_rule="benchmark_app", requests=12)
    first: Any = Serving(1, rounds)
    assert sent(first) == 0
    assert sent(first) == 0, "told again before it has made its first inference"
    progress.take_over_from(engine(next_seq=6, due_count=6))
    assert sent(Serving(2, rounds)) == 5
    progress.take_over_from(engine(next_seq=10, due_count=10))
    first.counters.submitted = 6
    assert sent(first) == 8, "it has had its first inference"
    progress.mark_over()
    progress.restart_if_over()
    assert sent(Serving(3, Settings(end_rule="benchmark_app", warm_up="none"))) == 0
    progress.take_over_from(engine(next_seq=14, due_count=14))
    assert sent(Serving(4, rounds)) == 4
