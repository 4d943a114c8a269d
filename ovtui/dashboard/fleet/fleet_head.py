"""The lines above the fleet's table: which run, what is asked of the boxes, how far they are, what they do together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut_middle, first_that_fits, one_line, spread, width_of
from ovtui.dashboard.fleet.fleet_box import FleetBox
from ovtui.metrics import number_format
from ovtui.records.fleet import BoxPhase
from ovtui.settings.schema.arrival import describe_load
from ovtui.settings.schema.settings import Settings

_ORDER: tuple[BoxPhase, ...] = (
    "running", "starting", "sending", "looking", "connecting", "ending", "fetching", "waiting", "done",
)  # fmt: skip
"""In which the phases are told."""


class FleetHead(Panel):
    _boxes: Sequence[FleetBox] = ()
    _settings: Settings | None = None
    _name = _state = ""
    _elapsed_s = 0.0

    def show(self, name: str, settings: Settings, boxes: Sequence[FleetBox], elapsed_s: float, state: str) -> None:
        """`name`: of the run; `state`: a word where it is not simply running, such as 'stopping'."""
        self._name, self._settings, self._boxes = one_line(name), settings, boxes
        self._elapsed_s, self._state = elapsed_s, state
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._settings is None:
            return Content()
        state: list[Piece] = [(f"  {self._state}", "bold")] if self._state else []
        right: list[Piece] = [(f"{number_format.elapsed(self._elapsed_s)}", "bold"), *state, (" ", "")]
        left = first_that_fits(_title_forms(self._name, self._settings), width - width_of(right) - 2)
        phases, totals = phase_pieces(self._boxes), total_forms(self._boxes)
        return Content("\n").join(
            [
                spread(left, right, width),
                spread([(" ", ""), *phases], first_that_fits(totals, width - width_of(phases) - 4), width),
            ]
        )


def _title_forms(name: str, settings: Settings) -> list[list[Piece]]:
    """From the longest to the shortest."""
    model = one_line(settings.model.rpartition("/")[2])
    device, hint = one_line(settings.device), "no hint" if settings.hint == "none" else settings.hint.upper()
    load = describe_load(settings).partition(" (each ")[0]
    return [
        [
            (" ovtui fleet ", "bold"),
            (f" {name}", "$dim"),
            (f"   {model}", "bold"),
            (f"   {device} · {hint} · {load}", ""),
        ],
        [(f" {name}", "$dim"), (f"  {model}", "bold"), (f"  {device} · {hint} · {load}", "")],
        [(f" {model}", "bold"), (f"  {device} · {hint} · {load}", "")],
        [(f" {cut_middle(model, 24)}", "bold"), (f"  {device} {hint} {load}", "")],
        [(f" {cut_middle(model, 16)}", "bold"), (f"  {device} {hint}", "")],
    ]


def phase_pieces(boxes: Sequence[FleetBox]) -> list[Piece]:
    """'12 boxes   8 running  2 done  1 failed  1 silent  1 differs'."""
    counted = Counter(box.state.phase for box in boxes if not box.failed)
    pieces: list[Piece] = [(number_format.quantity(len(boxes), "box", "boxes"), "bold"), (" ", "")]
    for phase in _ORDER:
        if counted[phase]:
            pieces.append((f"  {counted[phase]:,} {phase}", "$success" if phase == "done" else ""))
    failed, silent = sum(box.failed for box in boxes), sum(box.silent for box in boxes)
    odd = sum(box.odd is not None for box in boxes)
    pieces += [(f"  {failed:,} failed", "bold $error")] if failed else []
    pieces += [(f"  {silent:,} silent", "bold $warning")] if silent else []
    pieces += [(f"  {odd:,} {'differs' if odd == 1 else 'differ'}", "bold $warning")] if odd else []
    return pieces


def total_forms(boxes: Sequence[FleetBox]) -> list[list[Piece]]:
    """What all boxes do together, from the longest form to the shortest."""
    rates = [box.figures.throughput for box in boxes if box.figures.throughput is not None]
    rate = number_format.rate(sum(rates) if rates else None)
    completed = number_format.count(sum(box.figures.completed or 0 for box in boxes))
    errors = sum(box.figures.errors or 0 for box in boxes)
    failed: Piece = (f"   errors {number_format.count(errors)} ", "bold $error" if errors else "$dim")
    return [
        [("together ", "$dim"), (f"{rate} /s", "bold"), (f"   completed {completed}", "$dim"), failed],
        [(f"{rate} /s", "bold"), failed],
        [(f"{rate} /s ", "bold")],
    ]
