"""Verdicts on limits: of figures, and of a session over time."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from samples import MS, records, segment, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.limits.limit_check import Check
from ovtui.records.events import LoadEnded
from ovtui.records.record import Flag, Records
from ovtui.settings.schema.settings import Settings, WarmUpRule

RNG = np.random.default_rng(3)
LATENCIES = np.sort(RNG.lognormal(2.0, 0.4, 3000))
P99 = float(np.percentile(LATENCIES, 99))


def shuffled(ms: np.ndarray) -> np.ndarray:
    """As independent requests come, but for chance."""
    return np.random.default_rng(4).permutation(ms)


def session(slo: str, ms: np.ndarray, *, errors: int = 0, late: int = 0, shed: int = 0, span_s: float = 10.0) -> Digest:
    digest = Digest()
    digest.feed(update(None, *started(Settings(slo=slo, warm_up="none")), now_s=0.4))
    rows = records(np.linspace(500, 500 + 1000 * span_s, len(ms)), ms, segment=1)
    rows["flags"][:errors] |= np.uint16(Flag.ERROR)
    rows["flags"][len(ms) - late :] |= np.uint16(Flag.LATE)
    digest.feed(update(rows, now_s=0.5 + span_s, shed=shed))
    return digest


def judged(slo: str, ms: np.ndarray, **counts: int) -> Check:
    """Of the first of the limits."""
    return session(slo, ms, **counts).slo()[0].check


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (f"p99<{P99 / 0.7}ms", "held"),
        (f"p99<{P99 * 0.7}ms", "missed"),
        (f"p99<{P99 * 1.01}ms", "unknown"),
        (f"p99>{P99 * 0.7}ms", "held"),
        (f"p99>{P99 / 0.6}ms", "missed"),
        ("p99=20ms", "unknown"),
        ("p50<=8.5ms", "held"),
        ("p50>8.5ms", "missed"),
        ("inference.p90<20ms", "held"),
        (f"max<{LATENCIES[-1] + 0.01}ms", "held"),
        (f"max<{LATENCIES[-1] - 0.01}ms", "missed"),
        ("min>=0.1ms", "held"),
        ("mean<9ms", "held"),
        ("mean<7ms", "missed"),
        (f"mean<{LATENCIES.mean() + 0.01}ms", "unknown"),
        ("throughput>280", "held"),
        ("throughput>320/s", "missed"),
        ("throughput>299.7/s", "unknown"),
        ("errors=0", "held"),
        ("late<5%", "held"),
        ("shed<5%", "held"),
        ("lost=0", "held"),
    ],
)
def test_a_limit_is_held_against_what_was_measured(text: str, verdict: str) -> None:
    found = judged(text, shuffled(LATENCIES))
    assert found.verdict == verdict
    assert found.value is not None


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("errors=0", "missed"), ("errors<=2", "held"), ("errors<0.3%", "held"), ("late<1%", "missed"),
        ("late<=2%", "held"), ("shed<=25%", "held"), ("shed<24%", "missed"),
    ],
)  # fmt: skip
def test_counters_are_exact(text: str, verdict: str) -> None:
    assert judged(text, np.full(3000, 5.0), errors=2, late=50, shed=1000).verdict == verdict


def test_few_good_requests_are_not_known_to_hold() -> None:
    """84 of 88 failed: three of the four good ones are measured."""
    digest = session("p99<20ms,throughput>100/s", np.full(88, 5.0), errors=84, span_s=4.0)
    p99, throughput, errors = digest.slo()
    assert (p99.verdict, p99.check.requests) == ("unknown", 4)
    assert throughput.verdict != "held"
    assert (errors.verdict, errors.value, errors.limit.is_default) == ("missed", 84, True)


def test_what_is_not_known_says_how_many_more_would_decide() -> None:
    few = judged("p99<200ms", shuffled(LATENCIES)[:300])
    assert few.verdict == "unknown"
    assert few.needs_requests is not None
    more = shuffled(np.tile(LATENCIES, 2))[: round((300 + few.needs_requests) * 1.1)]
    assert judged("p99<200ms", more).verdict == "held"
    just = np.full(3000, 5.0)
    just[15::100] = 50.0
    out_of_reach = judged("p99<20ms", just)
    assert (out_of_reach.verdict, out_of_reach.needs_requests) == ("unknown", None)
    assert "no number of requests" in out_of_reach.why


def test_requests_over_a_limit_are_counted_by_themselves_and_not_by_a_bucket() -> None:
    """Latencies a millionth from the limit, of which a bucket knows nothing."""
    ms = np.where(np.arange(2000) % 4 == 0, 20.0 + 2e-6, 20.0 - 2e-6)
    assert judged("p99<20ms", ms).over == 500
    exactly = np.full(2000, 20.0)
    assert [judged(text, exactly).over for text in ("p99<20ms", "p99<=20ms", "p50>20ms", "p50>=20ms")] == [
        2000,
        0,
        0,
        2000,
    ]


def test_a_burst_counts_for_little() -> None:
    """20 of 2,000 requests are over the limit: spread out, or all in one burst."""
    spread, burst = np.full(2000, 5.0), np.full(2000, 5.0)
    spread[50::100] = burst[1000:1020] = 50.0
    apart, together = judged("p95<20ms", spread), judged("p95<20ms", burst)
    assert (apart.verdict, together.verdict) == ("held", "unknown")
    assert apart.independent is not None
    assert together.independent is not None
    assert together.independent < apart.independent / 10


@pytest.mark.parametrize("rule", ["rule", "first", "none"])
def test_limits_leave_out_what_the_percentiles_leave_out(rule: WarmUpRule) -> None:
    """A pool of 16 that is slow at first, and an engine's first inference; fed whole, and in pieces of any size."""
    rows = records(400 + np.arange(1, 2401) * 2.5, 5.0, segment=1)
    rows["flags"][0] = Flag.WARM_UP
    rows["infer_us"][:80] = 80_000
    rows["due_ns"][:80] -= 75 * MS
    dice, seen = np.random.default_rng(5), []
    for cuts in ([], [1, 17, 300, 401], sorted(dice.integers(0, 2400, 60).tolist())):
        digest = Digest()
        digest.feed(update(None, *started(Settings(slo="p90<20ms,mean<9ms")), now_s=0.4))
        digest.choose_rule(rule)
        for piece in np.split(rows, cuts):
            digest.feed(update(piece, now_s=8))
        digest.feed(update(None, now_s=8, finished=True))
        p90, mean, _ = digest.slo()
        assert p90.check.requests == digest.run.latency["response"].count
        seen.append((p90.check.over, p90.check.independent, p90.verdict, mean.verdict, p90.sentence))
    assert seen[0][0] == {"rule": 0, "first": 79, "none": 80}[rule]
    assert seen[1:] == seen[:1] * 2


