"""Memory of engine, host and view over 20 million requests:
`python tests/benchmarks/flat_memory.py [MILLIONS] [RATE]`, by default 20 at 250,000/s.

Three processes, as in a session. The engine is synthetic: it fills a ring in blocks of 5 ms. The host is the real
recorder with the readings of the machine. The view is what a client does four times a second: it reads the ring, feeds
a Digest, takes a snapshot and the plot's columns. Prints the resident memory of each after 1 million requests and at
the end (budget: 10 MB more or less), and what was lost (budget: 0)."""

from __future__ import annotations

import mmap
import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing.synchronize import Event as Signal
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from large_recording import BEGAN_NS, STEP, events, made
from pairs import report, say

from ovtui.host.machine.sampler import MachineSampler
from ovtui.host.session_recorder import SessionRecorder
from ovtui.metrics.digest import Digest
from ovtui.records.clock import SessionClock, now_ns
from ovtui.records.ring.ring import RingReader
from ovtui.records.ring.ring_memory import (
    CAPACITY,
    HEAD,
    HEADER_BYTES,
    RECORD_BYTES,
    SUBMITTED,
    RingCounters,
    create_memory,
    reopen_read_only,
)
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.source import Update

MILLION = 1_000_000
BLOCK_S = 0.005
FRAME_S = 0.25
BUDGET_MB = 10.0


def engine(ring: str, count: int, rate: int, origin_ns: int, done: Signal) -> None:
    """Writes blocks of records whose numbers and times go on: what one request costs an engine is not the question."""
    fd = os.open(ring, os.O_RDWR)
    memory, clock = mmap.mmap(fd, 0), SessionClock(origin_ns)
    header = memoryview(memory)[:HEADER_BYTES].cast("Q")
    slots = np.frombuffer(memory, np.uint8, offset=HEADER_BYTES).reshape(CAPACITY, RECORD_BYTES)
    pattern = made(0, STEP, np.random.default_rng(1))
    pattern["device"], pattern["batch_size"] = 0x20, 16
    written, began_s = 0, time.monotonic()
    while written < count:
        block = min(int((time.monotonic() - began_s) * rate), count) - written
        records = pattern[: min(block, STEP)].copy()
        if len(records):
            n = np.arange(written, written + len(records))
            moved_ns = clock() - records["done_ns"][-1]
            for name in ("due_ns", "submit_ns", "done_ns"):
                records[name] += moved_ns
            records["seq"] = records["order"] = n
            records["batch_id"] = n // 16 + 1
            slots[n % CAPACITY] = records.view(np.uint8).reshape(-1, RECORD_BYTES)
            written += len(records)
            header[SUBMITTED] = written
            header[HEAD] = written
        if block <= STEP:
            time.sleep(BLOCK_S)
    done.wait()


def host(ring: str, path: str, origin_ns: int, engine_pid: int, done: Signal, limit_bytes: int) -> None:
    recorder = SessionRecorder(path, {}, limit_bytes, SessionClock(origin_ns), lambda _: None)
    fd = os.open(ring, os.O_RDWR)
    recorder.ring_opened(1, fd)
    for event in events(1 << 60):
        if event.t_ns < BEGAN_NS:
            recorder.event(event)
    sampler = MachineSampler(path, SessionClock(origin_ns), lambda: [engine_pid], recorder.readings, lambda _: None)
    done.wait()
    sampler.close()
    recorder.ring_closed(1)
    recorder.close()


def view(ring: str, origin_ns: int, done: Signal) -> None:
    reader, clock = RingReader(reopen_read_only(os.open(ring, os.O_RDWR))), SessionClock(origin_ns)
    digest = Digest()
    coming = [event for event in events(1 << 60) if event.t_ns < BEGAN_NS]
    while not done.wait(FRAME_S):
        records = reader.read()
        at_ns = clock()
        digest.feed(Update(at_ns, records, coming, reader.submitted_as_read, reader.lost))
        coming = []
        digest.snapshot()
        digest.columns("response", at_ns, 60_000_000_000, 100)


def resident_mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6


def watch(names: dict[str, psutil.Process], written: RingCounters, count: int) -> None:
    """Prints the memory after each fifth of the requests and judges the growth after the first million."""
    first: dict[str, float] = {}
    most: dict[str, float] = dict.fromkeys(names, 0.0)
    last: dict[str, float] = {}
    steps = [MILLION, *range(count // 5, count + 1, count // 5)]
    while steps:
        if written.written < min(steps[0], count):
            time.sleep(0.1)
            continue
        time.sleep(2 * FRAME_S)  # host and view have read it
        last = {name: resident_mb(process) for name, process in names.items()}
        first = first or last
        most = {name: max(most[name], last[name]) for name in names}
        say(f"{steps.pop(0) / 1e6:5.1f} M  " + "  ".join(f"{name} {mb:.1f} MB" for name, mb in last.items()))
    for name in names:
        grown = most[name] - first[name]
        figure = f"{first[name]:.1f}, {last[name]:.1f} MB"
        report(f"{name}: 1 M, end", figure, f"+- {BUDGET_MB:.0f} MB", abs(grown) <= BUDGET_MB)


def main(count: int, rate: int) -> None:
    spawn = multiprocessing.get_context("spawn")
    fd, origin_ns = create_memory(), now_ns() - BEGAN_NS
    ring = f"/proc/{os.getpid()}/fd/{fd}"
    with tempfile.TemporaryDirectory() as folder:
        path, done = str(Path(folder) / "session.ovtui"), spawn.Event()
        viewer = spawn.Process(target=view, args=(ring, origin_ns, done))
        filler = spawn.Process(target=engine, args=(ring, count, rate, origin_ns, done))
        viewer.start()
        filler.start()
        recorder = spawn.Process(target=host, args=(ring, path, origin_ns, filler.pid, done, 1 << 40))
        recorder.start()
        processes = {"host": psutil.Process(recorder.pid), "view": psutil.Process(viewer.pid)}
        watch({"engine": psutil.Process(filler.pid), **processes}, RingCounters(fd), count)
        say(f"beside the file: {Path(path + '-wal').stat().st_size / 1e6:.0f} MB of WAL")
        done.set()
        filler.join()
        recorder.join()
        viewer.join()
        file = SessionReader(path)
        lost = file.progress_at(file.end_ns).lost
        report("recorded, lost", f"{file.end_row:,}, {lost:,}", "0 lost", file.end_row == count and not lost)


if __name__ == "__main__":
    main(int(float(sys.argv[1]) * 1e6) if sys.argv[1:] else 20 * MILLION, int(sys.argv[2]) if sys.argv[2:] else 250_000)
