"""A session that never ran: scripted events and made-up records, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ovtui.records.device_codes import code_of
from ovtui.records.events import (
    AcceleratorChanged,
    BatchingPlan,
    Compiled,
    DeviceChanged,
    EngineExited,
    EngineSpawned,
    Event,
    Experiment,
    FirstInference,
    Machine,
    ModelRead,
    Port,
    RecordingBegan,
    Refused,
    SegmentBegan,
    SessionBegan,
)
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import RECORD, Flag, Records, empty_records
from ovtui.records.source import Update
from ovtui.records.study_events import StudySpec
from ovtui.settings.changes import changed_fields
from ovtui.settings.schema.settings import Settings

SECOND = 1_000_000_000
MACHINE = Machine(cpu="Test CPU", cores=8, memory_bytes=16 << 30, system="Linux 6.1")
COMPILE_S = 2.0
"""How long a second engine takes here."""


class FakeSource:
    """A Source. `now_ns` stands still until `advance`; give `clock` for one that runs by itself.

    Requests complete at `rate` a second from 0.5 s on, on the CPU until `handover_s` and on GPU.0 from then, in batches
    of `batch` there; with `together` their members come back at once, submitted one after another, as at a fixed rate.
    `apply` acts as the host does: live changes begin a segment, others compile for COMPILE_S."""

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        rate: float = 400.0,
        handover_s: float | None = 3.0,
        batch: int = 16,
        together: bool = False,
        replayed: bool = False,
        clock: Callable[[], int] | None = None,
        available: dict[str, str] | None = None,
        seed: int = 0,
        experiment: Experiment | None = None,
    ) -> None:
        self.replayed = self.read_only = replayed
        self.experiment = experiment
        self.settings = settings or Settings(device="AUTO:GPU,CPU", nireq=16)
        self.rate, self.batch = rate, batch
        self._together = together
        self.handover_ns = None if handover_s is None else int(handover_s * SECOND)
        self.available = available or {"CPU": "Test CPU", "GPU": "Test GPU (dGPU)"}
        self.applied: list[Settings] = []
        self.tried: list[Settings] = []
        self.pinned: list[bool] = []
        """Of each of these: whether it was tried as the pinned side."""
        self.trial_ends: list[bool] = []
        self.studies: list[StudySpec] = []
        self.study_ends = 0
        self.asked_stuck: list[bool] = []
        self.restarts = 0
        self.idle_asked = 0
        self.silence = ""
        self.stopped = self.closed = self.host_gone = self.finished = self.left = False
        self.unreachable = ""
        self.refuse = ""
        """Reason with which the next `apply` that recompiles is refused."""
        self.lost = 0
        self._clock = clock
        self._time_ns = 0
        self._dead_since_ns: int | None = None
        self._rng = np.random.default_rng(seed)
        self._seq = 0
        self._made_until_ns = SECOND // 2
        self._segment = 1
        self._engine = 1
        self._script: list[Event] = []
        self._served = self.settings
        """In force while another one compiles."""
        self._begin()

    def _begin(self) -> None:
        settings = self.settings
        self._script += [
            SessionBegan(
                t_ns=0, session="test", ovtui="0", started_at_s=0.0, machine=MACHINE, settings=settings,
                experiment=self.experiment,
            ),
            RecordingBegan(t_ns=0, path="/tmp/test.ovtui", limit_bytes=1 << 30),
            *self._start(1, 0, [], int(0.4 * SECOND)),
            SegmentBegan(
                t_ns=int(0.45 * SECOND), segment=1, engine=1, first_seq=0, nireq=settings.nireq or 8,
                settings=settings,
            ),
            FirstInference(t_ns=SECOND // 2, engine=1, since_spawn_ms=500.0, infer_ms=9.0),
        ]  # fmt: skip
        if self.handover_ns is not None:
            self._script.append(
                AcceleratorChanged(t_ns=int(0.46 * SECOND), engine=1, device="GPU.0", state="compiling")
            )
            self._script.append(
                DeviceChanged(
                    t_ns=self.handover_ns, engine=1, before=["(CPU)"], after=["GPU.0"],
                    since_compile_ms=self.handover_ns / 1e6 - 100,
                )
            )  # fmt: skip

    def _start(self, engine: int, t_ns: int, changes: list[str], took_ns: int) -> list[Event]:
        stands_in = self.handover_ns is not None and t_ns < self.handover_ns
        return [
            EngineSpawned(t_ns=t_ns, engine=engine, pid=1000 + engine, settings=self.settings, changes=changes),
            ModelRead(
                t_ns=t_ns + took_ns // 4, engine=engine, openvino="2026.4", name=self.settings.model,
                inputs=[Port("image", "[1,3,224,224]", "f32")], outputs=[Port("scores", "[1,1000]", "f32")],
                read_ms=30.0, available=self.available,
            ),
            Compiled(
                t_ns=t_ns + took_ns, engine=engine, device=self.settings.device, compile_ms=took_ns * 0.75 / 1e6,
                execution_devices=["(CPU)"] if stands_in else ["CPU"] if self.handover_ns is None else ["GPU.0"],
                optimal_requests=8, nireq=self.settings.nireq or 8,
                batching=BatchingPlan(size=self.batch if self.batch > 1 else None, exact=True, probe=True),
            ),
        ]  # fmt: skip

    @property
    def now_ns(self) -> int:
        return self._clock() if self._clock is not None else self._time_ns

    def advance(self, seconds: float) -> None:
        self._time_ns += round(seconds * SECOND)

    def tell(self, *events: Event) -> None:
        """Events that the next poll gives, whatever their time."""
        self._script[:0] = events

    def poll(self) -> Update:
        now_ns = self.now_ns
        due = [event for event in self._script if event.t_ns <= now_ns]
        self._script = [event for event in self._script if event.t_ns > now_ns]
        for event in due:
            if isinstance(event, SegmentBegan):
                self._segment, self.settings, self._engine = event.segment, event.settings, event.engine
        until_ns = now_ns if self._dead_since_ns is None else self._dead_since_ns
        records = empty_records() if self.finished else self._make(until_ns)
        return Update(
            now_ns=now_ns, records=records, events=due, submitted=self._seq + 16 if self._seq else 0, lost=self.lost,
            finished=self.finished, host_gone=self.host_gone, readings=self.readings(now_ns),
        )  # fmt: skip

    def readings(self, now_ns: int) -> list[MachineReading]:
        return [self._read(now_ns)]

    def _read(self, now_ns: int) -> MachineReading:
        """A small machine without a quota and without an NPU, at work."""
        return MachineReading(
            t_ns=now_ns, cpu_percent=43.0, cpu_mhz=2910.0, cpu_temperature_c=71.0, engine_cores=3.12,
            engine_rss_bytes=1.24e9, host_cores=0.03, host_rss_bytes=45.1e6, gpu_mhz=2050.0,
            recording_bytes=65_536.0 + 40.0 * self._seq,
        )  # fmt: skip

    def apply(self, settings: Settings) -> None:
        self.applied.append(settings)
        changes = [f"{name} → {getattr(settings, name)}" for name in changed_fields(self.settings, settings)]
        live = set(changed_fields(self.settings, settings)) <= {"nireq", "rate"}
        t_ns = self.now_ns
        if self.refuse and not live:
            self.tell(Refused(t_ns=t_ns, settings=settings, changes=changes, reason=self.refuse))
            return
        engine = self._engine
        if not live:
            engine += 1
            self._served, self.settings = self.settings, settings
            self._script += self._start(engine, t_ns, changes, int(0.9 * COMPILE_S * SECOND))
            t_ns += int(COMPILE_S * SECOND)
        self._script.append(
            SegmentBegan(
                t_ns=t_ns, segment=self._segment + 1, engine=engine, first_seq=self._seq,
                nireq=settings.nireq or 8, settings=settings, changes=changes,
            )
        )  # fmt: skip

    def die(self, signal: str = "SIGKILL", code: int = -9) -> None:
        self._dead_since_ns = self.now_ns
        self.tell(EngineExited(t_ns=self.now_ns, engine=self._engine, expected=False, code=code, signal=signal))

    def cancel_change(self) -> None:
        """What was applied last does not come, if it has not come yet."""
        kept = [event for event in self._script if event.t_ns <= self.now_ns]
        coming = [event for event in self._script[len(kept) :] if isinstance(event, SegmentBegan)]
        if coming:
            self._script, self.settings = kept, self._served
            about = {"settings": coming[-1].settings, "changes": coming[-1].changes}
            self.tell(Refused(t_ns=self.now_ns, **about, reason="the old settings serve on", called_off=True))

    def try_settings(self, settings: Settings, *, pinned: bool = False) -> None:
        self.tried.append(settings)
        self.pinned.append(pinned)

    def ask_stuck(self, *, native: bool) -> None:
        self.asked_stuck.append(native)

    def begin_study(self, spec: StudySpec) -> None:
        self.studies.append(spec)

    def end_study(self) -> None:
        self.study_ends += 1

    def end_trial(self, *, narrow: bool = False) -> None:
        self.trial_ends.append(narrow)

    def measure_idle(self) -> None:
        self.idle_asked += 1

    def restart(self) -> None:
        self.restarts += 1

    def stop(self) -> None:
        self.silence = ""
        self.stopped = self.finished = True

    def leave(self) -> None:
        self.left = True

    def close(self) -> None:
        self.closed = True

    def _make(self, until_ns: int) -> Records:
        """Records that complete up to `until_ns`, in completion order."""
        count = int((until_ns - self._made_until_ns) * self.rate / SECOND)
        if count <= 0:
            return empty_records()
        records = np.zeros(count, RECORD)
        done_ns = self._made_until_ns + ((np.arange(count) + 1) * (SECOND / self.rate)).astype(np.int64)
        on_gpu = np.full(count, self.handover_ns is not None) & (done_ns >= (self.handover_ns or 0))
        typical_ms = np.where(on_gpu, 2.1, 8.0)
        infer_ms = typical_ms * self._rng.gamma(30, 1 / 30, count)
        infer_ms += np.where(self._rng.random(count) < 0.004, typical_ms * self._rng.uniform(2, 9, count), 0)
        seq = self._seq + np.arange(count)
        records["seq"] = seq
        records["order"] = seq
        records["request"] = seq % 16
        records["done_ns"] = done_ns
        records["infer_us"] = infer_ms * 1e3
        records["submit_ns"] = done_ns - (infer_ms * 1e6).astype(np.int64) - 60_000
        records["due_ns"] = records["submit_ns"] - 20_000
        records["segment"] = self._segment
        records["device"] = np.where(
            on_gpu, code_of(["GPU.0"]), code_of(["(CPU)"] if self.handover_ns is not None else ["CPU"])
        )
        batched = on_gpu & (self.batch > 1) & (seq // self.batch % 40 != 0)
        records["batch_size"] = np.where(batched, self.batch, 1)
        records["batch_id"] = np.where(batched, seq // max(self.batch, 1) + 1, 0)
        timed_out = on_gpu & (self.batch > 1) & ~batched
        records["flags"] = np.where(timed_out, int(Flag.TIMED_OUT), 0)
        if self._seq == 0:
            records["flags"][0] |= int(Flag.WARM_UP)
        self._made_until_ns = int(done_ns[-1])
        if self._together:
            records = self._gathered(records)
        self._seq += len(records)
        return records

    def _gathered(self, records: Records) -> Records:
        """Whole batches alone, fired by their last member 2 ms after it was submitted; the rest is left for later."""
        left = (self._seq + len(records)) % self.batch if records["batch_id"][-1] else 0
        if left:
            self._made_until_ns -= round(left * SECOND / self.rate)
            records = records[: len(records) - left]
        for batch in np.unique(records["batch_id"][records["batch_id"] > 0]):
            members = np.flatnonzero(records["batch_id"] == batch)
            records["submit_ns"][members] = records["done_ns"][members] - 2_000_000
            records["due_ns"][members] = records["submit_ns"][members] - 20_000
            records["done_ns"][members] = records["done_ns"][members].max()
            records["infer_us"][members] = (records["done_ns"][members] - records["submit_ns"][members]) / 1e3
        return records
