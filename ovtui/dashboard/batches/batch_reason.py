"""Why no batch fills or none is made, whole, on lines of its own where the line of figures has no room for it; and what
a person can do to have batches."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.metrics.batching.batch_words import only_cpu, reason_text
from ovtui.metrics.session.model_state import model_state
from ovtui.metrics.snapshot import Snapshot

MAX_LINES = 3
_LABEL = " batch: "


class BatchReason(Panel):
    """As high as its text, hidden without one."""

    _text = ""

    def show(self, text: str) -> None:
        """`text`: of any length; empty where there is nothing to say, or where it is said already."""
        if text != self._text:
            self._text = text
            self.display = bool(text)
            self.redraw()

    def draw(self, width: int) -> Content:
        if not self._text:
            return Content()
        lines = reason_lines(self._text, width)
        if self.styles.height is None or self.styles.height.value != len(lines):
            self.styles.height = len(lines)
        return Content("\n").join(lines)


def reason_lines(text: str, width: int) -> list[Content]:
    """Its lines, the label before the first; what needs more than MAX_LINES ends with …"""
    lines = Content(text).wrap(max(width - len(_LABEL) - 1, 10))
    if len(lines) > MAX_LINES:
        lines = [*lines[: MAX_LINES - 1], lines[MAX_LINES - 1].truncate(width - len(_LABEL) - 2) + Content("…")]
    heads = [Content.styled(_LABEL, "$dim"), *[Content(" " * len(_LABEL))] * (len(lines) - 1)]
    return [head + line for head, line in zip(heads, lines, strict=True)]


def batch_reason(snapshot: Snapshot) -> str:
    """Of the segment in force, as one line. Empty for a stateful model, whose figures say what it is, and during a
    trial, whose sides serve in turns."""
    state = snapshot.session_state
    if state.in_turns or model_state(state) is not None:
        return ""
    return one_line(reason_text(state.engine, state.segment, snapshot.batches))


def way_to_batches(snapshot: Snapshot, keys: KeyBindings) -> str:
    """Which key and which setting make batches where none are made; empty where batches are made, and where it is the
    model that cannot be batched."""
    engine, shares = snapshot.session_state.engine, snapshot.batches
    if engine is None or engine.compiled is None or shares.batched + shares.timed_out:
        return ""
    # What the model lacks is said of 'the model'; no setting changes that.
    if engine.compiled.batching.why_not.startswith("the model") or model_state(snapshot.session_state) is not None:
        return ""
    key = keys.first("settings")
    if only_cpu(engine):
        return f"to have batches of 4: {key}, device BATCH:CPU(4)"
    settings = snapshot.session_state.settings
    if settings is not None and settings.hint != "throughput":
        return f"to have batches on a GPU: {key}, hint throughput"
    return ""
