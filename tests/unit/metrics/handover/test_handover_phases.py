from __future__ import annotations

import numpy as np
import pytest
from samples import MS, SECOND, device_changed, records, segment, spawned, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.groups.breakdowns import Breakdowns
from ovtui.metrics.handover.handover_collector import CHANGES_KEPT, MAX_AFTER, MAX_BEFORE
from ovtui.metrics.handover.handover_phases import SETTLED_RUN, phases_of, settled_at
from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN
from ovtui.records.record import Flag, Records, join_records
from ovtui.settings.schema.settings import Settings

GPU0 = 0x20
SWITCH_MS = 4000.0


def a_switch(
    before_ms: float = 10.0, glitch_ms: tuple[float, ...] = (400.0, 250.0), after_ms: float = 2.0, after: int = 300
) -> Records:
    """One request in flight; the first of `glitch_ms` was in flight at the switch and is ambiguous."""
    before = records(np.arange(3000, SWITCH_MS, before_ms), before_ms, device=STAND_IN)
    done_ms = SWITCH_MS - 1 + np.cumsum(glitch_ms)
    during = records(done_ms, glitch_ms, device=[AMBIGUOUS] + [GPU0] * (len(glitch_ms) - 1))
    during["flags"][0] = Flag.AMBIGUOUS_DEVICE
    rest = records(done_ms[-1] + np.arange(1, after + 1) * after_ms, after_ms, device=GPU0)
    rows = join_records([before, during, rest])
    rows["seq"] = rows["order"] = np.arange(len(rows))
    rows["segment"] = 1
    return rows


TO_GPU = device_changed(["(CPU)"], ["GPU.0"], SWITCH_MS / 1e3)
COUNTED = Breakdowns().counted


def test_the_phases_around_a_handover() -> None:
    phases = phases_of(a_switch(), TO_GPU, COUNTED)
    assert (phases.before.requests, phases.during.requests, phases.after.requests) == (100, 2, 300)
    assert phases.before.typical_ms == pytest.approx(10.0, rel=0.005)
    assert phases.after.typical_ms == pytest.approx(2.0, rel=0.005)
    assert phases.worst_ms == 400.0
    assert phases.glitch_ms == pytest.approx(390.0, abs=0.1)
    assert phases.first_served_ns == int((SWITCH_MS - 1 + 650) * MS)
    assert phases.settled_ns == phases.first_served_ns
    assert phases.before.throughput == pytest.approx(100, rel=0.01)


def test_a_switch_without_a_glitch_has_the_request_that_was_in_flight_as_its_during() -> None:
    phases = phases_of(a_switch(2.0, (2.0,), 2.0), TO_GPU, COUNTED)
    assert (phases.during.requests, phases.worst_ms) == (1, 2.0)
    assert phases.glitch_ms == pytest.approx(0.0, abs=0.01)


def a_sawtooth(during_ms: list[float], *, seed: int = 3) -> Records:
    """The new device gathers batches: latencies after the switch are anything up to 500 ms."""
    rows = a_switch(2.0, tuple(during_ms), 500.0, after=400)
    after = slice(len(rows) - 400, None)
    waited_ms = np.random.default_rng(seed).uniform(1, 500, 400)
    rows["submit_ns"][after] = rows["due_ns"][after] = rows["done_ns"][after] - (waited_ms * MS).astype(np.int64)
    return rows


def test_the_peak_of_a_sawtooth_is_no_glitch_and_what_exceeds_it_is() -> None:
    usual = phases_of(a_sawtooth([480.0, 30.0, 350.0]), TO_GPU, COUNTED)
    assert usual.after.typical_ms == pytest.approx(250, rel=0.1)
    assert usual.glitch_ms == pytest.approx(0, abs=2)
    exceeding = phases_of(a_sawtooth([900.0, 30.0, 350.0]), TO_GPU, COUNTED)
    assert exceeding.glitch_ms == pytest.approx(400, abs=15)


