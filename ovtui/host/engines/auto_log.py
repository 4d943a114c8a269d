"""Reads AUTO's log: the only source of the device that it chose, its compile times and the reason of a failed compile.

The lines come from C++ on the engine's stdout, '[07:11:18.7452]I[auto_schedule.cpp:163][AUTO] select device:GPU.0'.
The reason of a failed compile goes on over the lines that follow."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable

from ovtui.host.engines.log_budget import LogBudget
from ovtui.metrics.number_format import quantity
from ovtui.records.events import AcceleratorChanged, Event, LogLine
from ovtui.records.last_words import choose_words
from ovtui.records.openvino_reason import summary_of

_LINE = re.compile(r"\[\d\d:\d\d:\d\d\.\d+\]([A-Z])\[[^\]]*\]\[(AUTO|MULTI)\] ?(.*)")
_SELECTED = re.compile(r"select device:(\S+)")
_TOOK = re.compile(r"Device: \[(.+?)\]: ?Compile model took ([\d.]+) ?ms")
_FAILED = re.compile(r"Device: \[(.+?)\]: ?Compile model failure: ?(.*)")
_RELEASED = "helper released"
"""AUTO calls its stand-in the CPU helper."""
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
REASON_LINES = 50
"""Lines of one reason; later lines belong to something else."""
LAST_LINES = 20
LINE_CHARS = 4000
"""Longer lines are cut off, because a message has a size limit."""


class AutoLog:
    """The output of one engine: turns it into LogLine and AcceleratorChanged events. Owner: the host's loop."""

    def __init__(self, engine: int, now_ns: Callable[[], int]) -> None:
        self._engine = engine
        self._now_ns = now_ns
        self._rest = ""
        self._budget = LogBudget()
        self._failing: tuple[str, list[str]] | None = None
        self._last_lines: deque[str] = deque(maxlen=LAST_LINES)
        """That are not AUTO's log."""

    def feed(self, data: bytes) -> list[Event]:
        """The events of new output, which may begin and end anywhere in a line."""
        text = self._rest + data.decode(errors="replace")
        *lines, rest = text.split("\n")
        self._rest = rest[:LINE_CHARS]
        return [event for line in lines for event in self._line(_CONTROL.sub("", line).rstrip())]

    def flush(self) -> list[Event]:
        """The events of unfinished output: a line without its newline, a failure whose reason may go on, a gap. To be
        called once no output has come for a while."""
        lines, self._rest = [self._rest] if self._rest else [], ""
        events = [event for line in lines for event in self._line(_CONTROL.sub("", line).rstrip())]
        return [*events, *self._end_of_failure(), *self._left_out_line()]

    @property
    def last_words(self) -> str:
        """Of an engine that died: its last line that reads like an error, or its last one."""
        return choose_words(tuple(self._last_lines))

    @property
    def has_pending(self) -> bool:
        """True while `flush` has to be called once it is quiet."""
        return self._failing is not None or self._budget.left_out > 0

    def _line(self, line: str) -> list[Event]:
        line = line[:LINE_CHARS]
        found = _LINE.match(line)
        if found is None:
            if not line:
                return []
            self._last_lines.append(line)
            if self._failing is not None and len(self._failing[1]) < REASON_LINES:
                self._failing[1].append(line)
            return self._log_line(line)
        events = self._end_of_failure()
        text = found[3]
        events += self._log_line(f"{found[2]} {text}")
        if selected := _SELECTED.match(text):
            events += self._unless_cpu(selected[1], "compiling")
        elif took := _TOOK.match(text):
            events += self._unless_cpu(took[1], "compiled", float(took[2]))
        elif failed := _FAILED.match(text):
            self._failing = failed[1], [failed[2]]
        elif text.startswith(_RELEASED):
            events += self._accelerator_event("CPU", "released")
        return events

    def _log_line(self, text: str) -> list[Event]:
        t_ns = self._now_ns()
        if not self._budget.admits(text, t_ns):
            return []
        return [*self._left_out_line(), LogLine(t_ns=t_ns, engine=self._engine, text=text)]

    def _left_out_line(self) -> list[Event]:
        count = self._budget.take_left_out()
        if not count:
            return []
        text = f"{quantity(count, 'line')} left out here: the engine prints too much"
        return [LogLine(t_ns=self._now_ns(), engine=self._engine, text=text, left_out=count)]

    def _end_of_failure(self) -> list[Event]:
        if self._failing is None:
            return []
        (device, lines), self._failing = self._failing, None
        reason = summary_of("\n".join(lines)) or "no reason given"
        return self._unless_cpu(device, "failed", reason=reason)

    def _unless_cpu(self, device: str, state: str, compile_ms: float | None = None, reason: str = "") -> list[Event]:
        if device == "CPU":  # the stand-in, or the fallback: DeviceChanged reports those
            return []
        return self._accelerator_event(device, state, compile_ms, reason)

    def _accelerator_event(
        self, device: str, state: str, compile_ms: float | None = None, reason: str = ""
    ) -> list[Event]:
        return [
            AcceleratorChanged(
                t_ns=self._now_ns(),
                engine=self._engine,
                device=device,
                state=state,  # type: ignore[arg-type]
                compile_ms=compile_ms,
                reason=reason,
            )
        ]
