"""Small recordings for tests, made without an engine."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
from samples import MS, SECOND, records, segment, started

from ovtui.records.arrays import Bools, Floats
from ovtui.records.engine_counts import EngineCounts
from ovtui.records.events import BatchingPlan, EngineExited, LoadEnded
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import Flag
from ovtui.records.session_file.ending import ENDED_NS
from ovtui.records.session_file.schema import RECORDS_END
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
from ovtui.settings.schema.settings import Settings

SETTINGS = Settings(device="CPU", rate=100.0, duration_s=6.0)
META = {"session": "7", "ovtui": "0.1.0", "command": "ovtui -d CPU --rate 100 --duration 6"}


CLOSED_LOOP = Settings(device="CPU", duration_s=6.0)


def open_recording(
    path: Path, count: int = 600, meta: dict[str, str] | None = None, settings: Settings = SETTINGS
) -> SessionWriter:
    """A recording under way: of a load of 100/s for 6 s from 1 s on, of which `count` requests have come back. Its
    writer has it open."""
    writer = SessionWriter(str(path), {**META, **({RECORDS_END: "yes"} if meta is None else meta)}, 1 << 30)
    served = msgspec.structs.replace(segment(t_s=1.0, settings=settings), load_began_ns=SECOND, until_ns=7 * SECOND)
    begin = [*started(settings, device="CPU", execution=["CPU"], batching=BatchingPlan(size=1))[:-1], served]
    writer.write(begin, [], RecordingProgress(SECOND, 0, 0, 0))
    rows = records(1001 + np.arange(count) * 10, service_ms=1.0, segment=1)
    rows["request"] = np.arange(count) % 2
    for first in range(0, count, 50):
        part = rows[first : first + 50]
        t_ns = int(part["done_ns"][-1])
        reading = MachineReading(t_ns=t_ns, cpu_percent=50.0, engine_cores=1.0)
        engine = EngineCounts(
            t_ns=t_ns, submitted=first + len(part), completed=first + len(part), shed=0,
            schedule_ns=SECOND if settings.rate else None, schedule_segment=1, alive_ns=t_ns,
        )  # fmt: skip
        packed = np.ascontiguousarray(part).tobytes()
        writer.write([], [packed], RecordingProgress(t_ns, 0, engine.submitted, 0), [reading], {1: engine})
    return writer


def whole_recording(path: Path, settings: Settings = SETTINGS) -> None:
    """A recording whose session ended in order."""
    writer = open_recording(path, settings=settings)
    end_ns = 7 * SECOND + MS
    ended = LoadEnded(t_ns=end_ns, engine=1, reason="duration", submitted=600, ended_ns=7 * SECOND)
    exited = EngineExited(t_ns=end_ns, engine=1, expected=True, code=-9, signal="SIGKILL")
    writer.write([ended, exited], [], RecordingProgress(end_ns, 0, 600, 0))
    writer.note(ENDED_NS, str(end_ns))
    writer.close()


def cut_recording(
    path: Path, count: int = 380, meta: dict[str, str] | None = None, settings: Settings = SETTINGS
) -> None:
    """What is left of a recording whose host was killed."""
    making = path.with_name("making.ovtui")
    writer = open_recording(making, count, meta, settings)
    for suffix in ("", "-wal"):
        path.with_name(path.name + suffix).write_bytes(making.with_name(making.name + suffix).read_bytes())
    writer.close()
    making.unlink()


def each_kind(folder: Path) -> list[Path]:
    """Whole ones and ones that are cut off, of an open loop and of a closed one, each in one file."""
    made: list[Path] = []
    for name, settings in (("open", SETTINGS), ("closed", CLOSED_LOOP)):
        whole, cut = folder / f"{name}.ovtui", folder / f"{name}-cut.ovtui"
        whole_recording(whole, settings)
        cut_recording(cut, settings=settings)
        with closing(sqlite3.connect(cut)) as db:  # which moves the WAL into the file
            db.execute("PRAGMA journal_mode = DELETE")
        made += [whole, cut]
    return made


def recording_of_latencies(
    path: Path, service_ms: Floats, settings: Settings | None = None, failed: Bools | None = None
) -> None:
    """A whole recording of [n] requests at 1,000/s with these latencies. `failed`: [n]."""
    n = len(service_ms)
    settings = settings or Settings(device="CPU", rate=1000.0, warm_up="none")
    end_ns = SECOND + n * MS
    writer = SessionWriter(str(path), {**META, RECORDS_END: "yes"}, 1 << 30)
    served = msgspec.structs.replace(segment(t_s=1.0, settings=settings), load_began_ns=SECOND, until_ns=end_ns)
    begin = [*started(settings, device="CPU", execution=["CPU"], batching=BatchingPlan(size=1))[:-1], served]
    writer.write(begin, [], RecordingProgress(SECOND, 0, 0, 0))
    rows = records(1000 + np.arange(n) + service_ms, service_ms=service_ms, segment=1)
    rows["seq"] = np.arange(n)
    if failed is not None:
        rows["flags"][failed] |= int(Flag.ERROR)
    rows = np.ascontiguousarray(rows[np.argsort(rows["done_ns"], kind="stable")])
    rows["order"] = np.arange(n)
    last_ns = int(rows["done_ns"].max(initial=end_ns))
    engine = EngineCounts(
        t_ns=last_ns, submitted=n, completed=n, shed=0, schedule_ns=SECOND if settings.rate else None,
        schedule_segment=1, alive_ns=last_ns,
    )  # fmt: skip
    writer.write([], [rows.tobytes()], RecordingProgress(last_ns, 0, n, 0), [], {1: engine})
    ended = LoadEnded(t_ns=last_ns, engine=1, reason="duration", submitted=n, ended_ns=end_ns)
    exited = EngineExited(t_ns=last_ns, engine=1, expected=True, code=-9, signal="SIGKILL")
    writer.write([ended, exited], [], RecordingProgress(last_ns, 0, n, 0))
    writer.note(ENDED_NS, str(last_ns))
    writer.close()