def test_one_outlier_long_after_the_switch_hides_no_glitch() -> None:
    rows = a_switch(after=3000)
    rows["due_ns"][-50] -= 900 * MS
    assert phases_of(rows, TO_GPU, COUNTED).glitch_ms == pytest.approx(390.0, abs=0.1)


def test_a_change_to_something_slower_settles_too() -> None:
    phases = phases_of(a_switch(2.0, (900.0,), 30.0), TO_GPU, COUNTED)
    assert phases.after.requests == 300
    assert phases.glitch_ms == pytest.approx(870.0, abs=1.0)


def test_requests_in_flight_at_the_change_belong_to_during_however_late_they_complete() -> None:
    rows = a_switch(glitch_ms=(2.0,), after=500)
    straggler = records([SWITCH_MS + 300], 301.0, device=AMBIGUOUS, segment=1, flags=Flag.AMBIGUOUS_DEVICE)
    rows = np.sort(join_records([rows, straggler]).view(rows.dtype), order="done_ns")
    phases = phases_of(rows, TO_GPU, COUNTED)
    assert phases.worst_ms == 301.0
    assert phases.settled_ns == int((SWITCH_MS + 300) * MS)


def test_a_completion_just_before_its_change_was_seen_is_during_when_it_was_recorded_after_it() -> None:
    rows = a_switch()
    rows["flags"][99] = Flag.AMBIGUOUS_DEVICE
    assert phases_of(rows, TO_GPU, COUNTED).before.requests == 99
    rows["flags"][50] = Flag.AMBIGUOUS_DEVICE
    assert phases_of(rows, TO_GPU, COUNTED).before.requests == 99


def test_latency_is_never_settled_before_the_change() -> None:
    """On a real GPU the one request of `during` came back 0.3 ms before its change was seen."""
    rows = a_switch(glitch_ms=(0.5,), after=200)
    rows["submit_ns"][101:] = rows["done_ns"][101:]
    phases = phases_of(rows, TO_GPU, COUNTED)
    assert rows["done_ns"][100] < TO_GPU.t_ns
    assert (phases.during.requests, phases.settled_ns) == (1, TO_GPU.t_ns)


def test_latency_that_never_settles_has_no_after() -> None:
    growing = tuple(np.geomspace(1.0, 1e6, 400))
    phases = phases_of(a_switch(glitch_ms=growing, after=0), TO_GPU, COUNTED)
    assert phases.settled_ns is None
    assert phases.after.requests == 0
    assert phases.during.requests == 400


def test_with_too_few_requests_nothing_is_settled_yet() -> None:
    few = a_switch(after=2 * (2 + SETTLED_RUN) - 2)
    assert phases_of(few, TO_GPU, COUNTED).during.requests == 2
    assert phases_of(few[:-1], TO_GPU, COUNTED).settled_ns is None


def test_a_queue_that_empties_slowly_is_part_of_the_glitch() -> None:
    backlog = 2.0 + 398.0 * np.linspace(1, 0, 400, endpoint=False)
    phases = phases_of(a_switch(glitch_ms=tuple(backlog), after=1000), TO_GPU, COUNTED)
    assert phases.during.requests > 390
    assert phases.after.latency["response"].max < 6.0


def test_requests_that_wait_for_their_batch_settle_in_their_own_spread() -> None:
    rows = a_switch(after=600)
    rows["due_ns"][102:] -= (np.arange(600) % 16 * 10 * MS)[::-1]
    phases = phases_of(rows, TO_GPU, COUNTED)
    assert phases.during.requests == 2
    assert phases.after.latency["response"].max == pytest.approx(152.0)


def test_errors_and_warm_ups_are_in_no_figure_but_errors_are_counted() -> None:
    rows = a_switch()
    rows["flags"][[0, 100]] = [Flag.WARM_UP, Flag.ERROR]
    phases = phases_of(rows, TO_GPU, COUNTED)
    assert (phases.before.requests, phases.before.errors) == (99, 0)
    assert (phases.during.requests, phases.during.errors) == (1, 1)