def test_without_measurements_a_limit_is_not_known() -> None:
    digest = Digest()
    digest.feed(
        update(None, *started(Settings(slo="p99<20ms,mean<1s,throughput>1,errors<1%,errors=0,shed=0")), now_s=2)
    )
    assert {verdict.verdict for verdict in digest.slo()} == {"unknown"}


def test_a_limit_on_errors_is_in_force_where_none_is_stated() -> None:
    assert [v.name for v in session("p99<20ms", LATENCIES).slo()] == ["p99<20ms", "errors=0 (default)"]
    assert [v.name for v in session("errors<1%,p99<20ms", LATENCIES).slo()] == ["errors<1%", "p99<20ms"]


def at(second: float, count: int, ms: float) -> Records:
    order = int(second * 1000) + np.arange(count)
    return records(second * 1000 + np.linspace(0, 900, count), ms, segment=1, order=order)


def digest_with(slo: str) -> Digest:
    digest = Digest()
    digest.feed(update(None, *started(Settings(slo=slo)), now_s=0.4))
    return digest


def test_a_verdict_has_its_time() -> None:
    digest = digest_with("p50<20ms,errors=0")
    for second in range(1, 6):
        digest.feed(update(at(second, 100, 10.0), now_s=second + 1))
    assert [(v.verdict, v.since_s) for v in digest.snapshot().slo] == [("held", 2.0), ("held", 2.0)]
    slow = at(7, 600, 50.0)
    slow["flags"][0] = Flag.ERROR
    digest.feed(update(slow, now_s=8.25))
    p50, errors = digest.snapshot().slo
    assert (p50.verdict, p50.since_s, errors.verdict, errors.since_s) == ("unknown", 8.25, "missed", 8.25)
    assert p50.sentence.startswith("p50<20ms not known: 5")
    assert errors.sentence == "errors=0 MISSED: 1"
    digest.feed(update(None, now_s=20.0))
    assert [v.since_s for v in digest.snapshot().slo] == [8.25, 8.25]


def test_another_segment_is_judged_anew() -> None:
    digest = digest_with("p50<20ms")
    digest.feed(update(at(1, 500, 50.0), now_s=2))
    assert digest.snapshot().slo[0].verdict == "missed"
    rows = at(3, 500, 5.0)
    rows["segment"] = 2
    changed = segment(2, t_s=2.5, settings=Settings(slo="p50<20ms,p90<6ms"))
    digest.feed(update(rows, changed, now_s=4))
    assert [(v.name, v.verdict, v.since_s, v.check.requests) for v in digest.slo()] == [
        ("p50<20ms", "held", 2.5, 500),
        ("p90<6ms", "held", 2.5, 500),
        ("errors=0 (default)", "held", 2.5, None),
    ]


