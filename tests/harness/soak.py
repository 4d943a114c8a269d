"""A session that is worked with for minutes or hours, and whether its processes stay as they are: memory, descriptors,
threads of engine, host and view."""

from __future__ import annotations

import os
import re
import signal
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, cycle
from pathlib import Path

import psutil
from harness.program import Program, ovtui
from harness.signals import stop

RESULT_VARIABLE = "OVTUI_SOAK_RESULT"
"""Names the file into which the soak beside the tests writes what it found."""
STEP_S = 1.0
"""Between two actions: a person's pace, and little work for the machine."""
RATE = 50
PARTS = 4
"""The measured time is divided into so many; the last is compared with the first."""
SCATTER_MB, MB_A_MINUTE = 2.5, 0.04
"""What memory in the last part may lie over that in the first: an allocator's arenas of 1 MB, and what a session keeps
of each engine, of each change until 512 are known, and of its events until 2,000 are."""
MINUTE_S, LONG_S, MB_AN_HOUR = 60.0, 3600.0, 5.0
"""Of an hour and more the trend counts, too: the median of all slopes between two minutes (Theil and Sen), in which
what fills up in the first minutes, or goes up and down, has little say."""
SHORT_S, SHORT_MB = 600.0, 12.0
"""A shorter measurement, as in CI, finds only what is gross, descriptors and threads: 10 MB a minute in 2.5 minutes. On
a busy machine a view that was flat otherwise went up and down by 7 MB in a few minutes, by its pace and its heap."""
FILL_SEGMENTS, FILL_LIMIT_S = 66, 180.0
"""More than the 64 segments whose distributions the view keeps (some 40 KB each): they are there before the view has to
stay flat. Takes 20 s; on a machine that is so busy that the view draws once a second, 90 s."""
STANDSTILL_S = 3.0
"""Of the engine at the start: the plot's bins take 0.8 MB for each 2.6-fold of the range of each latency (39 MB for all
that there can be), and a busy machine that widened it later would look like a leak."""
WARM_ACTIONS = 100
"""Before memory is looked at: each kind of them at each size, twice over."""
VIEWS = ("2", "3", "4", "5", "6", "1")
SIZES = ((80, 24), (120, 40), (200, 50), (120, 40))


@dataclass(frozen=True)
class Sample:
    at_s: float
    mb: float
    """Anonymous memory, shared out: the ring, which fills up to its fixed size, is none of it."""
    descriptors: int
    threads: int


