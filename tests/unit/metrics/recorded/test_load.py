"""Which load of a recording is compared, what is said of it, and that its figures are those of every surface."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from samples import MS, SECOND, device_changed, records, segment, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.recorded.about import differences, side_of, warnings
from ovtui.metrics.recorded.load import NoSuchLoad, find_segment, load_of
from ovtui.records.device_codes import STAND_IN, code_of
from ovtui.records.events import LoadEnded, StudyBegan, StudyPoint, TrialBegan, TrialTurn
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import Records, join_records
from ovtui.records.study_events import FindRateSpec
from ovtui.settings.schema.settings import Settings

CLOSED = Settings(device="CPU", warm_up="none")


def rows(number: int, first_ms: int, n: int = 800, service_ms: float = 2.0, **columns: object) -> Records:
    noise = np.random.default_rng(number).random(n)
    found = records(first_ms + 10.0 * np.arange(n), service_ms=service_ms + noise, segment=number, **columns)
    found["order"] = found["seq"] = first_ms + np.arange(n)
    return found


def digest_of(parts: list[Records], *events: object, settings: Settings = CLOSED, end_s: float = 30) -> Digest:
    begin = started(settings, device="CPU", execution=["CPU"])
    digest = Digest()
    everything = join_records(parts)
    ended = LoadEnded(t_ns=int(end_s * SECOND), engine=1, reason="stopped", submitted=len(everything))
    digest.feed(update(everything, *begin, *events, ended, now_s=end_s, submitted=len(everything), finished=True))  # type: ignore[arg-type]
    return digest


def test_the_segment_in_force_is_taken_or_the_one_that_is_named() -> None:
    parts = [rows(1, 1000), rows(2, 12_000, service_ms=4.0)]
    digest = digest_of(parts, segment(2, t_s=11.0, settings=CLOSED, changes=["in flight 1→2"]))
    last, first = load_of(digest, parts, None, "service"), load_of(digest, parts, 1, "service")
    assert (last.began.segment, first.began.segment, last.segments) == (2, 1, 2)
    for load, number in ((last, 2), (first, 1)):
        latency = digest.segment(number).latency["service"]
        assert load.figures["p50"].value == latency.p50
        assert load.figures["p99"].value == latency.p99
        assert load.figures["mean"].value == latency.mean
        assert load.figures["throughput"].value == digest.segment(number).throughput
        for name in ("p50", "p90", "mean", "throughput"):
            figure = load.figures[name]
            assert figure.value is not None
            assert figure.interval is not None
            assert figure.interval.low <= figure.value <= figure.interval.high
    assert last.remarks == ()


def test_a_segment_that_is_not_there_or_holds_nothing() -> None:
    parts = [rows(1, 1000)]
    digest = digest_of(parts, segment(2, t_s=11.0, settings=CLOSED))
    with pytest.raises(NoSuchLoad, match=r"its segment 2 holds no request; segment 1 of it do"):
        load_of(digest, parts, None, "service")
    with pytest.raises(NoSuchLoad, match="there is no segment 7; it has segments 1 to 2"):
        find_segment(digest, 7)
    with pytest.raises(NoSuchLoad, match="no load began in it"):
        find_segment(Digest(), None)


def test_of_several_devices_the_one_that_serves_now() -> None:
    gpu = code_of(["GPU.0"])
    parts = [rows(1, 1000, device=STAND_IN), rows(1, 12_000, service_ms=1.0, device=gpu)]
    digest = digest_of(parts, device_changed(["(CPU)"], ["GPU.0"], 11.0), settings=Settings(device="AUTO:GPU,CPU"))
    load = load_of(digest, parts, None, "service")
    assert load.device == "GPU.0"
    assert load.requests <= 800
    side = side_of("it.ovtui", digest, load)
    assert side.part == "GPU.0"
    assert side.served_by == ["(CPU)", "GPU.0"]
    other = load_of(digest_of([rows(1, 1000)]), [rows(1, 1000)], None, "service")
    assert not any(
        "served together" in text for text in warnings(side, side_of("b", digest_of([rows(1, 1000)]), other))
    )


def test_a_trial_and_a_study_are_named() -> None:
    trial = TrialBegan(t_ns=9 * SECOND, trial=1, engine=2, a=CLOSED, b=CLOSED, changes=[], limit_s=30)
    turn = TrialTurn(t_ns=10 * SECOND, trial=1, side="A", engine=1, segment=2)
    began = msgspec.structs.replace(segment(2, t_s=10.0, settings=CLOSED), trial="A")
    parts = [rows(1, 1000), rows(2, 12_000)]
    digest = digest_of(parts, trial, turn, began)
    load = load_of(digest, parts, None, "service")
    assert load.began.segment == 1
    assert load.remarks == ("holds a trial, whose sides are its segments 2 (A): its segment 1 is compared",)
    side = load_of(digest, parts, 2, "service")
    assert side.is_side
    texts = warnings(side_of("a", digest, side), side_of("b", digest, load))
    assert "A is one side of a trial, with the guards between its turns; `ovtui report` has the trial itself" in texts
    study = StudyBegan(t_ns=9 * SECOND, study=1, spec=FindRateSpec(slo="p99<20ms"), settings=CLOSED)
    point = StudyPoint(
        t_ns=9 * SECOND, study=1, point=1, text="9/s", values={"rate": "9"}, settings=CLOSED, outcome="held"
    )
    digest = digest_of(parts[:1], study, point)
    remark = load_of(digest, parts[:1], None, "service").remarks[0]
    assert remark == "holds a study of 1 point: its segment 1 is compared, others by their number"


def test_requests_that_failed_are_said_and_their_share_has_an_interval() -> None:
    failing = rows(1, 1000)
    failing["flags"][::20] |= 2
    load = load_of(digest_of([failing]), [failing], None, "service")
    assert load.remarks == ("failed in 5.0 % of its requests: latencies are of those that succeeded",)
    errors = load.figures["errors"]
    assert errors.value == 0.05
    assert errors.interval is not None
    assert 0.03 < errors.interval.low < 0.05 < errors.interval.high < 0.08
    assert load.requests == 760


def test_what_the_warm_up_leaves_out_is_in_no_interval() -> None:
    """The first requests of a pool are slower by a hundred times: the mean with them would lie far beside."""
    parts = [rows(1, 1000, n=400)]
    parts[0]["submit_ns"][:1] -= 500 * MS
    parts[0]["flags"][:1] |= 1
    load = load_of(digest_of(parts, settings=Settings(device="CPU")), parts, None, "service")
    mean = load.figures["mean"]
    assert mean.value is not None
    assert mean.interval is not None
    assert mean.interval.high < 1.2 * mean.value


def test_joules_have_an_interval_where_a_counter_was_read() -> None:
    parts = [rows(1, 1000, n=2400)]
    digest = digest_of(parts)
    assert load_of(digest, parts, None, "service").figures["joules"].why == "no counter of power"
    watts = np.random.default_rng(1).normal(20.0, 1.0, 26)
    for second, value in enumerate(watts.tolist()):
        digest.telemetry.add(MachineReading(t_ns=second * SECOND, cpu_watts=value))
    figure = load_of(digest, parts, None, "service").figures["joules"]
    assert figure.value == pytest.approx(20 / 100, rel=0.1)
    assert figure.interval is not None
    assert figure.interval.low <= figure.value <= figure.interval.high < 1.3 * figure.interval.low


def test_what_differs() -> None:
    parts = [rows(1, 1000)]
    digest = digest_of(parts)
    side = side_of("a", digest, load_of(digest, parts, None, "service"))
    assert differences(side, side) == []
    machine = side.machine
    assert machine is not None
    other = msgspec.structs.replace(
        side, openvino="2099.1", machine=msgspec.structs.replace(machine, cpu="Another CPU", cores=8),
        settings=Settings(device="CPU", hint="latency"), model="other",
    )  # fmt: skip
    found = differences(side, other)
    assert found[:2] == ["model demo-cnn→other", "OpenVINO 2026.4.1→2099.1"]
    assert "machine: CPU Test CPU→Another CPU and cores 2→8" in found
    assert "hint throughput→latency" in found
    dated = msgspec.structs.replace(side, started_at_s=9.0)
    assert warnings(dated, dated) == ["both are copies of one recording"]
    assert warnings(dated, msgspec.structs.replace(dated, segment=2)) == []
    far = msgspec.structs.replace(side, started_at_s=86_400 * 30.0)
    near = msgspec.structs.replace(side, started_at_s=1.0)
    assert warnings(near, far) == ["they were recorded 30 days apart: much may have changed on the machine"]
