"""A recorded session as a Source: the same updates as when it ran, on a clock that can be stopped and moved."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import numpy as np

from ovtui.records.events import Compiled, DeviceChanged, Event, ModelRead, SessionBegan
from ovtui.records.layout import Flag, Records, empty, join
from ovtui.records.session_reader import CHUNK, SessionReader
from ovtui.records.source import Update
from ovtui.settings.schema import Settings

SPEEDS = (0.01, 0.03, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0)
STEP_NS = 100_000_000
PIECE_S = 0.12
"""Reading in one poll, half of the dashboard's tick: a jump over much is shown in pieces."""
LEAD_NS = 500_000_000
"""A jump lands this much before what it looks for, so that one sees it come."""
Target = Literal["handover", "timeout", "error"]
_EVENT_KINDS = {"handover": ("device", "accelerator"), "error": ("failed", "exited", "refused")}
_FLAGS = {"timeout": Flag.TIMED_OUT, "error": Flag.ERROR}


class Recording:
    """Owner: the view's thread."""

    replayed = True
    read_only = True

    def __init__(self, path: str, *, speed: float = 1.0, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """Raises SessionFileError."""
        self._file = SessionReader(path)
        self.path = path
        self.meta = self._file.meta
        self._now_ns = now_ns
        self.end_ns = self._file.end_ns
        self._end_row = self._file.end_row
        self._dropped = self._file.first_row
        self._events = list(self._file.events())
        self.speed = speed
        self.paused = False
        self._at_ns = 0
        """Position of the playhead at `_since_ns` of the outer clock."""
        self._since_ns = now_ns()
        self._restarted = False
        self._rewind()

    def _rewind(self) -> None:
        self._next_event = 0
        self._next_row = 0
        self._ahead = empty()
        self._submitted = 0
        self._shown_ns = 0

    # The Source

    def poll(self) -> Update:
        position_ns = self.position_ns
        records, behind = self._take(position_ns)
        if behind:
            position_ns = int(records["done_ns"].max())
        if len(records):
            self._submitted = max(self._submitted, int(records["seq"].max()) + 1)
        progress = self._file.progress_at(position_ns)
        restarted, self._restarted = self._restarted, False
        self._shown_ns = position_ns
        return Update(
            now_ns=position_ns,
            records=records,
            events=self._events_until(position_ns),
            submitted=max(self._submitted, progress.submitted),
            lost=progress.lost + self._dropped,
            shed=progress.shed,
            finished=position_ns >= self.end_ns and not behind,
            restarted=restarted,
        )

    def apply(self, settings: Settings) -> None:
        """What was measured cannot be changed."""

    def restart(self) -> None:
        """From the beginning."""
        self.seek(0)

    def stop(self) -> None:
        """To the end."""
        self.seek(self.end_ns)

    def close(self) -> None:
        self._file.close()

    @property
    def provenance(self) -> str:
        """On which hardware, when and with which command it was made, in a line."""
        cpu, served, when = "", "", ""
        devices: dict[str, str] = {}
        for _, event in self._events:
            match event:
                case SessionBegan():
                    cpu = event.machine.cpu
                    when = time.strftime("%Y-%m-%d", time.gmtime(event.started_at_s))
                case ModelRead():
                    devices = event.available
                case Compiled():
                    served = ",".join(event.execution_devices)
                case DeviceChanged():
                    served = ",".join(event.after)
                case _:
                    pass
        parts = [f"recorded {when} on {cpu}"]
        if served in devices and devices[served] != cpu:
            parts.append(f"{served} {devices[served]}")
        if self.meta.get("command"):
            parts.append(self.meta["command"])
        if self.meta.get("note"):
            parts.append(self.meta["note"])
        return " · ".join(parts)

    # The playhead

    @property
    def position_ns(self) -> int:
        passed_ns = 0 if self.paused else int((self._now_ns() - self._since_ns) * self.speed)
        return min(self._at_ns + passed_ns, self.end_ns)

    def toggle(self) -> None:
        """Pauses, or goes on; at the end, from the beginning."""
        if self.position_ns >= self.end_ns:
            self.paused = False
            self.seek(0)
            return
        self._hold()
        self.paused = not self.paused

    def faster(self, steps: int = 1) -> None:
        """Moves along SPEEDS; negative is slower."""
        self._hold()
        at = min(range(len(SPEEDS)), key=lambda i: abs(SPEEDS[i] - self.speed))
        self.speed = SPEEDS[min(max(at + steps, 0), len(SPEEDS) - 1)]

    def step(self, steps: int = 1) -> None:
        """Pauses, and moves by STEP_NS each."""
        self.paused = True
        self.seek(self._shown_ns + steps * STEP_NS)

    def seek(self, t_ns: int) -> None:
        """Moves the playhead. Back means from the beginning again: the next update says so, and brings everything up
        to there."""
        t_ns = min(max(t_ns, 0), self.end_ns)
        if t_ns < self._shown_ns:
            self._rewind()
            self._restarted = True
        self._at_ns, self._since_ns = t_ns, self._now_ns()

    def next_of(self, target: Target) -> int | None:
        """The session time of the next one after what is shown; None where there is none."""
        after_ns = self._shown_ns + LEAD_NS
        found = []
        if target in _EVENT_KINDS:
            found.append(self._file.first_event_after(after_ns, _EVENT_KINDS[target]))
        if target in _FLAGS:
            row = self._file.progress_at(self._shown_ns).rows
            found.append(self._file.first_flag_after(row, after_ns, int(_FLAGS[target])))
        return min((t_ns for t_ns in found if t_ns is not None), default=None)

    def jump(self, target: Target) -> bool:
        """To LEAD_NS before the next one; False where there is none."""
        t_ns = self.next_of(target)
        if t_ns is None:
            return False
        self.seek(max(t_ns - LEAD_NS, self._shown_ns))
        return True

    def _hold(self) -> None:
        self._at_ns, self._since_ns = self.position_ns, self._now_ns()

    def _take(self, until_ns: int) -> tuple[Records, bool]:
        """The records that had come back by then, and whether there are more of them than one poll may read."""
        parts: list[Records] = []
        stop_s = time.monotonic() + PIECE_S
        while True:
            if not len(self._ahead):
                wanted = min(CHUNK, self._end_row - self._next_row)
                if wanted <= 0:
                    break
                self._ahead, self._next_row = self._file.records(self._next_row, wanted)
                if not len(self._ahead):
                    break
            # In the order of arrival, which is nearly that of completion.
            count = int(np.searchsorted(np.maximum.accumulate(self._ahead["done_ns"]), until_ns, side="right"))
            parts.append(self._ahead[:count])
            self._ahead = self._ahead[count:]
            if len(self._ahead):
                break
            if time.monotonic() > stop_s:
                return join(parts), True
        return join(parts), False

    def _events_until(self, t_ns: int) -> list[Event]:
        first = self._next_event
        while self._next_event < len(self._events) and self._events[self._next_event][1].t_ns <= t_ns:
            self._next_event += 1
        return [event for _, event in self._events[first : self._next_event]]
