"""Where several devices served in the segment in force, a line for each, the one that serves now first. Hidden where
one device served it all, and where there is no room."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, first_that_fits, line_of
from ovtui.metrics import number_format
from ovtui.metrics.groups.in_force import ServedPart
from ovtui.metrics.snapshot import Snapshot

MAX_LINES = 3
_NAME_WIDTH = 10


class ServedLines(Panel):
    _parts: tuple[ServedPart, ...] = ()
    _in_turns = False

    def show(self, snapshot: Snapshot, *, room: bool) -> None:
        parts = snapshot.served[:MAX_LINES] if room else ()
        if len(parts) != len(self._parts):
            self.styles.height = len(parts)
        self._parts, self._in_turns = parts, snapshot.session_state.in_turns
        self.display = bool(parts)
        self.redraw()

    def draw(self, width: int) -> Content:
        return Content("\n").join(
            line_of(first_that_fits(_forms(part, in_turns=self._in_turns), width)).truncate(width, ellipsis=True)
            for part in self._parts
        )


def _forms(part: ServedPart, *, in_turns: bool) -> list[list[Piece]]:
    """The fullest form first. `in_turns`: a trial runs, and all of this was before it."""
    style = "" if part.serves_now else "$dim"
    response, shares = part.latency["response"], part.batches
    line: list[Piece] = [
        (f" {part.device:<{_NAME_WIDTH}}", "bold" if part.serves_now else "$dim"),
        (f"{'now' if part.serves_now and not in_turns else 'before':<6}", "$dim"),
        (f"{part.requests:>11,}", style),
        (" requests", "$dim"),
        (f"{number_format.rate(part.throughput):>10}", style),
        (" /s   response p50 ", "$dim"),
        (f"{number_format.milliseconds(response.p50):>7}", style),
        (" p99 ", "$dim"),
        (f"{number_format.milliseconds(response.p99):>7}", style),
        (" ms", "$dim"),
    ]
    if not shares.batched + shares.timed_out:
        return [line]
    full: list[Piece] = [("   full ", "$dim"), (number_format.percent(shares.full, shares.known), style)]
    timer: list[Piece] = [("   timer ", "$dim"), (number_format.percent(shares.timed_out, shares.known), style)]
    return [[*line, *full, *timer], [*line, *full], line]
