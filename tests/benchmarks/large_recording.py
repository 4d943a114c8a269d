"""A large recording, made in seconds: `python tests/benchmarks/large_recording.py PATH [ROWS]`, by default 10 million.

A closed loop on AUTO: the stand-in serves the first two seconds, then a GPU in batches of 16, at 50,000/s; completions
are a little out of order. Each transaction holds what the host's recorder would have written in 0.25 s."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ovtui.records.device_codes import STAND_IN, code_of
from ovtui.records.events import (
    BatchingPlan,
    Compiled,
    DeviceChanged,
    EngineSpawned,
    Event,
    LoadEnded,
    Machine,
    ModelRead,
    Port,
    SegmentBegan,
    SessionBegan,
)
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import Records, empty_records
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
from ovtui.settings.schema.settings import Settings

RATE = 50_000
STEP = RATE // 4
"""Rows in a transaction."""
BATCH = 16
BEGAN_NS = 1_000_000_000
HANDOVER_NS = BEGAN_NS + 2_000_000_000
_NS_EACH = 1_000_000_000 // RATE


def made(first: int, count: int, rng: np.random.Generator) -> Records:
    """[count] records from number `first` on, in order of arrival."""
    n = np.arange(first, first + count)
    records = empty_records(count)
    records["order"] = n
    records["seq"] = np.maximum(n + rng.integers(-8, 9, count), 0)
    records["done_ns"] = BEGAN_NS + n * _NS_EACH
    service_ns = rng.lognormal(15.0, 0.4, count).astype(np.int64)
    records["submit_ns"] = records["done_ns"] - service_ns
    records["due_ns"] = records["submit_ns"] - 4_000
    records["infer_us"] = (service_ns - 20_000) / 1e3
    records["request"] = n % 64
    alone = records["done_ns"] < HANDOVER_NS
    records["batch_id"] = np.where(alone, 0, n // BATCH + 1)
    records["batch_size"] = np.where(alone, 1, BATCH)
    records["device"] = np.where(alone, STAND_IN, code_of(["GPU.0"]))
    records["segment"] = 1
    records["copy_us"] = 4.0
    return records


def events(until_ns: int) -> Iterator[Event]:
    """The session's, in order, up to its end."""
    settings = Settings(device="AUTO:GPU,CPU", nireq=64)
    machine = Machine(cpu="Synthetic CPU", cores=8, memory_bytes=1 << 34, system="Linux")
    yield SessionBegan(t_ns=0, session="s", ovtui="0", started_at_s=1.7e9, machine=machine, settings=settings)
    yield EngineSpawned(t_ns=1_000_000, engine=1, pid=1, settings=settings)
    yield ModelRead(
        t_ns=100_000_000, engine=1, openvino="2026", name="synthetic", inputs=[Port("x", "[1,64]", "f32")],
        outputs=[Port("y", "[1,64]", "f32")], read_ms=9.0, available={"CPU": "Synthetic CPU", "GPU": "Synthetic GPU"},
    )  # fmt: skip
    yield Compiled(
        t_ns=900_000_000, engine=1, device="AUTO:GPU,CPU", compile_ms=700, execution_devices=["(CPU)"],
        optimal_requests=64, nireq=64, batching=BatchingPlan(size=BATCH, exact=True, probe=True),
    )  # fmt: skip
    yield SegmentBegan(t_ns=BEGAN_NS - 10_000_000, segment=1, engine=1, first_seq=0, nireq=64, settings=settings)
    yield DeviceChanged(t_ns=HANDOVER_NS, engine=1, before=["(CPU)"], after=["GPU.0"], since_compile_ms=2800)
    yield LoadEnded(t_ns=until_ns, engine=1, reason="requests", submitted=0)


def make(path: str, rows: int) -> None:
    """Writes a recording of this many requests; 10 million take 430 MB and half a minute."""
    writer = SessionWriter(path, {"session": "s", "ovtui": "0", "command": "synthetic"}, 1 << 40)
    rng = np.random.default_rng(1)
    end_ns = BEGAN_NS + rows * _NS_EACH
    coming = list(events(end_ns))
    for first in range(0, rows, STEP):
        records = made(first, min(STEP, rows - first), rng)
        t_ns = int(records["done_ns"][-1])
        new_events = [event for event in coming if event.t_ns <= t_ns]
        del coming[: len(new_events)]
        readings = [MachineReading(t_ns=t_ns, cpu_percent=50.0, engine_cores=1.0, host_cores=0.05)]
        progress = RecordingProgress(t_ns, 0, first + len(records), 0)
        writer.write(new_events, [records.tobytes()], progress, readings)
    writer.write(coming, [], RecordingProgress(end_ns, 0, rows, 0))
    writer.close()


def main() -> None:
    path, rows = sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else 10_000_000
    began_s = time.monotonic()
    make(path, rows)
    print(f"{rows:,} requests, {Path(path).stat().st_size / 1e6:,.0f} MB, {time.monotonic() - began_s:.1f} s")


if __name__ == "__main__":
    main()
