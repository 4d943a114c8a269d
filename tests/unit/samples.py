"""Events and records for tests: one short way to make each, with every figure chosen by the test."""

from __future__ import annotations

from typing import Any

import numpy as np

from ovtui.records.device_codes import CPU
from ovtui.records.events import (
    BatchingPlan,
    Compiled,
    DeviceChanged,
    EngineSpawned,
    Event,
    Machine,
    ModelRead,
    Port,
    SegmentBegan,
    SessionBegan,
)
from ovtui.records.record import Records, empty_records
from ovtui.records.source import Update
from ovtui.settings.schema.settings import Settings

MS = 1_000_000
SECOND = 1_000_000_000
MACHINE = Machine(cpu="Test CPU", cores=2, quota_cores=1.5, memory_bytes=8 << 30, system="Linux 6.1")


def records(done_ms: Any, service_ms: Any = 1.0, **columns: Any) -> Records:
    """One record for each of done_ms (session time, ms); response equals service unless `due_ns` is given."""
    done_ns = (np.atleast_1d(np.asarray(done_ms, np.float64)) * MS).astype(np.int64)
    rows = empty_records(len(done_ns))
    rows["seq"] = rows["order"] = np.arange(len(rows))
    rows["done_ns"] = done_ns
    rows["submit_ns"] = rows["due_ns"] = done_ns - (np.asarray(service_ms) * MS).astype(np.int64)
    rows["infer_us"] = np.asarray(service_ms) * 1e3
    rows["device"], rows["batch_size"] = CPU, 1
    for name, value in columns.items():
        rows[name] = value
    return rows


def update(
    rows: Records | None = None, *events: Event, now_s: float = 0.0, submitted: int = 0, lost: int = 0, **rest: Any
) -> Update:
    return Update(int(now_s * SECOND), empty_records() if rows is None else rows, list(events), submitted, lost, **rest)


def began(settings: Settings | None = None) -> SessionBegan:
    return SessionBegan(
        t_ns=0,
        session="s1",
        ovtui="0.1.0",
        started_at_s=0.0,
        machine=MACHINE,
        settings=settings or Settings(),
    )


def spawned(engine: int = 1, t_s: float = 0.0, settings: Settings | None = None) -> EngineSpawned:
    return EngineSpawned(t_ns=int(t_s * SECOND), engine=engine, pid=4242, settings=settings or Settings())


def model_read(engine: int = 1, t_s: float = 0.1, available: dict[str, str] | None = None) -> ModelRead:
    return ModelRead(
        t_ns=int(t_s * SECOND),
        engine=engine,
        openvino="2026.4.1",
        name="demo-cnn",
        inputs=[Port("image", "[1,3,224,224]", "f32")],
        outputs=[Port("class", "[1,10]", "f32")],
        read_ms=12.5,
        available=available or {"CPU": "Test CPU", "GPU": "Test GPU"},
    )


def compiled(
    engine: int = 1,
    t_s: float = 0.31,
    device: str = "AUTO:GPU,CPU",
    execution: list[str] | None = None,
    batching: BatchingPlan | None = None,
) -> Compiled:
    """Compiled in 0.21 s, so that the compile began 0.1 s after the session did."""
    return Compiled(
        t_ns=int(t_s * SECOND),
        engine=engine,
        device=device,
        compile_ms=210.0,
        execution_devices=execution or ["(CPU)"],
        optimal_requests=4,
        nireq=16,
        batching=batching or BatchingPlan(size=16, exact=False, probe=True),
    )


def device_changed(
    before: list[str], after: list[str], t_s: float, since_s: float = 3.61, engine: int = 1
) -> DeviceChanged:
    return DeviceChanged(
        t_ns=int(t_s * SECOND), engine=engine, before=before, after=after, since_compile_ms=since_s * 1e3
    )


def segment(
    number: int = 1,
    engine: int = 1,
    t_s: float = 0.35,
    settings: Settings | None = None,
    changes: list[str] | None = None,
    first_seq: int = 0,
) -> SegmentBegan:
    return SegmentBegan(
        t_ns=int(t_s * SECOND),
        segment=number,
        engine=engine,
        first_seq=first_seq,
        nireq=16,
        settings=settings or Settings(),
        changes=changes or [],
    )


def started(
    settings: Settings | None = None,
    *,
    device: str = "AUTO:GPU,CPU",
    execution: list[str] | None = None,
    available: dict[str, str] | None = None,
    batching: BatchingPlan | None = None,
) -> list[Event]:
    """A session from its beginning to its first segment."""
    settings = settings or Settings(device=device)
    return [
        began(settings),
        spawned(settings=settings),
        model_read(available=available),
        compiled(device=device, execution=execution, batching=batching),
        segment(settings=settings),
    ]
