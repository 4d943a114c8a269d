"""The runs around the lanes' cursor as a list, newest first: size, why each began, its first member's wait, which
device served it, when. It stands beside the lanes of a wide screen, and its cursor is theirs."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.batches.lanes_window import TimeSlice
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, line_of
from ovtui.metrics import number_format
from ovtui.metrics.batching.batch_runs import Batch, RunReason
from ovtui.records.device_codes import name_of
from ovtui.records.record import Records

_HEAD_LINES = 2
_COLUMNS = (("done at", 12), ("batch", 11), ("of", 5), ("why", 9), ("first waited ms", 17), ("ran ms", 10), ("on", 9))
_LEFT_ALIGNED = ("why", "on")
_WORDS: dict[RunReason, tuple[str, str]] = {
    RunReason.FULL: ("full", ""),
    RunReason.HELD: ("held", "$error"),
    RunReason.TIMER: ("timer", "$warning"),
    RunReason.ALONE: ("alone", "$dim"),
    RunReason.FAILED: ("failed", "$error"),
    RunReason.UNKNOWN: ("unknown", "$dim"),
}


class BatchList(Panel):
    _slice: TimeSlice | None = None
    _picked: int | None = None

    def show(self, visible: TimeSlice | None, picked: int | None) -> None:
        """`picked`: the index of the run under the lanes' cursor."""
        self._slice, self._picked = visible, picked
        self.redraw()

    def draw(self, width: int) -> Content:
        head = "".join(_cell(name, name, wide) for name, wide in _COLUMNS)
        batched = self._slice is not None and bool(self._slice.batches.id.any())
        title = " LAST BATCHES" if batched else " LAST REQUESTS"
        lines = [line_of([(title, "bold"), ("  newest first", "$dim")]), Content.styled(head, "$dim")]
        if self._slice is None or not len(self._slice.batches):
            return Content("\n").join([lines[0], Content.styled(" no request has completed yet", "$dim")])
        runs, records = self._slice.batches, self._slice.records
        for index in rows_around(len(runs), self._picked, max(self.size.height - _HEAD_LINES, 0)):
            line = line_of(_row(runs.batch(index, records), records))
            if index == self._picked:
                line = line.pad_right(max(width - line.cell_length, 0)).stylize("on $panel bold")
            lines.append(line)
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines[: max(self.size.height, 1)])


def rows_around(count: int, picked: int | None, room: int) -> range:
    """Indices of the runs that `room` rows show, the newest first: the newest ones, or those around the picked one."""
    newest = count - 1
    if picked is not None:
        newest = min(max(picked + room // 2, min(room, count) - 1), count - 1)
    return range(newest, max(newest - room, -1), -1)


def _row(run: Batch, records: Records) -> list[Piece]:
    word, style = _WORDS[run.reason]
    number = f"{'~' * run.inferred}{run.id:,}" if run.id else number_format.UNKNOWN
    ran = number_format.milliseconds(run.run_ms)
    device = name_of(int(records["device"][run.members[0]]))
    texts = (
        number_format.session_time(run.done_ns), number, f"{run.size or number_format.UNKNOWN}", word,
        f"{run.certainty.sign}{number_format.milliseconds(run.first_wait_ms)}", ran, device,
    )  # fmt: skip
    return [
        (_cell(name, text, wide), style if name == "why" else "")
        for (name, wide), text in zip(_COLUMNS, texts, strict=True)
    ]


def _cell(name: str, text: str, width: int) -> str:
    return f"  {text:<{width - 2}}" if name in _LEFT_ALIGNED else f"{text:>{width}}"
