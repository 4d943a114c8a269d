from __future__ import annotations

import numpy as np
import pytest
from samples import records, segment, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.groups.tally import Tally
from ovtui.metrics.judgement.slo import SegmentFigures, check_limit
from ovtui.records.record import Flag, Records
from ovtui.settings.schema.settings import Settings
from ovtui.settings.schema.slo import parse_slo


def evidence(ms: np.ndarray, **counts: int) -> SegmentFigures:
    tally = Tally()
    tally.add(records(np.arange(1000, 1000 + len(ms)), ms))
    return SegmentFigures(tally.spread("rule"), len(ms), 120.0, **counts)


def judged(text: str, found: SegmentFigures) -> tuple[bool | None, float | None, str]:
    (limit,) = parse_slo(text)
    return check_limit(limit, found)


THOUSAND = evidence(np.linspace(1, 100, 1000), errors=2, late=50, shed=250)


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("p99<120ms", True),
        ("p99<90ms", False),
        ("p50<=51ms", True),
        ("p50>60ms", False),
        ("max<100.5ms", True),
        ("max<100ms", False),
        ("min>=1ms", True),
        ("mean<40ms", False),
        ("inference.p90<95ms", True),
        ("throughput>100", True),
        ("throughput>120/s", False),
        ("errors=0", False),
        ("errors<=2", True),
        ("errors<0.3%", True),
        ("late<5%", False),
        ("late<=5%", True),
        ("shed<=20%", True),
        ("shed<20%", False),
        ("lost=0", True),
    ],
)
def test_a_limit_is_held_against_what_was_measured(text: str, met: bool) -> None:
    found, value, _ = judged(text, THOUSAND)
    assert found is met
    assert value is not None


def test_a_percentile_without_its_samples_is_judged_only_where_there_is_no_doubt() -> None:
    few = evidence(np.linspace(1, 100, 200))
    assert judged("p99<120ms", few) == (True, 100.0, "the highest of 200")
    met, value, why = judged("p99<50ms", few)
    assert met is False
    assert value == pytest.approx(95, rel=0.01)
    assert why == "p95 of 200"
    assert judged("p99<97ms", few) == (None, None, "200 requests, and p99 needs 662")
    assert judged("p99.99<97ms", THOUSAND)[2] == "1,000 requests, and p99.99 needs 66,300"
    assert judged("p99>10ms", few)[0] is None


def test_without_measurements_a_limit_is_undecided() -> None:
    nothing = SegmentFigures(Tally().spread("rule"), 0, None)
    assert judged("p99<20ms", nothing)[0] is None
    assert judged("throughput>1", nothing)[0] is None
    assert judged("errors<1%", nothing)[0] is None
    assert judged("errors=0", nothing)[0] is True


def at(second: float, count: int, ms: float) -> Records:
    return records(second * 1000 + np.linspace(0, 900, count), ms, segment=1)


def digest_with(slo: str) -> Digest:
    digest = Digest()
    digest.feed(update(None, *started(Settings(slo=slo)), now_s=0.4))
    return digest


def test_a_verdict_has_its_time() -> None:
    digest = digest_with("p50<20ms,errors=0")
    for second in range(1, 6):
        digest.feed(update(at(second, 100, 10.0), now_s=second + 1))
    assert [(v.met, v.since_s) for v in digest.snapshot().slo] == [(True, 2.0), (True, 0.35)]
    slow = at(7, 600, 50.0)
    slow["flags"][0] = Flag.ERROR
    digest.feed(update(slow, now_s=8.25))
    p50, errors = digest.snapshot().slo
    assert (p50.met, p50.since_s, errors.met, errors.since_s) == (False, 8.25, False, 8.25)
    assert p50.sentence == "p50<20ms MISSED: 50.12 ms" or p50.sentence.startswith("p50<20ms MISSED: 5")
    assert errors.sentence == "errors=0 MISSED: 1"
    digest.feed(update(None, now_s=20.0))
    assert [v.since_s for v in digest.snapshot().slo] == [8.25, 8.25]


def test_another_segment_is_judged_anew() -> None:
    digest = digest_with("p50<20ms")
    digest.feed(update(at(1, 100, 50.0), now_s=2))
    assert digest.snapshot().slo[0].met is False
    rows = at(3, 100, 5.0)
    rows["segment"] = 2
    digest.feed(update(rows, segment(2, t_s=2.5, settings=Settings(slo="p50<20ms")), now_s=4))
    (verdict,) = digest.slo()
    assert (verdict.met, verdict.since_s) == (True, 2.5)


def test_lost_and_shed_count_from_the_segment_on() -> None:
    digest = digest_with("lost=0,shed=0")
    digest.feed(update(at(1, 10, 5.0), now_s=2, lost=3, shed=4))
    assert [v.met for v in digest.slo()] == [False, False]
    settings = Settings(slo="lost=0,shed=0")
    digest.feed(update(None, segment(2, t_s=2.5, settings=settings), now_s=3, lost=3, shed=4))
    assert [v.met for v in digest.slo()] == [True, True]
    digest.feed(update(None, now_s=4, lost=3, shed=6))
    assert [v.value for v in digest.slo()] == [0, 2]


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
    assert digest.slo()[0].met is True
    digest.choose_rule("none")
    assert digest.slo()[0].met is False