def test_lost_and_shed_count_from_the_segment_on() -> None:
    digest = digest_with("lost=0,shed=0")
    digest.feed(update(at(1, 10, 5.0), now_s=2, lost=3, shed=4))
    assert [v.verdict for v in digest.slo()][:2] == ["missed", "missed"]
    settings = Settings(slo="lost=0,shed=0")
    digest.feed(update(None, segment(2, t_s=2.5, settings=settings), now_s=3, lost=3, shed=4))
    assert [v.verdict for v in digest.slo()][:2] == ["unknown", "unknown"]
    digest.feed(update(None, now_s=4, lost=3, shed=6))
    assert [v.value for v in digest.slo()][:2] == [0, 2]
    rows = at(4, 10, 5.0)
    rows["segment"] = 2
    digest.feed(update(rows, now_s=5, lost=3, shed=6))
    assert [v.verdict for v in digest.slo()][:2] == ["held", "missed"]


def test_without_limits_there_are_no_verdicts() -> None:
    digest = digest_with("")
    digest.feed(update(at(1, 100, 50.0), now_s=3))
    assert digest.slo() == []
    assert digest.snapshot().slo == []


def test_removed_limits_have_no_verdict() -> None:
    digest = digest_with("p50<20ms")
    digest.feed(update(at(1, 100, 50.0), now_s=3))
    digest.feed(update(None, segment(2, t_s=3.5, settings=Settings()), now_s=5))
    assert digest.slo() == []


def test_the_warm_up_is_left_out_of_a_limit_too() -> None:
    rows = records(400 + np.arange(1, 1201) * 2.5, 5.0, segment=1)
    rows["infer_us"][:80] = 80_000
    rows["due_ns"][:80] -= 75_000_000
    digest = digest_with("max<20ms")
    digest.feed(update(rows, now_s=4))
    assert digest.slo()[0].verdict == "held"
    digest.choose_rule("none")
    assert digest.slo()[0].verdict == "missed"


@pytest.mark.parametrize(
    ("limit", "given", "verdict", "why"),
    [
        ("throughput>1.2/s", {}, "missed", "all that were asked for"),
        ("throughput>=1/s", {}, "held", "all that were asked for"),
        ("throughput>0.5/s", {}, "held", "all that were asked for"),
        ("throughput>0.5/s", {"shed": 1}, "unknown", "needs"),
        ("throughput>0.5/s", {"lost": 1}, "unknown", "needs"),
        ("throughput>0.5/s", {"errors": 1}, "unknown", "needs"),
        ("throughput>0.5/s", {"unsent": 1}, "unknown", "needs"),
        ("throughput>0.5/s", {"arrival": "steps:1,2:3"}, "unknown", "needs"),
        ("throughput>0.5/s", {"ends": False}, "unknown", "needs"),
        # 3 requests in 2.5 s: what was asked for is 1/s, whatever the span cuts off.
        ("throughput>1.1/s", {"ended_s": 3.5}, "unknown", "± 0.2"),
        ("throughput>0.9/s", {"ended_s": 3.5}, "held", "± 0.2"),
        ("throughput<1.3/s", {"ended_s": 3.5}, "unknown", "± 0.2"),
        ("throughput<1.5/s", {"ended_s": 3.5}, "held", "± 0.2"),
    ],
)
def test_an_open_loop_that_was_served_whole_has_the_throughput_that_it_asked_for(
    limit: str, given: dict[str, Any], verdict: str, why: str
) -> None:
    settings = Settings(slo=limit, rate=1.0, device="CPU", arrival=given.get("arrival", "constant"))
    rows = records([1005.0, 2005.0, 3005.0], 5.0, segment=1)
    rows["flags"][: given.get("errors", 0)] = int(Flag.ERROR)
    begun = msgspec.structs.replace(segment(settings=settings), t_ns=1000 * MS, load_began_ns=1000 * MS)
    ended = LoadEnded(
        t_ns=4100 * MS, engine=1, reason="requests", submitted=3, ended_ns=round(given.get("ended_s", 4.0) * 1000) * MS,
        unsent=given.get("unsent", 0),
    )  # fmt: skip
    digest = Digest()
    digest.feed(update(None, *started(settings)[:-1], begun, now_s=1.0))
    over = [ended] if given.get("ends", True) else []
    digest.feed(update(rows, *over, now_s=4.2, lost=given.get("lost", 0), shed=given.get("shed", 0)))
    check = digest.slo()[0].check
    assert check.verdict == verdict, check
    assert why in check.why
