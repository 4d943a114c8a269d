"""The rule, on engines whose warm-up is made: what is left out, when that is decided, and what is never left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from samples import records, segment, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.groups.warm_up import BlockMedian, first_steady_block
from ovtui.records.events import SegmentBegan
from ovtui.records.record import Flag, Records, response_ms
from ovtui.settings.schema.settings import Settings, WarmUpRule

FIRST_S = 0.35
"""When the segment of samples.started begins."""


def steady(ms: float, count: int = 5) -> list[BlockMedian]:
    return [BlockMedian(ms, 0.0)] * count


def test_five_medians_that_agree_are_steady_from_the_first() -> None:
    assert first_steady_block(steady(10.0)) == 0


def test_fewer_than_five_medians_decide_nothing() -> None:
    assert first_steady_block(steady(10.0, 4)) is None


def test_blocks_before_the_level_are_warm_up() -> None:
    assert first_steady_block([BlockMedian(40, 0), BlockMedian(25, 0), BlockMedian(12, 0), *steady(10.0)]) == 3


def test_medians_that_still_fall_are_not_steady() -> None:
    assert first_steady_block([BlockMedian(20 * 0.9**i, 0) for i in range(8)]) is None


def test_a_disturbance_after_the_level_was_reached_is_no_warm_up() -> None:
    assert first_steady_block([BlockMedian(30, 0), BlockMedian(10, 0), BlockMedian(16, 0), *steady(10.2)]) == 1


def test_scatter_that_the_samples_explain_is_steady() -> None:
    scattered = [BlockMedian(ms, 0.7) for ms in (10.0, 12.0, 9.6, 11.0, 10.4)]
    assert first_steady_block(scattered) == 0
    assert first_steady_block([BlockMedian(block.ms, 0.1) for block in scattered]) is None


def engine(
    seconds: float, rate: float = 400.0, *, cold_ms: float = 0.0, tau_s: float = 0.3, noise: float = 0.05, seed: int = 1
) -> Records:
    """Requests of one engine at 5 ms, and `cold_ms` more at its start, which decays."""
    rng = np.random.default_rng(seed)
    done_s = FIRST_S + np.arange(1, int(seconds * rate) + 1) / rate
    ms = (5 + cold_ms * np.exp(-(done_s - FIRST_S) / tau_s)) * rng.lognormal(0, noise, len(done_s))
    flags = np.zeros(len(done_s), np.uint16)
    flags[0] = Flag.WARM_UP
    return records(done_s * 1e3, ms, segment=1, flags=flags)


def digest_of(rows: Records, *, parts: int = 8, finished: bool = False, settings: Settings | None = None) -> Digest:
    digest = Digest()
    digest.feed(update(None, *started(settings), now_s=FIRST_S))
    for part in np.array_split(rows, parts):
        if len(part):
            digest.feed(update(part, now_s=float(part["done_ns"][-1]) / 1e9, finished=False))
    if finished:
        digest.feed(update(None, now_s=float(rows["done_ns"][-1]) / 1e9, finished=True))
    return digest


def test_a_cold_start_is_left_out_until_it_is_over() -> None:
    digest = digest_of(engine(4.0, cold_ms=20.0))
    cut = digest.snapshot().warm_up
    assert (cut.rule, cut.state) == ("rule", "steady")
    assert cut.until_s is not None
    # 20 ms decaying with 0.3 s are within 10 % of the level after 1.1 s.
    assert 0.7 <= cut.until_s <= 1.6
    inference = digest.snapshot().latency["inference"]
    assert inference.count == 1600 - cut.requests
    assert inference.max is not None
    assert inference.max < 9
    # 'first' keeps all of it but the first.
    digest.choose_rule("first")
    snapshot = digest.snapshot()
    assert (snapshot.latency["inference"].count, snapshot.warm_up.requests) == (1599, 1)
    assert snapshot.latency["inference"].max > 20
    digest.choose_rule("none")
    assert digest.snapshot().latency["inference"].count == 1600
    assert digest.snapshot().warm_up.requests == 0


def test_an_engine_that_is_warm_at_once_loses_only_first_inferences() -> None:
    digest = digest_of(engine(3.0))
    cut = digest.snapshot().warm_up
    assert (cut.state, cut.until_s) == ("steady", None)
    # 16 infer requests: the pool's first inferences.
    assert cut.requests == 16


def test_everything_counts_while_it_is_open() -> None:
    digest = digest_of(engine(0.3, cold_ms=20.0))
    snapshot = digest.snapshot()
    assert snapshot.warm_up.state == "open"
    assert snapshot.latency["inference"].count == snapshot.segment_latency["inference"].count == 119
    assert snapshot.warm_up.requests == 1


def test_a_run_that_is_too_short_keeps_everything_but_the_first() -> None:
    digest = digest_of(engine(0.3, cold_ms=20.0), finished=True)
    snapshot = digest.snapshot()
    assert snapshot.warm_up.state == "unsteady"
    assert snapshot.latency["inference"].count == 119


def test_a_median_that_never_settles_is_left_as_it_is() -> None:
    rows = engine(14.0, 100)
    rows["infer_us"] *= np.where(rows["done_ns"] // 200_000_000 % 2, 3, 1)
    snapshot = digest_of(rows).snapshot()
    assert snapshot.warm_up.state == "unsteady"
    assert snapshot.latency["inference"].count == len(rows) - 1


def test_a_few_slow_requests_are_not_all_called_warm_up() -> None:
    done_s = FIRST_S + 0.3 * np.arange(1, 21)
    rows = records(done_s * 1e3, 100.0, segment=1, flags=[Flag.WARM_UP] + [0] * 19)
    assert digest_of(rows, finished=True).snapshot().latency["response"].count == 19


def test_counts_batches_and_throughput_follow_no_rule() -> None:
    digest = digest_of(engine(4.0, cold_ms=20.0), finished=True)
    snapshot = digest.snapshot()
    assert snapshot.completed == 1600
    assert digest.run.measured == 1599
    assert snapshot.batches.known == 1599
    assert snapshot.mean_throughput == pytest.approx(400, rel=0.01)


def test_a_live_change_has_no_warm_up_of_its_own_and_another_engine_has() -> None:
    digest = digest_of(engine(3.0))
    assert digest.snapshot().warm_up.requests == 16
    slow = records(4000 + np.arange(40), 30.0, segment=2)
    digest.feed(update(slow, segment(2, engine=1, t_s=3.9), now_s=4.1))
    assert digest.snapshot().segment_latency["inference"].count == 40
    assert digest.snapshot().warm_up.requests == 16
    later = engine(3.0, cold_ms=30.0)
    later["done_ns"] += 5 * 10**9
    later["submit_ns"] += 5 * 10**9
    later["segment"] = 3
    digest.feed(update(later, segment(3, engine=2, t_s=FIRST_S + 5), now_s=9))
    snapshot = digest.snapshot()
    assert snapshot.segment_latency["inference"].max < 12
    assert snapshot.warm_up.requests > 16 + 100


def test_records_that_overtake_their_segments_event_are_judged_with_it() -> None:
    rows = engine(3.0, cold_ms=30.0)
    rows["segment"] = 2
    digest = digest_of(engine(2.0))
    early, rest = rows[:100], rows[100:]
    digest.feed(update(early, now_s=0.6))
    digest.feed(update(rest, segment(2, engine=2, t_s=FIRST_S), now_s=3.4))
    snapshot = digest.snapshot()
    assert snapshot.completed == 2000
    assert snapshot.segment_latency["inference"].max < 12
    assert snapshot.warm_up.until_s > 0.5


def test_the_figures_do_not_depend_on_the_updates() -> None:
    rows = engine(3.0, cold_ms=20.0, noise=0.2)
    first = digest_of(rows, parts=1).snapshot()
    for parts in (2, 7, 60):
        again = digest_of(rows, parts=parts).snapshot()
        assert again.warm_up == first.warm_up
        for kind, latency in first.latency.items():
            # The mean but for the order in which floating point adds up.
            assert again.latency[kind] == replace(latency, mean=pytest.approx(latency.mean, rel=1e-12))


def test_the_rule_of_the_settings_holds_unless_the_view_has_its_own() -> None:
    digest = digest_of(engine(3.0), settings=Settings(warm_up="none"))
    assert digest.snapshot().warm_up.rule == "none"
    assert digest.snapshot().latency["inference"].count == 1200
    digest.choose_rule("first")
    assert digest.snapshot().latency["inference"].count == 1199


def test_a_changed_setting_of_the_rule_acts_at_once() -> None:
    digest = digest_of(engine(3.0))
    changed: SegmentBegan = segment(2, engine=1, t_s=3.4, settings=Settings(warm_up="none"))
    digest.feed(update(None, changed, now_s=3.5))
    assert digest.snapshot().latency["inference"].count == 1200


@pytest.mark.parametrize("rows", [engine(4.0, cold_ms=20.0), engine(3.0), engine(0.3, cold_ms=20.0)])
@pytest.mark.parametrize("rule", ["rule", "first", "none"])
def test_figures_made_of_requests_are_of_those_that_the_tallies_count(rows: Records, rule: WarmUpRule) -> None:
    for finished in (False, True):
        digest = digest_of(rows, finished=finished)
        digest.choose_rule(rule)
        counted = digest.snapshot().latency["response"]
        assert len(digest.newest_requests(None)) == len(digest.newest_requests(1)) == counted.count
        assert response_ms(digest.newest_requests(None)).max() == pytest.approx(counted.max, abs=1e-6)
        assert len(digest.newest_requests(2)) == 0


def test_a_rule_that_was_chosen_holds_until_the_setting_is_changed() -> None:
    digest = digest_of(engine(3.0))
    digest.choose_rule("none")
    digest.feed(update(None, segment(2, engine=1, t_s=3.4, settings=Settings(nireq=4)), now_s=3.5))
    assert digest.warm_up_rule == "none"
    digest.feed(update(None, segment(3, engine=1, t_s=3.6, settings=Settings(nireq=4, warm_up="first")), now_s=3.7))
    assert digest.warm_up_rule == "first"