def test_nothing_came_back_around_the_change() -> None:
    phases = phases_of(records([])[:0], TO_GPU, COUNTED)
    assert (phases.worst_ms, phases.glitch_ms, phases.first_served_ns, phases.settled_ns) == (None,) * 4


def test_under_cumulative_readings_every_request_is_ambiguous_and_only_time_tells_before_from_during() -> None:
    rows = a_switch()
    rows["device"], rows["flags"] = AMBIGUOUS, Flag.AMBIGUOUS_DEVICE
    phases = phases_of(rows, device_changed(["CPU", "GPU.0"], ["CPU"], SWITCH_MS / 1e3), COUNTED)
    assert phases.before.requests == 100
    assert phases.first_served_ns is None


def test_the_rule_looks_for_a_run_near_the_later_level() -> None:
    steady = np.full(80, 10.0)
    assert settled_at(steady, 0) == 0
    assert settled_at(steady, 20) == 20
    assert settled_at(steady, 21) is None
    assert settled_at(steady[:40], 0) == 0
    assert settled_at(steady[:39], 0) is None
    late = steady.copy()
    late[SETTLED_RUN - 1] = 16.0
    assert settled_at(late, 0) == SETTLED_RUN
    late[SETTLED_RUN - 1] = 15.0
    assert settled_at(late, 0) == 0
    early = steady.copy()
    early[0] = 6.0
    assert settled_at(early, 0) == 1


# Collected by the digest


def fed(*updates) -> Digest:
    digest = Digest()
    for one in updates:
        digest.feed(one)
    return digest


def pieces(rows: Records, size: int) -> list[Records]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


@pytest.mark.parametrize("size", [1, 17, 1000])
@pytest.mark.parametrize("news_at", [0.0, 0.5, 1.0])
def test_the_digest_collects_them_however_records_and_the_change_arrive(size: int, news_at: float) -> None:
    digest = fed(update(None, *started(), now_s=1))
    parts = pieces(a_switch(), size)
    for index, part in enumerate(parts):
        has_news = index == min(int(news_at * len(parts)), len(parts) - 1)
        digest.feed(update(part, *([TO_GPU] if has_news else []), now_s=float(part["done_ns"][-1]) / SECOND))
    digest.feed(update(None, now_s=9, finished=True))
    [phases] = digest.phases()
    assert (phases.before.requests, phases.during.requests, phases.after.requests) == (100, 2, 300)
    assert phases.worst_ms == 400.0


def test_only_requests_of_the_engine_that_changed_count() -> None:
    rows = a_switch()
    rows["segment"][::2] = 2
    digest = fed(update(None, *started(), spawned(2, 3.0), segment(2, engine=2, t_s=3.5), TO_GPU, now_s=4))
    digest.feed(update(rows, now_s=5, finished=True))
    [phases] = digest.phases()
    assert phases.before.requests == 50


def test_a_change_of_settings_ends_it_and_what_the_host_changes_by_itself_does_not() -> None:
    rows = a_switch()
    later = records(np.arange(5300, 6300, 5.0), 5.0, device=GPU0, segment=3)
    rows["segment"][150:] = 2
    begun = [segment(2, t_s=4.7, settings=Settings(device="AUTO:GPU,CPU"), changes=["in flight 1→4 (optimal)"])]
    slower = segment(3, t_s=5.3, settings=Settings(device="AUTO:GPU,CPU", rate=200.0), changes=["rate"])
    digest = fed(update(rows, *started(), TO_GPU, *begun, now_s=5.3), update(later, slower, now_s=6.3, finished=True))
    [phases] = digest.phases()
    assert (phases.before.requests, phases.during.requests, phases.after.requests) == (100, 2, 300)


def test_the_next_change_ends_what_belongs_to_the_one_before() -> None:
    rows = a_switch()
    back = records(np.arange(5300, 6300, 10.0), 10.0, device=CPU, segment=1)
    digest = fed(
        update(rows, *started(), TO_GPU, now_s=5.2),
        update(back, device_changed(["GPU.0"], ["CPU"], 5.29), now_s=6.3, finished=True),
    )
    first, second = digest.phases()
    assert (first.after.requests, second.before.requests) == (300, 302)
    assert second.change.after == ["CPU"]
    assert second.after.requests + second.during.requests == 100


