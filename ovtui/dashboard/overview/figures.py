"""The panel of figures: throughput, counts of requests by outcome, and batching."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.batches.batch_totals import BEFORE_TRIAL, batch_forms
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, first_that_fits, line_of
from ovtui.metrics import number_format
from ovtui.metrics.session.failures import failed_text
from ovtui.metrics.snapshot import Snapshot


class FiguresPanel(Panel):
    """Four lines of 54 cells or, in a lower panel, one line of 80 cells."""

    _snapshot: Snapshot | None = None
    _batch_text = ""
    """Of the last drawing, the part on batching."""

    def tells(self, reason: str) -> bool:
        """True where the last drawing holds this reason whole."""
        return reason in self._batch_text

    def show(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._snapshot is None:
            return Content()
        if self.size.height < 4:
            line = _one_line(self._snapshot, width)
            self._batch_text = "".join(text for text, _ in line)
            return line_of(line)
        batch = first_that_fits(batch_forms(self._snapshot), width)
        self._batch_text = "".join(text for text, _ in batch)
        return _four_lines(self._snapshot, batch, width)


def _four_lines(snapshot: Snapshot, batch: list[Piece], width: int) -> Content:
    lines: list[list[Piece]] = [
        first_that_fits(_throughput_forms(snapshot), width),
        [
            (" completed ", "$dim"),
            (f"{number_format.count(snapshot.completed):>14}", ""),
            ("   in flight", "$dim"),
            (f"{number_format.count(snapshot.in_flight):>12}", ""),
        ],
        batch,
    ]
    failed = failed_text(snapshot.error_share)
    counts = [
        *([_failed_piece(failed, snapshot)] if failed else _counter_pieces(" errors", snapshot.errors, "$error")),
        *_counter_pieces(*_late_or_shed(snapshot, "   "), "$warning"),
        *_counter_pieces("   lost", snapshot.lost, "$warning"),
    ]
    # Where requests fail, no other figure means anything without that.
    lines.insert(0 if failed else 2, counts)
    return Content("\n").join(line_of(line).truncate(width, ellipsis=True) for line in lines)


def _throughput_forms(snapshot: Snapshot) -> list[list[Piece]]:
    """With items a second, where requests hold several; in little room close together, or in the place of the mean."""
    unit: Piece = (" /s", "$dim")
    (label, mean), rate = _mean(snapshot), number_format.rate(snapshot.throughput)
    now: list[Piece] = [(" throughput", "$dim"), (f"{rate:>11}", "bold"), unit]
    beside: list[Piece] = [(f"   {label:<9}", "$dim"), (f"{mean:>9}", ""), unit]
    items = _items_pieces(snapshot)
    if not items:
        return [[*now, *beside]]
    close: list[Piece] = [
        (" throughput ", "$dim"),
        (rate, "bold"),
        unit,
        *items,
        (f"  {label} ", "$dim"),
        (mean, ""),
        unit,
    ]
    return [[*now, *items, *beside], close, [*now, *items]]


def _items_pieces(snapshot: Snapshot) -> list[Piece]:
    """Empty where each request holds one item, and where that is not known."""
    if snapshot.items_per_request in (None, 1) or snapshot.items_per_s is None:
        return []
    compiled = snapshot.session_state.engine.compiled if snapshot.session_state.engine is not None else None
    about = "≈" if compiled is not None and compiled.items_deduced else "="
    return [(f" {about} ", "$dim"), (number_format.rate(snapshot.items_per_s), "bold"), (" items/s", "$dim")]


def _mean(snapshot: Snapshot) -> tuple[str, str]:
    """What it is of, and the text: over the whole run; of the device that serves now, where others served in the
    segment in force: a mean over a stand-in and an accelerator is the rate of neither."""
    label, value = "mean", snapshot.mean_throughput
    if snapshot.in_force_device and snapshot.session_state.in_turns:
        label, value = BEFORE_TRIAL, snapshot.segment_throughput
    elif snapshot.in_force_device:
        label, value = f"on {snapshot.in_force_device}", snapshot.segment_throughput
    return label, number_format.rate(value)


def _failed_piece(failed: str, snapshot: Snapshot) -> Piece:
    return f" {failed}: {number_format.count(snapshot.errors)}", "bold $error"


def _late_or_shed(snapshot: Snapshot, gap: str) -> tuple[str, int]:
    """The count of shed requests where there are any: nearly all other requests are late then."""
    return (f"{gap}shed", snapshot.shed) if snapshot.shed else (f"{gap}late", snapshot.late)


def _counter_pieces(label: str, value: int, style: str) -> list[Piece]:
    return [(label, "$dim"), (f"{number_format.count(value):>9}", f"bold {style}" if value else "")]


def _one_line(snapshot: Snapshot, width: int) -> list[Piece]:
    label, count = _late_or_shed(snapshot, "  ")
    failed = failed_text(snapshot.error_share)
    errors: list[Piece] = [("  err ", "$dim"), (number_format.count(snapshot.errors), "")]
    counts: list[Piece] = [
        *([_failed_piece(failed, snapshot)] if failed else []),
        (f"{number_format.rate(snapshot.throughput):>8}", "bold"),
        ("/s", "$dim"),
        *_items_pieces(snapshot),
        ("  done ", "$dim"),
        (f"{number_format.count(snapshot.completed):>9}", ""),
        *([] if failed else errors),
        (f"{label} ", "$dim"),
        (number_format.count(count), "$warning" if count else ""),
        ("  lost ", "$dim"),
        (number_format.count(snapshot.lost), "$warning" if snapshot.lost else ""),
    ]
    forms = [[*counts, (" ", ""), *batch] for batch in batch_forms(snapshot)]
    return first_that_fits([*forms, counts], width)