@dataclass
class Series:
    """Of one process."""

    name: str
    samples: list[Sample] = field(default_factory=list)

    @property
    def measured_s(self) -> float:
        return self.samples[-1].at_s - self.samples[0].at_s if self.samples else 0.0

    @property
    def allowed_mb(self) -> float:
        return SCATTER_MB + MB_A_MINUTE * self.measured_s / 60 if self.measured_s >= SHORT_S else SHORT_MB

    def parts(self, value: Callable[[Sample], float]) -> tuple[float, float]:
        """The medians of the first and the last part."""
        n = max(len(self.samples) // PARTS, 1)
        first, last = self.samples[:n], self.samples[-n:]
        return statistics.median(map(value, first)), statistics.median(map(value, last))

    def memory_mb(self) -> tuple[float, float]:
        """In the first and the last part. Of the view what a tenth of the samples is below: its heap is trimmed every
        20 s, and arrays on the way add 5 MB in between. Of an engine the median: the newest may just be starting."""
        n = max(len(self.samples) // PARTS, 1)
        if self.name != "view":
            return self.parts(lambda sample: sample.mb)
        before, after = (sorted(sample.mb for sample in part) for part in (self.samples[:n], self.samples[-n:]))
        return before[n // 10], after[n // 10]

    def by_minute(self) -> list[tuple[float, float]]:
        """Time in s and memory in MB of each minute: of the view a low one, as in `memory_mb`."""
        minutes: dict[int, list[Sample]] = {}
        for sample in self.samples:
            minutes.setdefault(int((sample.at_s - self.samples[0].at_s) // MINUTE_S), []).append(sample)
        found = []
        for samples in minutes.values():
            mbs = sorted(sample.mb for sample in samples)
            mb = mbs[len(mbs) // 10] if self.name == "view" else statistics.median(mbs)
            found.append((samples[0].at_s, mb))
        return found

    def mb_an_hour(self, *, last_half: bool = False) -> float:
        """The trend of the memory, by the median of all slopes."""
        points = self.by_minute()
        points = points[len(points) // 2 :] if last_half else points
        slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if b[0] > a[0]]
        return 3600 * statistics.median(slopes) if slopes else 0.0

    def findings(self) -> list[str]:
        """What is not flat; empty where all is."""
        before_mb, after_mb = self.memory_mb()
        found = []
        if after_mb - before_mb > self.allowed_mb:
            found.append(f"{self.name}: memory {before_mb:.1f} → {after_mb:.1f} MB")
        elif self.measured_s >= LONG_S and self.mb_an_hour() > MB_AN_HOUR:
            found.append(f"{self.name}: memory grows by {self.mb_an_hour():.1f} MB an hour")
        for what in ("descriptors", "threads"):
            before, after = self.parts(lambda sample, what=what: getattr(sample, what))  # type: ignore[misc]
            if after - before >= 1:
                found.append(f"{self.name}: {what} {before:g} → {after:g}")
        return found

    @property
    def text(self) -> str:
        if not self.samples:
            return f"{self.name}: not seen"
        values: dict[str, tuple[float, float]] = {
            "MB": self.memory_mb(),
            "descriptors": self.parts(lambda sample: sample.descriptors),
            "threads": self.parts(lambda sample: sample.threads),
        }
        parts = [f"{what} {before:.1f} → {after:.1f}" for what, (before, after) in values.items()]
        trend = f"{self.mb_an_hour():+.1f} MB an hour, in the last half {self.mb_an_hour(last_half=True):+.1f}"
        return f"{self.name}: {', '.join(parts)}; {trend} ({len(self.samples)} samples)"


def read_sample(pid: int, at_s: float) -> Sample | None:
    """None where the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        kib = next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))
        process = psutil.Process(pid)
        return Sample(at_s, kib / 1024, process.num_fds(), process.num_threads())
    except (OSError, StopIteration, psutil.Error):
        return None


def segment_of(text: str) -> int:
    """As the header says; 0 where it has no room for it."""
    found = re.search(r"segment (\d+)", text)
    return int(found[1]) if found else 0


class Soak:
    """One session on a pty. An action each STEP_S: another view, another size, a change that is applied live, another
    view of the same session that comes and goes."""

    def __init__(self, env: Mapping[str, str], *, attach_every: int = 20, recompile_every: int = 10) -> None:
        self._env, self._attach_every, self._recompile_every = env, attach_every, recompile_every
        self.program = Program(
            ovtui("demo-matmul", "-d", "CPU", "--rate", str(RATE), "--nireq", "2", "--slo", "p99<1s"), env
        )
        self.series = {name: Series(name) for name in ("view", "host", "engine")}
        self._actions = self._all_actions()
        self.actions = 0

    def close(self) -> None:
        self.program.close()

    def run(self, warm_up_s: float, measured_s: float, say: Callable[[str], None] = lambda _: None) -> list[str]:
        """Works with the session; returns what was not flat after `warm_up_s`, of which the first part fills what has a
        fixed size."""
        self.program.wait_for("▌CPU▐")
        began_s = time.monotonic()
        self._fill(began_s + FILL_LIMIT_S)
        warm_s: float | None = None
        due_s, said_s = began_s, began_s
        while (now_s := time.monotonic()) < (warm_s or now_s) + measured_s:
            next(self._actions)()
            self.actions += 1
            if warm_s is None and self.actions >= WARM_ACTIONS and now_s >= began_s + warm_up_s:
                warm_s = now_s
            if warm_s is not None:
                self._look(now_s - began_s)
            if now_s - said_s >= 60:
                said_s = now_s
                say(f"{(now_s - began_s) / 60:5.1f} min, {self.actions} actions: {self.now_text()}")
            due_s = max(due_s + STEP_S, now_s)
            if warm_s is not None or self.actions >= WARM_ACTIONS:
                time.sleep(max(due_s - time.monotonic(), 0))
        return [finding for series in self.series.values() for finding in series.findings()]

    def pids(self) -> dict[str, int]:
        """By name; of the processes that there are now."""
        found = {"view": self.program.process.pid}
        for process in psutil.Process(self.program.process.pid).children(recursive=True):
            try:
                command = " ".join(process.cmdline())
            except psutil.Error:  # it has just ended
                continue
            if "ovtui.host" in command:
                found["host"] = process.pid
            elif "ovtui.engine" in command:
                found["engine"] = process.pid
        return found

    def now_text(self) -> str:
        samples = {name: read_sample(pid, 0.0) for name, pid in self.pids().items()}
        return "; ".join(
            f"{name} {sample.mb:.1f} MB, {sample.descriptors} fds, {sample.threads} threads"
            for name, sample in samples.items()
            if sample is not None
        )

    def _fill(self, end_s: float) -> None:
        """Has latencies of seconds, opens each view at each size, then changes the session until no more segments are
        kept."""
        engine = self.pids()["engine"]
        stop(engine)
        time.sleep(STANDSTILL_S)
        os.kill(engine, signal.SIGCONT)
        for size in SIZES:
            self.program.resize(*size)
            for view in VIEWS:
                self._open(view)
        self.program.keys("1", "s")
        for number in cycle("3425"):
            before = segment_of(self.program.text)
            if time.monotonic() > end_s or before >= FILL_SEGMENTS:
                break
            self.program.keys("n", number, "enter")
            self.program.wait_for(lambda text, before=before: segment_of(text) > before)
        self.program.keys("s")

    def _look(self, at_s: float) -> None:
        for name, pid in self.pids().items():
            sample = read_sample(pid, at_s)
            if sample is not None:
                self.series[name].samples.append(sample)

    def _all_actions(self) -> Iterator[Callable[[], None]]:
        views, sizes, numbers, threads = cycle(VIEWS), cycle(SIZES), cycle("3425"), cycle("12")
        for turn in cycle(range(self._attach_every)):
            yield lambda: self._open(next(views))
            yield lambda: self._change("n", next(numbers))
            if turn % 4 == 0:
                yield lambda: self.program.resize(*next(sizes))
            if turn % self._recompile_every == self._recompile_every - 1:
                yield lambda: self._change("t", next(threads), "x")
            if turn == self._attach_every - 1:
                yield self._attach_and_leave

    def _open(self, view: str) -> None:
        """Returns when it is there, and with it all is done that was typed before: what waits in the view of a busy
        machine would be memory, too."""
        self.program.keys(view)
        self.program.wait_for(re.compile(rf"\[{view}\b"))

    def _change(self, key: str, value: str, *then: str) -> None:
        """Of a row of the settings pane, by its key: of infer requests at once, of threads by another engine."""
        self.program.keys("1", "s", key, value, "enter", *then, "s")

    def _attach_and_leave(self) -> None:
        other = Program(ovtui("attach", "--read-only"), self._env)
        try:
            other.wait_for("▌CPU▐")
            other.keys("q")
            other.wait()
        finally:
            other.close()
