"""Where several devices served in the segment in force, a line for each, the one that serves now first; where requests
have several data shapes, a line for each shape. Hidden where there is one of each, and where there is no room."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut_middle, first_that_fits, line_of, one_line
from ovtui.metrics import number_format
from ovtui.metrics.groups.in_force import ServedPart
from ovtui.metrics.queries.shapes import ShapeRow
from ovtui.metrics.snapshot import Snapshot

MAX_LINES = 3
_NAME_WIDTH = 10
_SHAPE_WIDTH = 28


class ServedLines(Panel):
    _parts: tuple[ServedPart, ...] = ()
    _in_turns = False

    _shapes: Sequence[ShapeRow] = ()
    _more_shapes = 0

    def show(self, snapshot: Snapshot, shapes: Sequence[ShapeRow] = (), *, room: bool) -> None:
        """`shapes`: of the segment in force."""
        parts = snapshot.served[:MAX_LINES] if room else ()
        shown = shapes[: MAX_LINES - len(parts)] if room and len(shapes) > 1 else ()
        if len(parts) + len(shown) != len(self._parts) + len(self._shapes):
            self.styles.height = len(parts) + len(shown)
        self._parts, self._in_turns = parts, snapshot.session_state.in_turns
        self._shapes, self._more_shapes = shown, len(shapes) - len(shown)
        self.display = bool(parts or shown)
        self.redraw()

    def draw(self, width: int) -> Content:
        lines = [_forms(part, in_turns=self._in_turns) for part in self._parts]
        name_width = min(max((cell_len(one_line(row.shape)) for row in self._shapes), default=0), _SHAPE_WIDTH)
        for at, row in enumerate(self._shapes, 1):
            more = self._more_shapes if at == len(self._shapes) else 0
            lines.append(_shape_forms(row, name_width, more))
        return Content("\n").join(
            line_of(first_that_fits(forms, width)).truncate(width, ellipsis=True) for forms in lines
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


def _shape_forms(row: ShapeRow, name_width: int, more: int) -> list[list[Piece]]:
    """The fullest form first. `more`: shapes that have no line."""
    figures = row.figures
    response, first = figures.latency["response"], figures.first_ms
    failed: list[Piece] = []
    if figures.errors:
        failed = [(f"   failed {number_format.count(figures.errors)}", "bold $error")]
    line: list[Piece] = [
        (f" {set_cell_size(cut_middle(one_line(row.shape), name_width), name_width)}", ""),
        (f"{number_format.count(figures.completed):>11}", ""),
        (" requests   response p50 ", "$dim"),
        (f"{number_format.milliseconds(response.p50):>7}", ""),
        (" p99 ", "$dim"),
        (f"{number_format.milliseconds(response.p99):>7}", ""),
        (" ms", "$dim"),
        *failed,
    ]
    prepared: list[Piece] = [("   first ", "$dim"), (f"{number_format.milliseconds(first):>7}", ""), (" ms", "$dim")]
    whole = [*line, *prepared] if first is not None else line
    if not more:
        return [whole, line]
    return [
        [*form, (f"   {text}", "$dim")] for form in (whole, line) for text in (f"and {more} more shapes", f"+{more}")
    ]
