"""Recordings for the test that compares every figure on every surface: each kind of session, small, and the same in
every run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from fake_source import FakeSource
from samples import SECOND, compiled, device_changed, records, segment, spawned, started

from ovtui.records.device_codes import CPU, STAND_IN, code_of
from ovtui.records.events import (
    BatchingLearnt,
    BatchingPlan,
    Compiled,
    DataShape,
    EngineExited,
    Event,
    FirstInference,
    IdleMeasured,
    InputPreparation,
    LoadEnded,
    LoadPaused,
    ModelRead,
    Note,
    OtherLoadBegan,
    OtherLoadEnded,
    PowerSource,
    PowerSources,
    StateGrew,
    ThrottleBegan,
    ThrottleEnded,
    Variable,
)
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import Flag, Records, join_records
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

BEGAN_S = 0.35
"""When the first segment of samples.started begins."""
PREPARED = [
    InputPreparation(input="image", tensor_type="u8", model_type="f32", mean=[123.7, 116.3, 103.5], scale=[58.4]),
    InputPreparation(input="gain", tensor_type="f32", model_type="f32", layout="NC", layout_from="given"),
]
SHIPPED = ("auto-latency", "batching-on", "gpu-loses")


def engine_rows(
    count: int,
    rate: float,
    ms: float,
    *,
    cold_ms: float = 0.0,
    begin_s: float = BEGAN_S,
    segment: int = 1,
    seq: int = 0,
) -> Records:
    """Requests of one engine; its first ones take `cold_ms` more, which decays. Some were sent late, some waited for an
    idle infer request, and each has had an input copied in."""
    rng = np.random.default_rng(seq + 1)
    done_s = begin_s + np.arange(1, count + 1) / rate
    service_ms = (ms + cold_ms * np.exp(-(done_s - begin_s) / 0.3)) * rng.lognormal(0, 0.1, count)
    rows = records(done_s * 1e3, service_ms, segment=segment, device=CPU)
    rows["seq"] = rows["order"] = seq + np.arange(count)
    rows["request"] = rows["seq"] % 4
    rows["infer_us"] = service_ms * 970
    rows["copy_us"] = rng.uniform(20, 90, count)
    lag_ms = rng.uniform(0.1, 0.9, count)
    queued = rng.random(count) < 0.1
    lag_ms[queued] += rng.uniform(1, 9, int(queued.sum()))
    rows["due_ns"] = rows["submit_ns"] - (lag_ms * 1e6).astype(np.int64)
    rows["flags"] = np.where(queued, int(Flag.QUEUED | Flag.LATE), 0)
    rows["flags"][0] |= int(Flag.WARM_UP)
    return rows


def on_cpu(settings: Settings) -> list[Event]:
    first = FirstInference(t_ns=int(0.4 * SECOND), engine=1, since_spawn_ms=398.7, infer_ms=9.0)
    return [*started(settings, device="CPU", execution=["CPU"], available={"CPU": "Test CPU"}), first]


def ended(rows: Records, unsent: int = 0, engine: int = 1) -> LoadEnded:
    last_ns = int(rows["done_ns"].max())
    return LoadEnded(t_ns=last_ns, engine=engine, reason="duration", submitted=len(rows), unsent=unsent)


def write(
    path: Path,
    events: list[Event],
    rows: Records,
    *,
    lost: int = 0,
    shed: int = 0,
    missing: int = 0,
    readings: list[MachineReading] | None = None,
) -> None:
    """`missing`: submitted, and never came back."""
    readings = readings or [
        MachineReading(t_ns=second * SECOND, cpu_percent=40.0 + second, engine_cores=1.25, engine_rss_bytes=2.5e8)
        for second in range(1, 6)
    ]
    progress = RecordingProgress(int(rows["done_ns"].max()), 0, len(rows) + lost + missing, lost, shed)
    writer = SessionWriter(str(path), {"command": "ovtui run"}, 1 << 30)
    writer.write(events, [rows.tobytes()], progress, readings)
    writer.close()


def open_loop(path: Path) -> None:
    """`--rate 40 --duration 5 --warm-up none`: the session of which views showed two medians."""
    settings = Settings(device="CPU", rate=40.0, duration_s=5.0, warm_up="none")
    rows = engine_rows(200, 40.0, 2.0, cold_ms=3.0)
    write(path, [*on_cpu(settings), ended(rows, unsent=3)], rows, shed=2)


def closed_loop(path: Path) -> None:
    rows = engine_rows(1800, 600.0, 5.0, cold_ms=20.0)
    rows["due_ns"], rows["flags"][1:] = rows["submit_ns"], 0
    write(path, [*on_cpu(Settings(device="CPU", nireq=4)), ended(rows)], rows)


def first_only(path: Path) -> None:
    """Enough requests for the 99.9th percentile."""
    settings = Settings(device="CPU", rate=2000.0, warm_up="first", slo="p99<20ms,errors=0,throughput>100/s,late<5%")
    rows = engine_rows(8000, 2000.0, 0.8, cold_ms=5.0)
    write(path, [*on_cpu(settings), ended(rows)], rows)


def errors(path: Path) -> None:
    """Failed requests, lost records, an engine that dies and a second one; limits that are missed."""
    settings = Settings(device="CPU", rate=300.0, slo="p99<5ms,errors=0,lost=0,inference.p50<1ms")
    one = engine_rows(900, 300.0, 4.0, cold_ms=10.0)
    two = engine_rows(1200, 300.0, 3.0, cold_ms=10.0, begin_s=5.0, segment=2, seq=905)
    rows = join_records((one, two))
    rows["flags"][100::250] |= int(Flag.ERROR)
    died = EngineExited(t_ns=4 * SECOND, engine=1, expected=False, code=-9, signal="SIGKILL", unfinished=5, unsent=4)
    second = [
        spawned(2, 4.2, settings),
        msgspec.structs.replace(compiled(2, 4.8, device="CPU", execution=["CPU"]), inputs=PREPARED),
        segment(2, engine=2, t_s=5.0, settings=settings, first_seq=905),
    ]
    note = Note(t_ns=4 * SECOND, severity="warning", text="starting another engine")
    write(path, [*on_cpu(settings), died, note, *second, ended(two, engine=2)], rows, lost=7, shed=11, missing=5)


def segments(path: Path) -> None:
    """Three segments of one engine, the rule changed by the last of them."""
    settings = [Settings(device="CPU", nireq=4)]
    settings.append(with_changes(settings[0], {"nireq": 8}))
    settings.append(with_changes(settings[1], {"rate": 200.0, "warm_up": "first"}))
    parts = [
        engine_rows(800, 400.0, ms, cold_ms=cold_ms, begin_s=BEGAN_S + 2 * at, segment=at + 1, seq=800 * at)
        for at, (ms, cold_ms) in enumerate([(4.0, 12.0), (6.0, 0.0), (3.0, 0.0)])
    ]
    for part in parts[1:]:
        part["flags"][0] = 0
    for part in parts[:2]:
        part["due_ns"], part["flags"] = part["submit_ns"], part["flags"] & Flag.WARM_UP
    begun = [
        segment(2, t_s=BEGAN_S + 2, settings=settings[1], changes=["in flight 4→8"], first_seq=800),
        segment(3, t_s=BEGAN_S + 4, settings=settings[2], changes=["rate 0→200"], first_seq=1600),
    ]
    rows = join_records(parts)
    write(path, [*on_cpu(settings[0]), *begun, ended(rows)], rows)


def handover(path: Path) -> None:
    """A stand-in, the change to a GPU that batches, a live change of settings and another engine."""
    now_ns = [0]
    source = FakeSource(rate=400.0, handover_s=3.0, batch=16, together=True, clock=lambda: now_ns[0])
    changes = {9 * SECOND: {"nireq": 8}, 14 * SECOND: {"hint": "latency"}}
    writer = SessionWriter(str(path), {"command": "ovtui run"}, 1 << 30)
    while now_ns[0] < 20 * SECOND:
        now_ns[0] += SECOND // 4
        if now_ns[0] in changes:
            source.apply(with_changes(source.settings, changes[now_ns[0]]))
        update = source.poll()
        progress = RecordingProgress(update.now_ns, 0, update.submitted, update.lost, update.shed)
        writer.write(update.events, [update.records.tobytes()], progress, list(update.readings))
    writer.close()


def held(path: Path) -> None:
    """Batches of 4 on a named device. Some full ones are held until the timer of 200 ms, and some requests run alone
    after it."""
    settings = Settings(device="BATCH:CPU(4)", nireq=8, batch_timeout_ms=200)
    batches, at_ms, done_ms, service_ms, flags = 800, 400.0, list[float](), list[float](), list[int]()
    for batch in range(batches):
        is_held, is_timer = batch % 90 == 70, batch % 80 == 50
        at_ms += 5.0
        run_ms = 2.0 + batch % 7 / 10 + (200.0 if is_held or is_timer else 0.0)
        flag = int(Flag.HELD) if is_held else int(Flag.TIMED_OUT) if is_timer else 0
        for member in range(4):
            service_ms.append(run_ms + 0.4 * (3 - member))
            done_ms.append(at_ms + run_ms + 0.01 * member)
            flags.append(flag)
        at_ms += run_ms - 2.0
    rows = records(done_ms, service_ms, segment=1, device=CPU)
    rows["flags"] = flags
    rows["flags"][0] |= int(Flag.WARM_UP)
    rows["batch_size"] = np.where(rows["flags"] & Flag.TIMED_OUT != 0, 1, 4)
    rows["batch_id"] = np.where(rows["batch_size"] == 4, 1 + np.arange(len(rows)) // 4, 0)
    rows["request"] = np.arange(len(rows)) % 8
    plan = BatchingPlan(size=4, exact=True, evidence="witness")
    begun = started(settings, device="BATCH:CPU(4)", execution=["CPU"], available={"CPU": "Test CPU"}, batching=plan)
    write(path, [*begun, ended(rows)], rows)


def stateful(path: Path) -> None:
    """A model whose state is reset after every 64 requests of one token."""
    settings = Settings(device="CPU", nireq=4, state="64")
    rows = engine_rows(1800, 600.0, 5.0)
    rows["due_ns"], rows["flags"][1:] = rows["submit_ns"], 0
    reset = (rows["seq"] // 4 % 64 == 0) & (rows["seq"] >= 256)
    rows["reset_us"][reset] = np.random.default_rng(3).uniform(1, 9, int(reset.sum()))
    variables = [Variable("past.key", "[?,2,?,16]", "f32"), Variable("past.value", "[?,2,?,16]", "f32")]
    events = [
        msgspec.structs.replace(event, variables=variables)
        if isinstance(event, ModelRead)
        else msgspec.structs.replace(event, request_tokens=1, batching=BatchingPlan(size=1, why_not="it holds state"))
        if isinstance(event, Compiled)
        else event
        for event in on_cpu(settings)
    ]
    grown = [StateGrew(t_ns=t_ms * 1_000_000, engine=1, tokens=tokens) for t_ms, tokens in ((500, 20), (900, 64))]
    write(path, [*events, *grown, ended(rows)], rows)


def timer_under_auto(path: Path) -> None:
    """A stand-in, then a GPU that waits for its timer of 1000 ms with every request. It tells its batch of 256 only
    when it has served for two seconds, so the requests before are recorded as having run alone."""
    settings = Settings(device="AUTO:GPU,CPU", hint="throughput", rate=100.0)
    handover_s, learnt_s, rng = BEGAN_S + 2, BEGAN_S + 4, np.random.default_rng(7)
    due_ms = 1e3 * BEGAN_S + 10.0 * np.arange(800)
    on_gpu = due_ms >= 1e3 * handover_s
    to_timer_ms = 1000 - due_ms % 1000 + 0.5 + 0.0002 * (due_ms % 1000)
    service_ms = np.where(on_gpu, to_timer_ms, rng.uniform(1.5, 2.5, 800))
    rows = records(due_ms + service_ms, service_ms, segment=1, device=np.where(on_gpu, code_of(["GPU.0"]), STAND_IN))
    rows["request"] = np.arange(800) % 128
    rows["flags"] = np.where(on_gpu & (rows["done_ns"] > learnt_s * SECOND), int(Flag.TIMED_OUT), 0)
    rows["flags"][0] |= int(Flag.WARM_UP)
    begun = started(settings, batching=BatchingPlan(size=None, exact=False, evidence="probe"))
    begun[-1] = msgspec.structs.replace(begun[-1], nireq=1024)
    learnt = BatchingLearnt(t_ns=int(learnt_s * SECOND), engine=1, device="GPU.0", size=256)
    write(path, [*begun, device_changed(["(CPU)"], ["GPU.0"], handover_s), learnt, ended(rows)], rows)


def data_shapes(path: Path) -> None:
    """Three data shapes in turn, one of them of four pictures and one that takes ten times as long. The first request
    of each takes long and is marked; some fail."""
    settings = Settings(device="CPU", nireq=4, data_shape="[1,3,64,64][4,3,64,64][1,3,256,256]")
    rows = engine_rows(2400, 600.0, 1.0, cold_ms=2.0)
    rows["data_shape"] = rows["seq"] % 3
    took_ns = (rows["done_ns"] - rows["submit_ns"]) * np.array([1, 3, 10])[rows["data_shape"]]
    rows["submit_ns"] = rows["due_ns"] = rows["done_ns"] - took_ns
    rows["infer_us"], rows["flags"] = took_ns / 1e3 * 0.97, 0
    rows["flags"][:3] = int(Flag.WARM_UP)
    rows["flags"][101::200] |= int(Flag.ERROR)
    shapes = [DataShape("[1,3,64,64]", 1), DataShape("[4,3,64,64]", 4), DataShape("[1,3,256,256]", 1)]
    events = [
        msgspec.structs.replace(event, data_shapes=shapes, items_deduced=True) if isinstance(event, Compiled) else event
        for event in on_cpu(settings)
    ]
    write(path, [*events, ended(rows)], rows)


def powered(path: Path) -> None:
    """A stand-in and a GPU, each with watts of its own; a hole in the readings of the GPU, which begin late; the load
    pauses once for the idle machine. What disturbs it: throttling, another process, and one that was there before."""
    settings = Settings(device="AUTO:GPU,CPU", rate=100.0)
    on_cpu_s, resumed_s = BEGAN_S + 4, 20.0
    one = engine_rows(800, 100.0, 2.0)
    one["device"] = np.where(one["done_ns"] < on_cpu_s * SECOND, STAND_IN, code_of(["GPU.0"]))
    two = engine_rows(600, 100.0, 1.0, begin_s=resumed_s, segment=2, seq=800)
    two["device"] = code_of(["GPU.0"])
    rows = join_records((one, two))
    rows["due_ns"] = rows["submit_ns"]
    events: list[Event] = [
        *started(settings, batching=BatchingPlan(size=1, why_not="it takes one request at a time")),
        PowerSources(t_ns=SECOND, sources=[
            PowerSource(name="cpu_watts", path="/sys/a/energy_uj", readable=True),
            PowerSource(name="dram_watts", path="/sys/b/energy_uj", readable=False, reason="this user may not read it",
                        command="sudo chmod a+r /sys/b/energy_uj"),
        ]),
        OtherLoadEnded(t_ns=2 * SECOND, since_ns=0, name="", pid=0, percent=40.0, unseen=True),
        ThrottleBegan(t_ns=3 * SECOND, source="gpu", reasons=["PL1"]),
        device_changed(["(CPU)"], ["GPU.0"], on_cpu_s),
        ThrottleEnded(t_ns=6 * SECOND, source="gpu", since_ns=3 * SECOND, reasons=["PL1", "thermal"]),
        LoadPaused(t_ns=int(8.4 * SECOND), engine=1, until_ns=int(13.4 * SECOND)),
        IdleMeasured(t_ns=int(13.4 * SECOND), since_ns=int(8.4 * SECOND), watts={"cpu_watts": 4.5, "gpu_watts": 8.0},
                     reason="asked"),
        segment(2, 1, resumed_s, settings, ["the load goes on after a pause"], first_seq=800),
        OtherLoadBegan(t_ns=22 * SECOND, name="make", pid=77, percent=31.0),
    ]  # fmt: skip
    readings = [
        MachineReading(
            t_ns=second * SECOND,
            cpu_percent=30.0,
            cpu_watts=20.0 + second % 5,
            gpu_watts=None if second in (1, 2, 3, 7) else 50.0 + second % 3,
        )
        for second in range(1, 27)
    ]
    write(path, [*events, ended(rows)], rows, readings=readings)


MADE: dict[str, Callable[[Path], None]] = {
    made.__name__: made
    for made in (
        open_loop,
        closed_loop,
        first_only,
        errors,
        segments,
        handover,
        held,
        stateful,
        timer_under_auto,
        data_shapes,
        powered,
    )
}
