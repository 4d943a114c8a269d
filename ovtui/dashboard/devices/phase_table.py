"""Figures per device over the run, and per phase around the newest change of device."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut, first_that_fits, line_of, one_line
from ovtui.metrics import number_format
from ovtui.metrics.digest import Digest
from ovtui.metrics.handover.handover_phases import HandoverPhase, HandoverPhases
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.records.device_codes import name_of

MAX_DEVICES = 4
PHASE_ROWS = 4
_LABEL_WIDTH = 13
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

    def show(self, digest: Digest) -> None:
        self._digest = digest
        self.styles.height = table_height(digest)
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._digest is None:
            return Content()
        column = min((width - _LABEL_WIDTH - 1) // (len(_COLUMNS) + 2), 13)
        lines = [_heading(column), *_device_lines(self._digest, column)]
        for phases in self._digest.phases()[-1:]:
            lines.append(first_that_fits(_handover_forms(phases), width))
            sides = (("before", phases.before), ("during", phases.during), ("after", phases.after))
            lines += [_phase_line(name, phase, column) for name, phase in sides]
        return Content("\n").join(line_of(line).truncate(width, ellipsis=True) for line in lines)


def table_height(digest: Digest) -> int:
    """Lines that the table needs now."""
    return 1 + min(max(len(digest.devices), 1), MAX_DEVICES) + (PHASE_ROWS if digest.phases() else 0)


def _heading(column: int) -> list[Piece]:
    names = ["requests", "share", *(f"{_SHORT[kind]} {name}" for kind, name in _COLUMNS)]
    return [(f" {'BY DEVICE':<{_LABEL_WIDTH}}", "bold"), ("".join(f"{name:>{column}}" for name in names), "$dim")]


def _device_lines(digest: Digest, column: int) -> list[list[Piece]]:
    """The devices with the most requests, in the order of their codes."""
    devices = digest.devices
    most = sorted(devices, key=lambda code: -devices[code].completed)[:MAX_DEVICES]
    lines = []
    for code in sorted(most):
        group = devices[code]
        share = number_format.percent(group.completed, digest.run.completed)
        figures = f"{group.completed:>{column},}{share:>{column}}{_latency_cells(group.latency, column)}"
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


def _phase_line(name: str, phase: HandoverPhase, column: int) -> list[Piece]:
    rate = f"{number_format.rate(phase.throughput)}/s" if phase.throughput is not None else number_format.UNKNOWN
    figures = f"{phase.requests:>{column},}{cut(rate, column - 1):>{column}}{_latency_cells(phase.latency, column)}"
    return [(f" {name:<{_LABEL_WIDTH}}", "$dim"), (figures, ""), *_errors(phase.errors)]


def _errors(count: int) -> list[Piece]:
    return [(f"  {count:,} errors", "$error")] if count else []


def _latency_cells(latency: dict[LatencyKind, Latency], column: int) -> str:
    return "".join(f"{number_format.milliseconds(getattr(latency[kind], name)):>{column}}" for kind, name in _COLUMNS)