def test_figures_of_a_change_come_while_it_is_still_collected() -> None:
    digest = fed(update(a_switch(), *started(), TO_GPU, now_s=5.2))
    assert digest.phases()[0].worst_ms == 400.0
    later = records(np.arange(6500, 7000, 2.0), 2.0, device=GPU0, segment=1)
    digest.feed(update(later, now_s=7))
    assert digest.phases()[0].after.requests == 550


def test_memory_is_bounded_by_requests_and_by_changes() -> None:
    digest = fed(update(None, *started(), now_s=1))
    for number in range(2 * CHANGES_KEPT):
        t_s = 10.0 + number
        many = records(t_s * 1e3 + np.linspace(0, 999, 5000), 0.1, device=GPU0, segment=1)
        digest.feed(update(many, device_changed(["GPU.0"], ["CPU"], t_s), now_s=t_s + 1))
    assert len(digest.phases()) <= CHANGES_KEPT + 4
    digest = fed(update(None, *started(), now_s=1))
    many = records(np.linspace(1000, 9000, 200_000), 0.1, device=GPU0, segment=1)
    for index, part in enumerate(pieces(many, 12_500)):
        digest.feed(update(part, *([] if index else [TO_GPU]), now_s=9))
    [phases] = digest.phases()
    assert phases.before.requests <= MAX_BEFORE
    assert phases.during.requests + phases.after.requests <= MAX_AFTER


def a_cold_start() -> tuple[Records, Records]:
    """A second of the stand-in at 400/s, slow at first, and a second of the GPU."""
    done_ms = 350 + np.arange(1, 401) * 2.5
    cold = records(done_ms, 5 + 30 * np.exp(-(done_ms - 350) / 100), segment=1, device=STAND_IN)
    cold["flags"][0] = Flag.WARM_UP
    return cold, records(1360 + np.arange(200) * 2.0, 2.0, segment=1, device=GPU0)


@pytest.mark.parametrize("told_s", [0.36, 1.355], ids=["collected-while-warm-up-is-open", "afterwards"])
def test_latencies_of_the_phases_follow_the_rule_in_force(told_s: float) -> None:
    stand_in, gpu = a_cold_start()
    digest = fed(update(None, *started(), now_s=0.35))
    change = device_changed(["(CPU)"], ["GPU.0"], told_s)
    for part in pieces(stand_in, 50):
        event = [change] if told_s < part["done_ns"][-1] / SECOND and not digest.phases() else []
        digest.feed(update(part, *event, now_s=float(part["done_ns"][-1]) / SECOND))
    digest.feed(update(gpu, *([] if digest.phases() else [change]), now_s=2, finished=True))
    found = {}
    for rule in ("rule", "first", "none"):
        digest.choose_rule(rule)  # type: ignore[arg-type]
        [phases] = digest.phases()
        latency = [phase.latency["response"] for phase in (phases.before, phases.during, phases.after)]
        found[rule] = sum(each.count for each in latency)
        assert found[rule] == digest.run.latency["response"].count
        assert phases.worst_ms == pytest.approx(phases.during.latency_by_rule["first"]["response"].max)
    assert found["none"] == found["first"] + 1
    assert found["rule"] < found["first"] - 50


def test_closed_changes_keep_no_requests_once_their_warm_up_is_decided() -> None:
    digest = fed(update(None, *started(), now_s=0.35))
    for number in range(8):
        t_s = 1.0 + number
        rows = records(t_s * 1e3 + np.linspace(0, 999, 400), 5.0, device=GPU0, segment=1)
        digest.feed(update(rows, device_changed(["GPU.0"], ["CPU"], t_s), now_s=t_s + 1))
    digest.phases()
    assert all(collector.frozen is not None for collector in digest._handovers._closed)
    assert all(not len(collector._after) for collector in digest._handovers._closed)
