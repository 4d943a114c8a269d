"""A recorded session as a Source: the updates of the live session, on a clock that can be paused and moved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import msgspec
import numpy as np

from ovtui.records.events import (
    Compiled,
    DeviceChanged,
    EngineSpawned,
    Event,
    ModelRead,
    Note,
    SessionBegan,
)
from ovtui.records.machine_readings import MachineReading
from ovtui.records.no_commands import NoCommands
from ovtui.records.record import Records, empty_records, join_records
from ovtui.records.recording_state import RecordingState, broken_off
from ovtui.records.session_file.ending import end_of
from ovtui.records.session_file.experiment_told import with_experiment
from ovtui.records.session_file.jump_targets import TARGET_FLAGS, JumpTarget, is_target
from ovtui.records.session_file.reader import CHUNK_ROWS, SessionFileError, SessionReader
from ovtui.records.session_file.stored_tables import told_of
from ovtui.records.source import LossCounts, Update
from ovtui.settings.device_names import matches_device

SPEEDS = (0.01, 0.03, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0)
STEP_NS = 100_000_000
LOOKED_AT_ONCE = 2 * CHUNK_ROWS
"""Rows that are looked at for damage before the first frame: 15 ms; then CHUNK_ROWS with each poll that keeps up."""
POLL_BUDGET_S = 0.05
MOST_ROWS = 5 * CHUNK_ROWS
"""Time for reading in one poll, and rows that it returns: a long jump is spread over many polls, so that keys are
answered meanwhile. To digest so many takes 25 ms, and memory for 30 MB."""
JUMP_LEAD_NS = 500_000_000
"""A jump ends this long before its target, so that a person sees the target happen."""


class Replay(NoCommands):
    """Owner: the thread that polls."""

    replayed = True
    read_only = True
    unreachable = ""

    def __init__(self, path: str, *, speed: float = 1.0, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """Raises SessionFileError."""
        self._file = SessionReader(path)
        self.path = path
        self._broken = ""
        """Why the requests cannot be read to their end; empty where they can."""
        self.meta = self._file.meta
        self._now_ns = now_ns
        self.end_ns = self._file.end_ns
        self._end_row = self._file.end_row
        self._dropped = self._file.first_row
        self._events = _up_to(self.end_ns, with_experiment(self._file.events(), self.meta))
        self._engines = self._file.engine_counts()
        self._end = end_of(self._file, [event for _, event in self._events])
        self._looked_row = self._dropped
        """Up to this row the file was looked at for damage, ahead of the playhead."""
        self._looked_ns = 1
        self._look_ahead(LOOKED_AT_ONCE)
        self.speed, self.paused = speed, False
        self._anchor_ns = 0
        """Position of the playhead when `now_ns` was `_anchor_clock_ns`."""
        self._anchor_clock_ns = now_ns()
        self._restarted = False
        self._last_jump: tuple[JumpTarget | None, int] = None, 0
        """Target and session time of the last jump."""
        self._rewind()

    def _rewind(self) -> None:
        self._next_event = 0
        self._next_row = 0
        self._readings_ns = -1
        """Session time up to which the machine readings were returned."""
        self._counts_ns = -1
        """Session time up to which the lost and shed counts were returned."""
        self._read_ahead = empty_records()
        self._submitted = self._returned = 0
        self._shown_ns = 0
        self._reading_from: int | None = None
        """The row at which the reading fell behind the playhead; None while it keeps up."""

    # The file

    @property
    def damage(self) -> str:
        """What cannot be read, in a few words; empty where all can, as far as the file was looked at."""
        return ", ".join(filter(None, [self._broken, self._file.damage.text]))

    @property
    def state(self) -> RecordingState:
        """Whether it reaches to the end of its session, and the damage."""
        return replace(self._end, damage=self.damage)

    @property
    def newer(self) -> str:
        """One sentence where a newer ovtui wrote what this one does not know."""
        return self._file.newer

    @property
    def of_newer_format(self) -> bool:
        """Its format is newer than the one that this ovtui knows, so that it may misread it."""
        return self._file.of_newer_format

    def damage_sentence(self, done: str = "could be read") -> str:
        """'FILE: damaged: 3 events are no JSON; 178 requests could be read', where a part of the file cannot be read;
        else empty. It reads the file once more, to its end."""
        self._look_ahead(self._end_row)
        if not self.damage:
            return ""
        count, row = 0, self._dropped
        while row < self._end_row:
            try:
                records, row = self._file.records(row, min(CHUNK_ROWS, self._end_row - row))
            except SessionFileError:
                break
            if not len(records):
                break
            count += len(records)
        requests = "1 request" if count == 1 else f"{count:,} requests"
        return f"{self.path}: damaged: {self.damage}; {requests} {done}"

    def _look_ahead(self, rows: int) -> None:
        """Reads some rows that the playhead has not reached, so that damage is told before it gets there."""
        stop = self._looked_row + rows
        while self._looked_row < min(stop, self._end_row):
            wanted = min(CHUNK_ROWS, self._end_row - self._looked_row)
            try:
                records, following = self._file.records(self._looked_row, wanted)
            except SessionFileError as error:
                self._end_at_damage(error, self._looked_row, self._looked_ns)
                return
            if not len(records):
                return
            self._looked_row, self._looked_ns = following, max(self._looked_ns, int(records["done_ns"].max()))

    # The Source

    def poll(self) -> Update:
        if not self.reading:
            self._look_ahead(CHUNK_ROWS)
        position_ns = self.position_ns
        records, behind = self._records_until(position_ns)
        position_ns = min(position_ns, self.end_ns)  # the end has moved if damage was found
        read_share = self._read_share(position_ns) if behind else None
        if behind:
            position_ns = max(int(records["done_ns"].max()), self._shown_ns)
        else:
            self._reading_from = None
        if len(records):
            self._submitted = max(self._submitted, int(records["seq"].max()) + 1)
            self._returned += len(records)
        progress = self._file.progress_at(position_ns)
        lost = progress.lost + self._dropped
        restarted, self._restarted = self._restarted, False
        self._shown_ns = position_ns
        return Update(
            now_ns=position_ns,
            records=records,
            events=self._events_until(position_ns),
            submitted=max(self._submitted, progress.submitted, self._returned + lost),  # the last of a damaged file
            lost=lost,
            shed=progress.shed,
            finished=position_ns >= self.end_ns and not behind,
            restarted=restarted,
            read_share=read_share,
            readings=self._readings_until(position_ns),
            counts=self._counts_until(position_ns),
            engines=self._engines if position_ns >= self.end_ns else None,
            has_lag_detail=self._file.has_lag_detail,
            recording=self.state,
        )

    def restart(self) -> None:
        """Continues from the beginning."""
        self.seek(0)

    def stop(self) -> None:
        """Moves to the end."""
        self.seek(self.end_ns)

    left, silence = True, ""
    """Nothing is in flight in a recording, and no host has to answer."""

    def leave(self) -> None:
        """Does nothing."""

    def close(self) -> None:
        self._file.close()

    @property
    def provenance(self) -> str:
        """Date, hardware, command and note of the recording, in a line."""
        machine, when = "", ""
        served: list[str] = []
        devices: dict[str, str] = {}
        for _, event in self._events:
            match event:
                case SessionBegan():
                    machine = f"{event.machine.cpu}, {event.machine.cores} cores"
                    when = time.strftime("%Y-%m-%d", time.gmtime(event.started_at_s))
                case ModelRead():
                    devices = event.available
                case Compiled():
                    served += event.execution_devices
                case DeviceChanged():
                    served += event.after
                case _:
                    pass
        parts = [f"recorded {when} on {machine}"]
        accelerators = [name for name in devices if not name.startswith("CPU")]
        parts += [
            f"{name} {devices[name]}" for name in accelerators if any(matches_device(name, device) for device in served)
        ]
        if self.meta.get("command"):
            parts.append(self.meta["command"])
        if self.meta.get("note"):
            parts.append(self.meta["note"])
        return " · ".join(parts)

    # The playhead

    @property
    def position_ns(self) -> int:
        passed_ns = 0 if self.paused else int((self._now_ns() - self._anchor_clock_ns) * self.speed)
        return min(self._anchor_ns + passed_ns, self.end_ns)

    @property
    def shown_ns(self) -> int:
        """The session time that the last update reached: behind the playhead while the file is read on to it."""
        return self._shown_ns

    @property
    def reading(self) -> bool:
        """True while the file is read on to a playhead that is far ahead."""
        return self._reading_from is not None

    def toggle(self) -> None:
        """Pauses, at what has been read, or continues; at the end, plays again from the beginning."""
        if self.reading:
            self.paused = True
            self.seek(self._shown_ns)
            return
        if self.position_ns >= self.end_ns:
            self.paused = False
            self.seek(0)
            return
        self._move_anchor()
        self.paused = not self.paused

    def change_speed(self, steps: int = 1) -> None:
        """Moves by `steps` along SPEEDS; negative is slower."""
        self._move_anchor()
        at = min(range(len(SPEEDS)), key=lambda i: abs(SPEEDS[i] - self.speed))
        self.speed = SPEEDS[min(max(at + steps, 0), len(SPEEDS) - 1)]

    def step(self, steps: int = 1) -> None:
        """Pauses, and moves by `steps` times STEP_NS."""
        self.paused = True
        self.seek(self._shown_ns + steps * STEP_NS)

    def seek(self, t_ns: int) -> None:
        """Moves the playhead. A move back reads the file again from its beginning: the next update has `restarted` set
        and contains everything up to the new position."""
        t_ns = min(max(t_ns, 0), self.end_ns)
        if t_ns < self._shown_ns:
            self._rewind()
            self._restarted = True
        self._anchor_ns, self._anchor_clock_ns = t_ns, self._now_ns()

    def find_next(self, target: JumpTarget) -> int | None:
        """Session time of the next target after the shown position; None where there is none."""
        after_ns = self._shown_ns
        before, jumped_ns = self._last_jump
        if before == target and jumped_ns - JUMP_LEAD_NS <= after_ns < jumped_ns:
            after_ns = jumped_ns  # the last jump led to that target already
        found = [event.t_ns for _, event in self._events if event.t_ns > after_ns and is_target(target, event)][:1]
        if target in TARGET_FLAGS:
            row = self._file.progress_at(self._shown_ns).rows
            flagged = self._file.first_flag_after(row, after_ns, int(TARGET_FLAGS[target]))
            found += [] if flagged is None else [flagged]
        return min(found, default=None)

    def jump(self, target: JumpTarget) -> bool:
        """Moves to JUMP_LEAD_NS before the next target; False where there is none."""
        t_ns = self.find_next(target)
        if t_ns is None:
            return False
        self.seek(max(t_ns - JUMP_LEAD_NS, self._shown_ns))
        self._last_jump = target, t_ns
        return True

    def _move_anchor(self) -> None:
        self._anchor_ns, self._anchor_clock_ns = self.position_ns, self._now_ns()

    def _records_until(self, until_ns: int) -> tuple[Records, bool]:
        """The records completed by `until_ns`, and whether more of them remain than a poll has time to read."""
        parts: list[Records] = []
        count_read = 0
        stop_s = time.monotonic() + POLL_BUDGET_S
        while True:
            if not len(self._read_ahead):
                wanted = min(CHUNK_ROWS, self._end_row - self._next_row)
                if wanted <= 0:
                    break
                try:
                    self._read_ahead, self._next_row = self._file.records(self._next_row, wanted)
                except SessionFileError as error:
                    done_ns = (int(part["done_ns"].max()) for part in parts if len(part))
                    self._end_at_damage(error, self._next_row, max([self._shown_ns, 1, *done_ns]))
                    break
                if not len(self._read_ahead):
                    break
                if self._next_row > self._looked_row:
                    latest_ns = int(self._read_ahead["done_ns"].max())
                    self._looked_row, self._looked_ns = self._next_row, max(self._looked_ns, latest_ns)
            # Rows are in the order of arrival, which is nearly that of completion.
            count = int(np.searchsorted(np.maximum.accumulate(self._read_ahead["done_ns"]), until_ns, side="right"))
            parts.append(self._read_ahead[:count])
            self._read_ahead = self._read_ahead[count:]
            if len(self._read_ahead):
                break
            count_read += count
            if count_read >= MOST_ROWS or time.monotonic() > stop_s:
                return join_records(parts), self._next_row < self._end_row
        return join_records(parts), False

    def _read_share(self, until_ns: int) -> float:
        """How far the reading has come on the way from where it fell behind."""
        if self._reading_from is None:
            self._reading_from = self._file.progress_at(self._shown_ns).rows
        read = self._next_row - len(self._read_ahead) - self._reading_from
        return min(max(read / max(self._file.progress_at(until_ns).rows - self._reading_from, 1), 0.0), 1.0)

    def _readings_until(self, t_ns: int) -> list[MachineReading]:
        if t_ns <= self._readings_ns:
            return []
        after_ns, self._readings_ns = self._readings_ns, t_ns
        return list(self._file.readings(after_ns, t_ns))

    def _counts_until(self, t_ns: int) -> list[LossCounts]:
        if t_ns <= self._counts_ns:
            return []
        after_ns, self._counts_ns = self._counts_ns, t_ns
        found = self._file.counts(after_ns, t_ns)
        return [counts._replace(lost=counts.lost + self._dropped) for counts in found]

    def _end_at_damage(self, error: SessionFileError, row: int, end_ns: int) -> None:
        """Ends the recording before the damaged part, which begins at `row`; `end_ns`: the last completion before."""
        told = told_of(error)
        self._broken = f"the requests from number {row:,} on cannot be read ({told})"
        self._end_row = row
        self.end_ns = end_ns
        note = Note(t_ns=self.end_ns, severity="error", text=f"the recording ends here, for it is damaged: {told}")
        self._events = [*_up_to(self.end_ns, self._events), (0, note)]
        self._end = broken_off([event for _, event in self._events], end_ns, "the file is damaged")

    def _events_until(self, t_ns: int) -> list[Event]:
        first = self._next_event
        while self._next_event < len(self._events) and self._events[self._next_event][1].t_ns <= t_ns:
            self._next_event += 1
        return [event for _, event in self._events[first : self._next_event]]


def _up_to(end_ns: int, events: Iterable[tuple[int, Event]]) -> list[tuple[int, Event]]:
    """The events that happened by then, and the starts of all engines: the others refer to them."""
    found: list[tuple[int, Event]] = []
    for number, event in events:
        if event.t_ns <= end_ns:
            found.append((number, event))
        elif isinstance(event, EngineSpawned):
            found.append((number, msgspec.structs.replace(event, t_ns=end_ns)))
    return found
