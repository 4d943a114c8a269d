"""The line under the fleet's table: the answer to a key, else what a person should know now."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import cut, one_line
from ovtui.dashboard.fleet.fleet_box import FleetBox
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.metrics import number_format

_ANSWER_S = 4.0
"""How long an answer is shown."""
Entry = tuple[str, str, str]
"""Label, style and text."""


class AnswerLine(Panel):
    _answer = ""
    _answered_s = 0.0
    _entry: Entry = ("", "", "")

    def __init__(self, now_s: Callable[[], float]) -> None:
        """`now_s`: a monotonic clock."""
        super().__init__()
        self._now_s = now_s

    def show(self, entry: Entry) -> None:
        self._entry = entry
        if self._now_s() - self._answered_s > _ANSWER_S:
            self._answer = ""
        self.redraw()

    def show_answer(self, text: str) -> None:
        self._answer, self._answered_s = one_line(text), self._now_s()
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._answer:
            return Content(cut(f" {self._answer}", width - 1))
        label, style, text = self._entry
        if not label:
            return Content()
        lines = Content(text).wrap(max(width - len(label) - 4, 10))
        shown = [lines[0]]
        if len(lines) > 1:
            shown.append(Content(cut(" ".join(line.plain for line in lines[1:]), width - len(label) - 4)))
        gap = " " * (len(label) + 3)
        head = Content.assemble((f" {label}  ", f"bold {style}".rstrip()), shown[0])
        return Content("\n").join([head, *(Content(gap) + line for line in shown[1:])])


def newest_entry(
    boxes: Sequence[FleetBox], keys: KeyBindings, problem: str = "", *, finished: bool, stopping: str
) -> Entry:
    """The end of the run, then boxes that are silent, failed or differ, each with what it is and how many more.
    `problem`: why the whole was broken off; `stopping`: what is waited for, where the runs are being ended."""
    if problem:
        return "FAILED", "$error", f"{one_line(problem)}; {keys.first('quit')} leaves"
    failed = [box for box in boxes if box.failed]
    silent = [box for box in boxes if box.silent]
    odd = [box for box in boxes if box.odd is not None]
    if finished:
        of = number_format.quantity(len(boxes), "box", "boxes")
        told = f", {len(failed):,} failed" if failed else ""
        return "ENDED", "", f"{of}{told}; {keys.first('quit')} leaves and prints the table"
    if stopping:
        return "ENDING", "", stopping
    for label, style, found in (
        ("SILENT", "$warning", silent), ("FAILED", "$error", failed), ("DIFFERS", "$warning", odd),
    ):  # fmt: skip
        if found:
            more = f"  ({len(found) - 1:,} more: {keys.first('fleet-trouble')})" if len(found) > 1 else ""
            return label, style, f"{found[-1].name}: {found[-1].remark[0]}{more}"
    return "", "", ""
