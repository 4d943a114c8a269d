"""Figures per device over the run, and per phase around the newest change of device."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, first_that_fits, line_of, one_line
from ovtui.metrics import number_format
from ovtui.metrics.digest import Digest
from ovtui.metrics.handover.handover_phases import HandoverPhase, HandoverPhases
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.records.device_codes import name_of

MAX_DEVICES = 4
PHASE_ROWS = 4
_LABEL_WIDTH = 13
_RATED_FROM = 110
"""Columns of the screen from which throughput has a column, which phases of a handover share with devices."""
_ERRORS_WIDTH = 16
_HEAD_WIDTH = 10
"""Cells of a column from which its head is written out."""
_COLUMNS: tuple[tuple[LatencyKind, str], ...] = (
    ("inference", "p50"),
    ("inference", "p99"),
    ("response", "p50"),
    ("response", "p99"),
    ("response", "max"),
)
_SHORT = {"inference": "inf", "response": "resp"}


class PhaseTable(Panel):
    _lines: list[list[list[Piece]]]
    """Each line in its forms, the fullest first."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = []
        self._digest: Digest | None = None
        self._low = False

    def show(self, digest: Digest, *, low: bool = False) -> None:
        """`low`: there is room for one line of heads only."""
        self._digest, self._low = digest, low
        self.styles.height = table_height(digest, low=low)
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._digest is None:
            return Content()
        rated = width >= _RATED_FROM
        failing = any(group.errors for group in self._digest.devices.values())
        room = width - _LABEL_WIDTH - 1 - (_ERRORS_WIDTH if failing and rated else 0)
        column = min(room // (len(_COLUMNS) + 2 + rated), 15)
        heads = _low_heading(column) if self._low else _headings(column, rated=rated)
        lines = [*heads, *_device_lines(self._digest, column, rated=rated)]
        for phases in self._digest.phases()[-1:]:
            lines.append(first_that_fits(_handover_forms(phases), width))
            sides = (("before", phases.before), ("during", phases.during), ("after", phases.after))
            lines += [_phase_line(name, phase, column, rated=rated) for name, phase in sides]
        return Content("\n").join(line_of(line).truncate(width, ellipsis=True) for line in lines)


def table_height(digest: Digest, *, low: bool = False) -> int:
    """Lines that the table needs now. `low`: with one line of heads, not two."""
    return (1 if low else 2) + min(max(len(digest.devices), 1), MAX_DEVICES) + (PHASE_ROWS if digest.phases() else 0)


def _low_heading(column: int) -> list[list[Piece]]:
    """On one line, the unit at its end, where it stands for all columns of latency."""
    names = ["requests", "share", *(f"{_SHORT[kind]} {name}" for kind, name in _COLUMNS)]
    cells = "".join(f"{name:>{column}}" for name in names)
    return [[(f" {'BY DEVICE':<{_LABEL_WIDTH}}", "bold"), (f"{cells} ms", "$dim")]]


def _headings(column: int, *, rated: bool) -> list[list[Piece]]:
    """Names over units. `rated`: with a column of throughput."""
    rate = [("throughput", "/s")] if rated else []
    kinds = [(kind if column >= _HEAD_WIDTH else _SHORT[kind], f"{name} ms") for kind, name in _COLUMNS]
    heads = [("requests", ""), ("share", ""), *rate, *kinds]
    first, second = ("".join(f"{text:>{column}}" for text in texts) for texts in zip(*heads, strict=True))
    return [
        [(f" {'BY DEVICE':<{_LABEL_WIDTH}}", "bold"), (first, "$dim")],
        [(f" {'':<{_LABEL_WIDTH}}{second}", "$dim")],
    ]


def _device_lines(digest: Digest, column: int, *, rated: bool) -> list[list[Piece]]:
    """The devices with the most requests, in the order of their codes."""
    devices = digest.devices
    most = sorted(devices, key=lambda code: -devices[code].completed)[:MAX_DEVICES]
    lines = []
    for code in sorted(most):
        group = devices[code]
        share = number_format.percent(group.completed, digest.run.completed)
        rate = f"{number_format.rate(group.throughput):>{column}}" if rated else ""
        figures = f"{group.completed:>{column},}{share:>{column}}{rate}{_latency_cells(group.latency, column)}"
        lines.append([(f" {name_of(code):<{_LABEL_WIDTH}}", ""), (figures, ""), *_errors(group.errors)])
    return lines or [[(" no request completed yet", "$dim")]]


def _handover_forms(phases: HandoverPhases) -> list[list[Piece]]:
    change = phases.change
    before, after = (one_line(", ".join(devices)) for devices in (change.before, change.after))
    head: list[Piece] = [
        (" HANDOVER ", "bold"),
        (f" {before} → {after} at {number_format.elapsed(change.t_ns / 1e9)}", ""),
    ]
    if phases.worst_ms is None:
        return [[*head, ("   no request completed since", "$dim")], head]
    worst: list[Piece] = [
        ("   worst ", "$dim"),
        (number_format.milliseconds(phases.worst_ms), "bold"),
        (" ms", "$dim"),
    ]
    glitch: list[Piece] = [(f"  glitch {number_format.milliseconds(phases.glitch_ms)} ms", "$dim")]
    if phases.settled_ns is None:
        settled = "  not settled yet"
    else:
        settled = f"  settled after {number_format.seconds((phases.settled_ns - change.t_ns) / 1e9)}"
    return [[*head, *worst, *glitch, (settled, "$dim")], [*head, *worst, (settled, "$dim")], [*head, *worst], head]


def _phase_line(name: str, phase: HandoverPhase, column: int, *, rated: bool) -> list[Piece]:
    """`rated`: there is a column of throughput, whose head has the unit."""
    rate = number_format.rate(phase.throughput)
    # Without a column of its own it is left out: under the head of the shares it would read as one.
    rate = f"{'':>{column}}{rate:>{column}}" if rated else f"{'':>{column}}"
    figures = f"{phase.requests:>{column},}{rate}{_latency_cells(phase.latency, column)}"
    return [(f" {name:<{_LABEL_WIDTH}}", "$dim"), (figures, ""), *_errors(phase.errors)]


def _errors(count: int) -> list[Piece]:
    return [(f"  {count:,} errors", "$error")] if count else []


def _latency_cells(latency: dict[LatencyKind, Latency], column: int) -> str:
    return "".join(f"{number_format.milliseconds(getattr(latency[kind], name)):>{column}}" for kind, name in _COLUMNS)
