"""Whether an experiment shows what it is to show: each check with what is right, what is not, what is unknown."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from samples import SECOND, device_changed, records, segment, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.expectations.expectation import _SEEN, Expectation, expectation_of, expectation_text
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.device_codes import STAND_IN
from ovtui.records.events import (
    AcceleratorChanged,
    BatchingPlan,
    Event,
    Experiment,
    LoadEnded,
    SessionBegan,
)
from ovtui.records.record import Flag, Records, join_records
from ovtui.settings.experiments import CHECKS
from ovtui.settings.files.presets import shipped_presets
from ovtui.settings.schema.settings import Settings

GPU0 = 0x20
WAITED, FIRST = Flag.TIMED_OUT, Flag.WARM_UP
ON_BATCH = BatchingPlan(size=16, exact=True, probe=False, evidence="witness")
ALONE = {"CPU": "Test CPU"}


def experiment(
    check: str, rows: Records, *more: Event, settings: Settings | None = None, over: bool = True, **begun: Any
) -> Expectation:
    """What is said of a session of these records."""
    found = expectation_of(digest_of(check, rows, *more, settings=settings, over=over, **begun))
    assert found is not None
    return found


def digest_of(
    check: str, rows: Records, *more: Event, settings: Settings | None = None, over: bool = True,
    changed: list[str] | None = None, **begun: Any,
) -> Digest:  # fmt: skip
    settings = settings or Settings(device="BATCH:CPU(16)", nireq=16)
    rows["segment"] = 1
    told = Experiment(check=check, preset="of-a-test", changed=changed or [])
    events = [
        msgspec.structs.replace(event, experiment=told) if isinstance(event, SessionBegan) else event
        for event in started(settings, **{"batching": ON_BATCH, "device": settings.device, **begun})
    ]
    end = [LoadEnded(t_ns=60 * SECOND, engine=1, reason="requests", submitted=len(rows))] if over else []
    digest = Digest()
    digest.feed(update(rows, *events, *more, *end, now_s=60, submitted=len(rows), finished=over))
    return digest


def alone(count: int, flags: int, ms: float = 90.0) -> Records:
    rows = records(np.arange(1, count + 1) * 300.0 + 1000, ms, flags=flags)
    rows["flags"][0] = flags | FIRST
    return rows


def test_every_check_is_made_and_every_preset_names_one_that_is() -> None:
    assert _SEEN.keys() == CHECKS.keys()
    named = {preset.name: preset.check for preset in shipped_presets() if preset.check}
    assert named == {
        "auto-latency": "handover-then-steady",
        "auto-throughput": "handover-then-jitter",
        "batch-timeout-100": "waits-bounded",
        "batch-timeout-1000": "every-request-waits",
        "batching-off": "served-alone",
        "batching-on": "batches-full",
    }


def test_every_request_that_waits_counts_the_first_one_too() -> None:
    found = experiment("every-request-waits", alone(20, WAITED))
    assert (found.seen, found.ok) == ("20 of 20", True)
    assert expectation_text(found) == "every request waits for the timer; seen 20 of 20: as expected"


@pytest.mark.parametrize(
    ("size", "flags", "seen", "ok"),
    [
        (16, 0, "17 of 20", False),
        (0, 0, "17 of 20 (3 not known)", None),
        (1, Flag.ERROR, "17 of 20 (3 not known)", None),
    ],
)  # fmt: skip
def test_some_that_did_not_wait_or_are_not_known(size: int, flags: int, seen: str, ok: bool | None) -> None:
    rows = alone(20, WAITED)
    rows["batch_size"][17:], rows["flags"][17:] = size, flags
    rows["batch_id"][17:] = 1 if size > 1 else 0
    found = experiment("every-request-waits", rows)
    assert (found.seen, found.ok) == (seen, ok)


def test_while_the_load_goes_on_it_is_said_so_and_before_the_first_nothing_is() -> None:
    assert experiment("every-request-waits", alone(3, WAITED), over=False).seen == "3 of 3 so far"
    nothing = experiment("every-request-waits", records([]), over=False)
    assert (nothing.seen, nothing.ok) == ("nothing yet", None)


@pytest.mark.parametrize(("ms", "ok"), [(106.0, True), (126.0, False)])
def test_a_wait_is_bounded_by_the_timeout_and_a_quarter_of_it_for_the_run(ms: float, ok: bool) -> None:
    settings = Settings(device="BATCH:CPU(16)", nireq=16, batch_timeout_ms=100)
    found = experiment("waits-bounded", alone(20, WAITED, ms), settings=settings)
    assert found.expected == "every request waits for the timer, not much longer than 100 ms"
    assert (found.seen, found.ok) == (f"20 of 20, the longest took {ms:.1f} ms", ok)


def test_each_alone_is_not_those_that_waited_nor_those_together() -> None:
    settings = Settings(device="CPU", nireq=1)
    plan = BatchingPlan(size=1, exact=True, probe=False, evidence="none")
    found = experiment("served-alone", alone(20, 0), settings=settings, batching=plan, execution=["CPU"])
    assert (found.seen, found.ok) == ("20 of 20", True)
    found = experiment("served-alone", alone(20, WAITED))
    assert (found.seen, found.ok) == ("0 of 20", False)


def batches(full: int, left: int) -> Records:
    """Batches of 16, and at the end some that are left over."""
    together = records(np.repeat(np.arange(full) * 500.0 + 1500, 16), 480.0, batch_size=16)
    together["batch_id"] = np.repeat(np.arange(1, full + 1), 16)
    return join_records([together, records(np.full(left, full * 500.0 + 2500), 990.0, flags=WAITED)])


@pytest.mark.parametrize(("left", "ok"), [(8, True), (16, False)])
def test_full_batches_leave_over_less_than_one(left: int, ok: bool) -> None:
    found = experiment("batches-full", batches(12, left))
    assert found.expected == "16 submissions meet in one completion, but for those left over"
    assert (found.seen, found.ok) == (f"192 of {192 + left} in 12 batches of 16", ok)


def test_no_batch_at_all_is_not_as_expected_once_the_load_is_over() -> None:
    assert experiment("batches-full", alone(20, WAITED)).ok is False
    going_on = experiment("batches-full", alone(20, WAITED), over=False)
    assert (going_on.seen, going_on.ok) == ("no batch in 20 requests so far", None)


# Handovers

ON_AUTO = Settings(device="AUTO:GPU,CPU", nireq=16)
TO_GPU = device_changed(["(CPU)"], ["GPU.0"], 4.0, 3.61)


def handover(after_ms: Any, *, batched: bool = False, after: int = 400) -> Records:
    """10 ms before it; `after_ms`: one latency, or one for each request after it."""
    before = records(np.arange(1000, 4000, 30.0), 10.0, device=STAND_IN)
    rows = records(4005 + np.arange(after) * 30.0, after_ms, device=GPU0)
    if batched:
        rows["batch_size"], rows["batch_id"] = 16, np.arange(after) // 16 + 1
    rows = join_records([before, rows])
    rows["seq"] = rows["order"] = np.arange(len(rows))
    return rows


def test_after_the_handover_latency_is_low_and_steady() -> None:
    found = experiment("handover-then-steady", handover(1.0), TO_GPU, settings=ON_AUTO)
    assert (found.seen, found.ok) == ("GPU.0 after 3.61 s, p50 10.0 → 1.00 ms (p90 1.00)", True)


@pytest.mark.parametrize("after_ms", [20.0, np.tile([1.0, 1.0, 5.0, 5.0, 1.0], 80)], ids=["higher", "not steady"])
def test_a_latency_that_is_not_low_or_not_steady_is_not_as_expected(after_ms: Any) -> None:
    assert experiment("handover-then-steady", handover(after_ms), TO_GPU, settings=ON_AUTO).ok is False


def test_a_latency_that_does_not_settle_is_not_steady() -> None:
    growing = 10.0 + np.arange(400) * 150.0
    found = experiment("handover-then-steady", handover(growing), TO_GPU, settings=ON_AUTO)
    assert (found.seen, found.ok) == ("GPU.0 after 3.61 s, latency has not settled since", False)


def test_batches_after_the_handover_make_latency_higher_and_jitter() -> None:
    sawtooth = np.tile(np.arange(16)[::-1] * 30.0 + 5, 25)
    found = experiment("handover-then-jitter", handover(sawtooth, batched=True), TO_GPU, settings=ON_AUTO)
    assert found.seen.endswith(", 400 in batches")
    assert found.ok is True
    assert experiment("handover-then-jitter", handover(12.0, batched=True), TO_GPU, settings=ON_AUTO).ok is False


def test_a_gpu_that_batches_nothing_cannot_show_it() -> None:
    plan = BatchingPlan(size=1, exact=True, probe=False, evidence="none")
    found = experiment("handover-then-jitter", handover(1.0), TO_GPU, settings=ON_AUTO, batching=plan)
    assert (found.seen.endswith("; GPU.0 batches nothing of this model"), found.ok) == (True, None)


@pytest.mark.parametrize("check", ["handover-then-steady", "handover-then-jitter", "accelerator-no-faster"])
def test_without_an_accelerator_it_is_not_known(check: str) -> None:
    found = experiment(check, alone(20, 0), settings=ON_AUTO, execution=["CPU"], available=ALONE)
    assert (found.seen, found.ok) == ("no handover on this machine, where AUTO has only the CPU", None)


def test_an_accelerator_that_fails_or_has_not_come_yet() -> None:
    failed = AcceleratorChanged(t_ns=2 * SECOND, engine=1, device="GPU.0", state="failed", reason="no memory")
    found = experiment("handover-then-steady", alone(20, 0), failed, settings=ON_AUTO)
    assert (found.seen, found.ok) == ("no handover: GPU.0 failed to compile", False)
    compiling = AcceleratorChanged(t_ns=2 * SECOND, engine=1, device="GPU.0", state="compiling")
    found = experiment("handover-then-steady", alone(20, 0), compiling, settings=ON_AUTO, over=False)
    assert found.seen.startswith("no handover so far: (CPU) standing in; GPU.0 compiling")
    assert found.ok is None
    found = experiment("handover-then-steady", handover(1.0, after=5), TO_GPU, settings=ON_AUTO)
    assert (found.seen, found.ok) == ("GPU.0 after 3.61 s, too few requests after it", None)


@pytest.mark.parametrize(("after_ms", "ok"), [(9.0, True), (1.0, False)])
def test_an_accelerator_that_is_hardly_faster(after_ms: float, ok: bool) -> None:
    assert experiment("accelerator-no-faster", handover(after_ms), TO_GPU, settings=ON_AUTO).ok is ok


def test_three_hints_in_three_segments() -> None:
    of = [Settings(device="AUTO:GPU,CPU", hint=hint) for hint in ("throughput", "cumulative_throughput")]
    more = [segment(n, t_s=n * 5.0, settings=settings) for n, settings in enumerate(of, 2)]
    settings = Settings(device="AUTO:GPU,CPU", hint="latency")
    found = experiment("hints-side-by-side", alone(20, 0), *more, settings=settings)
    assert (found.seen, found.ok) == ("3 of 3 (LATENCY, THROUGHPUT and CUMULATIVE_THROUGHPUT)", True)
    assert experiment("hints-side-by-side", alone(20, 0), *more[:1], settings=settings).ok is False


# Where it is said


def test_settings_that_are_not_the_presets_and_a_fallback_are_named() -> None:
    rows = alone(20, WAITED)
    live = segment(2, t_s=3.0, settings=Settings(device="BATCH:GPU(16)", nireq=4), changes=["nireq 16→4"])
    settings = Settings(device="BATCH:GPU(16)", nireq=16)
    found = experiment(
        "every-request-waits", rows, live, settings=settings, changed=["rate"], device="BATCH:CPU(16)"
    )  # fmt: skip
    assert (found.seen, found.changed) == ("20 of 20, on BATCH:CPU(16)", ["rate", "nireq 16→4"])
    assert expectation_text(found).endswith(": as expected (with another rate and nireq 16→4)")


def test_a_session_that_is_no_experiment_or_one_of_a_newer_ovtui_has_none() -> None:
    digest = Digest()
    digest.feed(update(alone(3, 0), *started(), now_s=9, submitted=3))
    assert expectation_of(digest) is None
    assert build_result(digest).expectation is None
    assert expectation_of(digest_of("of-a-newer-ovtui", alone(3, 0))) is None


def test_json_and_summary_say_the_same() -> None:
    result = build_result(digest_of("every-request-waits", alone(20, WAITED)))
    assert result.expectation is not None
    assert (result.expectation.preset, result.expectation.ok) == ("of-a-test", True)
    line = next(line for line in summary_lines(result) if line.startswith("expected "))
    assert line == "expected     every request waits for the timer; seen 20 of 20: as expected"
