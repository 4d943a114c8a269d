"""The strip under the latency plot, on its time axis: how busy the CPU and the accelerator were, so that at a handover
the one is seen to fall as the other rises, and when the machine was throttled or shared."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.dashboard.drawing.cells import CellGrid, ChartInk
from ovtui.dashboard.drawing.inked_widget import InkedWidget
from ovtui.dashboard.overview.strip_picture import StripFrame, StripLayout, StripRow, draw_strip
from ovtui.metrics.digest import Digest
from ovtui.metrics.handover.device_state import accelerator_kinds
from ovtui.metrics.session.disturbances import Disturbance, DisturbanceKind
from ovtui.records.machine_readings import MachineReading
from ovtui.settings.device_names import kind_of

MOST_DEVICES = 3
_BUSY = {"CPU": "cpu_percent", "GPU": "gpu_percent", "NPU": "npu_percent"}
"""The reading of each kind of device."""
_INKS = {"CPU": ChartInk.CPU, "GPU": ChartInk.ACCELERATOR, "NPU": ChartInk.SEVERAL}
_TOLD_AFTER_NS = 4_000_000_000
"""How long a device has served before it is said that its driver does not tell how busy it is."""
_ROW_KEPT_NS = 900_000_000_000
"""How long a row for throttling or for other processes stays after the last of it: as far back as the plot goes."""
_SPAN_KINDS: tuple[DisturbanceKind, ...] = ("throttle", "other-load")


class MachineStrip(InkedWidget):
    DEFAULT_CSS = """
    MachineStrip {
        height: 2;
    }
    """
    labels_left = True
    """As the latency plot has them; else to the right, as the sparkline has them."""
    tall = 1
    """Rows of each device."""
    _frame: StripFrame | None = None

    @property
    def _layout(self) -> StripLayout:
        return StripLayout(self.content_size.width, self.content_size.height, self.labels_left)

    @property
    def column_count(self) -> int:
        """The number of columns that fit: as many as the plot or the sparkline of the same width has."""
        return self._layout.data_columns

    @property
    def end_ns(self) -> int:
        """Of the columns that are drawn, on the session's clock."""
        return self._frame.end_ns if self._frame is not None else 0

    @property
    def span_ns(self) -> int:
        """The length of time over the columns that are drawn."""
        return self._frame.end_ns - self._frame.begin_ns if self._frame is not None else 0

    def show(self, digest: Digest, begin_ns: int, end_ns: int, now_ns: int) -> None:
        """Draws the columns from `begin_ns` to `end_ns`, on the session's clock."""
        spans = digest.session_state.disturbances.spans
        kinds = kinds_since(spans, min(begin_ns, now_ns - _ROW_KEPT_NS))
        names = ["CPU", *accelerator_kinds(digest.session_state)][:MOST_DEVICES]
        newest = digest.telemetry.now(now_ns)
        rows = [self._row(digest, name, begin_ns, end_ns, newest) for name in names]
        self._frame = StripFrame(rows, begin_ns, end_ns, now_ns, spans, kinds)
        if self._frame.height != self.size.height:
            self.styles.height = self._frame.height
        self._redraw()

    def _row(self, digest: Digest, kind: str, begin_ns: int, end_ns: int, newest: MachineReading | None) -> StripRow:
        name = _BUSY.get(kind, "")
        percent = digest.telemetry.history.columns(name, begin_ns, end_ns, self.column_count)
        now = getattr(newest, name) if newest is not None and name else None
        ever_known = digest.telemetry.by_name.get(name) is not None
        note = "" if ever_known else unknown_text(digest, kind)
        return StripRow(
            kind, percent, now, _INKS.get(kind, ChartInk.SEVERAL), note, self.tall if ever_known else 1
        )  # fmt: skip

    def _picture(self) -> CellGrid:
        layout = self._layout
        if self._frame is None:
            return CellGrid(layout.width, layout.height)
        return draw_strip(self._frame, layout, self._glyphs)


def kinds_since(spans: Sequence[Disturbance], since_ns: int) -> list[DisturbanceKind]:
    """Of the disturbances that were not over before `since_ns`."""
    recent = {span.kind for span in spans if span.until_ns is None or span.until_ns >= since_ns}
    return [kind for kind in _SPAN_KINDS if kind in recent]


def unknown_text(digest: Digest, kind: str) -> str:
    """Why it is not known how busy a device is; empty as long as it may become known."""
    newest = digest.telemetry.newest
    served_ns = _serving_since(digest, kind)
    if newest is None or served_ns is None or newest.t_ns - served_ns < _TOLD_AFTER_NS:
        return ""
    return f"{kind} busy: not told by its driver" if kind != "CPU" else "CPU: not told by the system"


def _serving_since(digest: Digest, kind: str) -> int | None:
    """When an engine first served on a device of this kind."""
    found: list[int] = []
    for engine in digest.session_state.engines.values():
        found += [change.t_ns for change in engine.device_changes if _is_one(change.after, kind)]
        if not engine.device_changes and engine.first is not None and _is_one(engine.devices, kind):
            found.append(engine.first.t_ns)
    return min(found, default=None)


def _is_one(devices: list[str], kind: str) -> bool:
    return any(kind_of(name.strip("()")) == kind for name in devices)
