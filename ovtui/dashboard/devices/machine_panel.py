"""The machine beside the model, as a table: a row for each device and each process of the session, with its last
minute; then memory, the CPU quota and power in words."""

from __future__ import annotations

import numpy as np
from textual.content import Content

from ovtui.dashboard.devices.machine_rows import MachineRow, cores_of, machine_lines, machine_rows
from ovtui.dashboard.drawing.glyphs import GLYPHS
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut, line_of
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.metrics import number_format
from ovtui.metrics.digest import Digest
from ovtui.records.arrays import Floats

_NAME, _BUSY, _CORES, _MHZ, _DEGREES, _MEMORY, _THROTTLED, _WATTS = 8, 7, 10, 7, 5, 10, 11, 7
_FIXED = _NAME + _BUSY + _CORES + _MHZ + _DEGREES + _MEMORY + _THROTTLED + _WATTS + 4
_MOST_BARS = 60
_MINUTE_NS = 60_000_000_000


class MachinePanel(Panel):
    """A panel with less room than it needs leaves out its last lines and says so."""

    _digest: Digest | None = None
    _now_ns = 0
    _measured_only = True

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[object, ...] = ()
        """What the table was drawn for."""
        self.lines_needed = 1
        """Of the whole table."""

    def show(self, digest: Digest, now_ns: int, *, read_only: bool = False) -> None:
        """Readings come once a second, and so does the table."""
        self._measured_only = read_only or digest.session_state.phase != "serving"
        shown = (now_ns // 1_000_000_000, digest.telemetry.newest, digest.session_state.disturbances.newest)
        self._digest, self._now_ns = digest, now_ns
        if shown != self._shown:
            self._shown = shown
            self.redraw()

    @property
    def _idle_key(self) -> str:
        """Nothing can be measured in a recording, and after the end."""
        return "" if self._measured_only else keys_of(self).first("measure-idle")

    def draw(self, width: int) -> Content:
        if self._digest is None:
            return Content()
        bars = min(max(width - _FIXED, 0), _MOST_BARS)
        rows = machine_rows(self._digest, self._now_ns)
        lines = [
            *(self._row_line(row, bars) for row in rows),
            *(_text_line(*line, width) for line in machine_lines(self._digest, self._now_ns, self._idle_key)),
        ]
        self.lines_needed = len(lines) + 1
        room = max(self.size.height, 1) - 1
        left_out = len(lines) - room if len(lines) > room else 0
        lines = [self._heading(bars, left_out, width), *lines[:room]]
        return Content("\n").join(line_of(line).truncate(width, ellipsis=True) for line in lines)

    def _heading(self, bars: int, left_out: int, width: int) -> list[Piece]:
        session = self._digest.session_state.session if self._digest is not None else None
        cores = f"cores/{cores_of(session.machine)}" if session is not None else "cores"
        names = (
            f"{'busy %':>{_BUSY}}{cores:>{_CORES}}  {'last minute' if bars >= 11 else '':<{bars}}{'MHz':>{_MHZ}}"
            f"{'°C':>{_DEGREES}}{'memory':>{_MEMORY}}  {'throttled':<{_THROTTLED - 2}}{'W':>{_WATTS}}"
        )
        pieces: list[Piece] = [(f" {'MACHINE':<{_NAME}}", "bold"), (names, "$dim")]
        hint = f"   {keys_of(self).first('machine-whole')} {number_format.quantity(left_out, 'more line')}"
        if left_out and sum(len(text) for text, _ in pieces) + len(hint) <= width:
            pieces.append((hint, "$dim"))
        return pieces

    def _row_line(self, row: MachineRow, bars: int) -> list[Piece]:
        warn = "bold $warning" if row.slowed else ""
        return [
            (f" {row.name:<{_NAME}}", row.style or "$dim"),
            (_number(row.busy, _BUSY) + _number(row.cores, _CORES), ""),
            (f"  {self._bars(row, bars)}", row.style or "$dim"),
            (_number(row.mhz, _MHZ) + _number(row.temperature_c, _DEGREES) + _size(row.memory_bytes, _MEMORY), ""),
            (f"  {cut(row.throttled, _THROTTLED - 2):<{_THROTTLED - 2}}", warn),
            (_number(row.watts, _WATTS), ""),
        ]

    def _bars(self, row: MachineRow, bars: int) -> str:
        """The last minute, a bar of one cell for each part of it; blank where nothing is known."""
        assert self._digest is not None
        if not bars or not row.reading:
            return " " * bars
        # Whole seconds, as the readings are: else a bar would be the mean of two of them.
        end_ns = -(-self._now_ns // 1_000_000_000) * 1_000_000_000
        values = self._digest.telemetry.history.columns(row.reading, end_ns - _MINUTE_NS, end_ns, bars)
        return bars_text(values / max(row.most, 1e-9), GLYPHS[self._glyphs].levels)


def bars_text(shares: Floats, levels: str) -> str:
    """[n] shares of a full bar, 0 to 1, NaN where nothing is known, as n characters."""
    known = np.isfinite(shares)
    heights = np.clip((np.where(known, shares, 0.0).clip(0, 1) * len(levels)).astype(int), 0, len(levels) - 1)
    return "".join(levels[at] if here else " " for at, here in zip(heights.tolist(), known.tolist(), strict=True))


def _number(value: float | str | None, width: int) -> str:
    text = value if isinstance(value, str) else number_format.reading(value)
    return f"{text:>{width}}"


def _size(value: float | str | None, width: int) -> str:
    text = value if isinstance(value, str) else number_format.size(value)
    return f"{text:>{width}}"


def _text_line(name: str, text: str, warning: bool, width: int) -> list[Piece]:
    return [(f" {name:<{_NAME}} ", "$dim"), (cut(text, width - _NAME - 2), "$warning" if warning else "")]
