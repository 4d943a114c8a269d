"""How the segment in force ran in batches, on the screen of batches: shares, waits and what they cost."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.batches.batch_text import batch_forms
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, first_that_fits, line_of
from ovtui.metrics import number_format
from ovtui.metrics.snapshot import Snapshot


class BatchTotals(Panel):
    """Two lines."""

    _snapshot: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._snapshot is None:
            return Content()
        segment = self._snapshot.story.segment
        number = f"  segment {segment.segment}" if segment else ""
        rate: list[Piece] = [("  ", ""), (f"{number_format.rate(self._snapshot.throughput):>8}", ""), (" /s", "$dim")]
        forms = [[*form, *rate, (number, "$dim")] for form in batch_forms(self._snapshot, waits=False)]
        lines = [first_that_fits(forms, width), first_that_fits(_wait_forms(self._snapshot), width)]
        return Content("\n").join(line_of(line).truncate(width, ellipsis=True) for line in lines)


def _wait_forms(snapshot: Snapshot) -> list[list[Piece]]:
    shares = snapshot.batches
    if shares.cost_ms is None:
        return [[("", "")]]
    wait = shares.first_wait
    pieces: list[Piece] = []
    for name, value in (("first waited p50", wait.p50), ("p99", wait.p99), ("max", wait.max)):
        pieces += [(f" {name} ", "$dim"), (f"{number_format.milliseconds(value):>7}", "")]
    pieces.append((" ms", "$dim"))
    if not wait.count:
        pieces = [(" no batch was full", "$dim")]
    cost = number_format.milliseconds(shares.cost_ms)
    costs: list[Piece] = [("   costs ", "$dim"), (f"{shares.cost_certainty.sign}+{cost}", "bold"), (" ms", "$dim")]
    endings = (" a request on average", " a request", "")
    return [*([*pieces, *costs, (ending, "$dim")] for ending in endings), costs]
