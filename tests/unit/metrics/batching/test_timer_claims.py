"""Whether lone runs waited for the timer, on a GPU under AUTO that tells B some time after it took over."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from samples import SECOND, compiled, records, segment, spawned, update

from ovtui.dashboard.batches.batch_totals import batch_forms
from ovtui.dashboard.drawing.text_fit import first_that_fits
from ovtui.metrics.advice.advice_facts import advice_facts
from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN
from ovtui.records.events import BatchingLearnt, BatchingPlan, Event
from ovtui.records.record import Flag, Records
from ovtui.settings.changes import convert

GPU0 = 0x20
UNKNOWN_PLAN = BatchingPlan(size=None, exact=False, evidence="probe")


def events(device: str = "AUTO:GPU,CPU", plan: BatchingPlan = UNKNOWN_PLAN, rate: float = 100.0) -> list[Event]:
    settings = convert({"device": device, "hint": "throughput", "rate": rate})
    return [
        spawned(settings=settings),
        compiled(device=device, execution=["GPU.0"], batching=plan),
        msgspec.structs.replace(segment(settings=settings), nireq=1024 if rate else 16),
    ]


def learnt(size: int = 256, t_s: float = 3.0, **rest: object) -> BatchingLearnt:
    return BatchingLearnt(t_ns=int(t_s * SECOND), engine=1, device="GPU.0", size=size, **rest)  # type: ignore[arg-type]


def timer_rows(count: int = 400, device: int = GPU0) -> Records:
    """A request every 10 ms, all of which run when the timer of 1000 ms runs out; recorded before B was known."""
    due_ms = 400 + 10.0 * np.arange(count)
    done_ms = (due_ms // 1000 + 1) * 1000 + 0.5
    return records(done_ms, done_ms - due_ms, segment=1, device=device)


def quick_rows(count: int = 400, device: int = GPU0, flags: int = 0) -> Records:
    return records(400 + 10.0 * np.arange(1, count + 1), 0.2, segment=1, device=device, flags=flags)


def fed(rows: Records, *extra: Event, **of_events: object) -> Digest:
    digest = Digest()
    digest.feed(update(rows, *events(**of_events), *extra, now_s=5, submitted=len(rows)))  # type: ignore[arg-type]
    return digest


def ways(digest: Digest) -> tuple[int, int, int]:
    shares = digest.run.batches
    return shares.batched, shares.timed_out, shares.single


def test_lone_runs_from_before_b_was_learnt_waited_for_the_timer() -> None:
    digest = fed(timer_rows())
    assert ways(digest) == (0, 0, 400)
    digest.feed(update(None, learnt(), now_s=5.2, submitted=400))
    assert ways(digest) == (0, 400, 0)
    assert (digest.history.tail(400)["flags"] & Flag.TIMED_OUT != 0).all()
    found = build_result(digest).batching
    assert (found.size, found.size_is, found.timed_out, found.single) == (256, "known", 400, 0)
    assert (found.due_in_timeout, found.shortfall) == (100.0, "100 of 256 come in 1000 ms")
    text = " ".join(" ".join(summary_lines(build_result(digest))).split())
    assert "full 0.0 %, timer 100.0 %, alone 0.0 %; 100 of 256 come in 1000 ms" in text
    facts = advice_facts(digest)
    assert facts is not None
    assert (facts.batch_size, facts.timer_share) == (256, 1.0)


def test_the_pool_is_never_taken_for_b() -> None:
    """16 in flight."""
    digest = fed(timer_rows(), learnt(64), rate=0.0)
    found = build_result(digest).batching
    assert (found.size, found.due_in_timeout, found.shortfall) == (64, None, "16 of 64 in flight")


def test_what_memory_may_have_cut_is_deduced() -> None:
    found = build_result(fed(timer_rows(), learnt(certain=False))).batching
    assert (found.size, found.size_is) == (256, "deduced")


@pytest.mark.parametrize("flags", [0, Flag.TIMED_OUT])
@pytest.mark.parametrize(
    ("device", "plan"),
    [("AUTO:GPU,CPU", UNKNOWN_PLAN), ("BATCH:CPU(4)", BatchingPlan(size=4, exact=True, evidence="witness"))],
)
def test_latencies_withdraw_a_claim(device: str, plan: BatchingPlan, flags: int) -> None:
    digest = fed(quick_rows(flags=int(flags)), learnt(), device=device, plan=plan)
    assert ways(digest) == (0, 0, 400)
    assert not (digest.history.tail(400)["flags"] & Flag.TIMED_OUT).any()
    found = build_result(digest).batching
    assert (found.size, found.waiting_cost_ms, found.shortfall) == (None, None, None)
    assert found.why_not is not None
    assert "no request waits for the timer" in found.why_not


def test_a_claim_stands_until_the_timer_has_had_its_time() -> None:
    """The first 12 requests came just before the timer ran out."""
    rows = timer_rows()
    assert ways(fed(rows[48:60], learnt())) == (0, 12, 0)
    assert ways(fed(quick_rows(12), learnt())) == (0, 12, 0)
    assert ways(fed(timer_rows(4), learnt())) == (0, 4, 0)


def test_more_completions_than_the_timers_periods_allow_withdraw_a_claim() -> None:
    """16 in flight, and 400 done within 0.4 s: not one of them waited for a timer of 1000 ms."""
    rows = records(400 + np.arange(1, 401), 0.2, segment=1, device=GPU0)
    assert ways(fed(rows, learnt(), rate=0.0)) == (0, 0, 400)


def test_nearly_all_within_half_of_a_short_timeout_withdraw_a_claim() -> None:
    rows = records(400 + 10.0 * np.arange(1, 401), 120.0, segment=1, device=GPU0)
    assert ways(fed(rows, learnt())) == (0, 0, 400)


def test_where_batches_ran_no_claim_is_withdrawn() -> None:
    rows = timer_rows()
    rows["batch_size"][:256], rows["batch_id"][:256] = 256, 1
    assert ways(fed(rows, learnt())) == (256, 144, 0)


@pytest.mark.parametrize("device", [CPU, STAND_IN])
def test_the_cpu_under_auto_batches_nothing(device: int) -> None:
    digest = fed(timer_rows(device=device), learnt())
    assert digest.run.batches.timed_out == 0
    assert not digest.run.batches.withdrawn


def test_of_several_devices_the_slow_requests_waited() -> None:
    rows = timer_rows(device=AMBIGUOUS)
    rows["infer_us"][::4] = 200.0
    digest = fed(rows, learnt())
    quick = int((rows["infer_us"] < 50_000).sum())
    assert 100 <= quick < 150
    assert ways(digest) == (0, 400 - quick, quick)


def test_a_device_that_batches_nothing_says_so() -> None:
    found = build_result(fed(quick_rows(), learnt(1))).batching
    assert (found.size, found.timed_out, found.why_not) == (1, 0, "GPU.0 runs every request of this model alone")


@pytest.mark.parametrize("width", [56, 80, 120])
def test_the_batching_line_says_why_no_batch_fills(width: int) -> None:
    forms = batch_forms(fed(timer_rows(), learnt()).snapshot())
    text = "".join(piece for piece, _ in first_that_fits(forms, width))
    assert "100 of 256 come in 1000 ms" in text
    assert "256" in text.partition("100 of")[0]
    assert "timer  100.0 %" in text or "timer 100.0 %" in text
