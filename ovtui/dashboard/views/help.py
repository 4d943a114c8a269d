"""The help page: all keys, from the registry of commands, and a glossary of the terms on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.keys.commands import Scope, bindings, in_scope
from ovtui.dashboard.keys.keymap import KeyBindings, keys_of
from ovtui.settings.schema.settings import fields

GLOSSARY = (
    ("inference", "OpenVINO's own latency: from start_async to completion."),
    ("service", "From submission to completion, as this program sees it."),
    ("response", "From the time a request was due to its completion: how long a caller would have waited."),
    ("late", "At a fixed rate: sent more than 1 ms after it was due, mostly because no request was idle."),
    ("lost", "Records that were overwritten before this screen read them; their requests did complete."),
    ("(CPU)", "The CPU standing in while AUTO compiles for the accelerator."),
    ("batch", "Full: ran with others in one batch. Timer: ran alone when the batch timeout ran out."),
    ("first waited", "From a full batch's first submission to its last one, which fires it; the median of batches."),
    (
        "costs",
        "How long a request waits for its batch or the timer, on average. ≈: includes timer runs, whose wait is "
        "their latency less the least latency of a request that ran alone. ≤: all requests had waited, so that the "
        "time of a run is unknown; the figure is their whole latency, and their wait is no longer than that.",
    ),
    (
        "warming up",
        "The part of the engine's start that percentiles leave out, all before its median is steady, is not known yet.",
    ),
    ("SLO", "The limits of --slo against the segment in force: held or missed with 99 % confidence, or not known."),
    (
        "busy",
        "Under the plot: the CPU's use by all processes; of a GPU the time in which it worked for this session, as its "
        "driver tells; of an NPU its use by all processes.",
    ),
    (
        "throttled",
        "The clock of the CPU or GPU was lowered (power limit, temperature), or the CPU quota held the session. The "
        "rules of the CPU, the GPU and the quota differ; where several were at once, there is a fourth.",
    ),
    ("others", "CPU time of processes that are none of the session's."),
    ("shed", "At a fixed rate: due while the backlog was full, or dropped by a change of the load; never sent."),
    ("glitch", "By how much the worst response at a change of device exceeded the usual peaks before and after it."),
    ("settled", "After a change of device: the first of 20 responses in a row that are like the later half of them."),
    (
        "saturated",
        "All cores are in use, and each frame takes its time from the requests: there is one a second until some are "
        "free again. A key is answered at once, and for 2 s there are as many frames as chosen.",
    ),
    ("segment", "A period with the same settings; each change in force begins a new one."),
    ("staged", "A change that needs a recompile and waits to be applied."),
    ("*", "In the settings pane: not at its default, which the config file may set."),
    ("fact", "A read-only property of a device."),
    ("–", "Not known: a p99 needs 662 requests and a p99.9 needs 6,630."),
)
_HEAD_WIDTH, _PAGE_WIDTH = 20, 72
_LISTED_SCOPES = tuple(scope for scope in Scope if scope not in (Scope.HELP, Scope.REPLAY, Scope.TOUR))


class HelpScreen(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.HELP)

    def __init__(self, scopes: Sequence[Scope]) -> None:
        """`scopes`: those of the commands that work in the view below; they are listed first."""
        super().__init__()
        self.scopes = scopes

    def compose(self) -> ComposeResult:
        keys = keys_of(self)
        page = VerticalScroll(Static(_page(keys, self.scopes), markup=False))
        page.border_title = "Help"
        page.border_subtitle = f"{keys.first('close-help')} closes, {keys.hint('help-down')}"
        yield page

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def _page(keys: KeyBindings, first: Sequence[Scope]) -> Content:
    lines: list[Content] = []
    if keys.problems:
        lines += [Content(), Content.styled("[keys] in the config file", "bold $warning")]
        lines += [
            _entry(one_line(problem.action), one_line(problem.text), "bold $warning") for problem in keys.problems
        ]
    for scope in dict.fromkeys((*first, *_LISTED_SCOPES)):
        lines += [Content(), Content.styled(str(scope), "bold $primary")]
        lines += [_entry(keys.listed(c.id) or "–", c.help, "bold $key") for c in in_scope(scope)]
        if scope is Scope.SETTINGS:
            own = [f"{f.spec.key} {f.label}" for f in fields().values() if f.spec.key]
            lines.append(_entry("", " · ".join(own), ""))
    lines += [Content(), Content.styled("Terms", "bold $primary")]
    lines += [_entry(term, meaning, "bold") for term, meaning in GLOSSARY]
    return Content("\n").join([*lines[1:], Content()])


def _entry(head: str, text: str, style: str) -> Content:
    """A head, and a text that is wrapped in its own column."""
    wrapped = Content(text).wrap(_PAGE_WIDTH - _HEAD_WIDTH)
    rest = [Content(" " * _HEAD_WIDTH) + line for line in wrapped[1:]]
    return Content("\n").join([Content.assemble((f"{head:<{_HEAD_WIDTH}}", style), wrapped[0]), *rest])
