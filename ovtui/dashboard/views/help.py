"""All keys, from the registry, and what the words on the screen mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ovtui.dashboard.keys.commands import Scope, bindings, in_scope
from ovtui.dashboard.keys.keymap import KeyBindings, keys_of
from ovtui.settings.schema.settings import fields

GLOSSARY = (
    ("inference", "OpenVINO's own latency: from start_async to completion."),
    ("service", "From submission to completion, as this program sees it."),
    ("response", "From when the request was due to completion: what a caller would have waited."),
    ("late", "At a fixed rate: sent more than 1 ms after it was due, mostly because no request was idle."),
    ("lost", "Records that this screen came too late to read; their requests did complete."),
    ("(CPU)", "The CPU standing in while AUTO compiles for the accelerator."),
    ("batch", "Full: ran with others in one batch. Timer: ran alone when the batch timeout was over."),
    ("first waited", "From a full batch's first submission to its last one, which fires it; the median of batches."),
    (
        "costs",
        "What a request waits on average for its batch or the timer. With ≈ timer runs are part of it: their "
        "wait is what their latency is above the least latency of a request that ran alone. With ≤ nothing tells "
        "what a run takes, for all had waited: it is their whole latency, and what they waited no more than that.",
    ),
    (
        "warming up",
        "It is still open what of the engine's start percentiles leave out: all before its median is steady.",
    ),
    ("SLO", "The limits of --slo, held against the segment in force; since: when a limit came to be met or missed."),
    ("shed", "At a fixed rate: due while the backlog was full, or dropped by a change of the load; never sent."),
    ("glitch", "How much longer the worst response at a change of device took than a usual one beside it."),
    ("settled", "After a change of device: 20 responses in a row as the later half of them are."),
    ("segment", "A stretch under the same settings; each change in force begins another one."),
    ("staged", "A change that needs a recompile and waits to be applied."),
    ("*", "In the settings pane: not at its default, which the config file may have set."),
    ("fact", "A property that a device lists and that cannot be set."),
    ("–", "Not known: a p99 needs 662 requests and a p99.9 needs 6,630."),
)
_HEAD_WIDTH, _PAGE_WIDTH = 20, 72
_LISTED_SCOPES = tuple(scope for scope in Scope if scope not in (Scope.HELP, Scope.REPLAY))


class HelpScreen(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.HELP)

    def __init__(self, scopes: Sequence[Scope]) -> None:
        """`scopes`: of the commands that work in the view that it is opened over; they come first."""
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
        lines += [_entry(problem.action, problem.text, "bold $warning") for problem in keys.problems]
    for scope in dict.fromkeys((*first, *_LISTED_SCOPES)):
        lines += [Content(), Content.styled(str(scope), "bold $primary")]
        lines += [_entry(keys.listed(c.id) or "–", c.help, "bold $key") for c in in_scope(scope)]
        if scope is Scope.SETTINGS:
            own = [f"{f.spec.key} {f.label}" for f in fields().values() if f.spec.key]
            lines.append(_entry("", " · ".join(own), ""))
    lines += [Content(), Content.styled("Words", "bold $primary")]
    lines += [_entry(word, meaning, "bold") for word, meaning in GLOSSARY]
    return Content("\n").join([*lines[1:], Content()])


def _entry(head: str, text: str, style: str) -> Content:
    """Head and text, the text wrapped in its own column."""
    wrapped = Content(text).wrap(_PAGE_WIDTH - _HEAD_WIDTH)
    rest = [Content(" " * _HEAD_WIDTH) + line for line in wrapped[1:]]
    return Content("\n").join([Content.assemble((f"{head:<{_HEAD_WIDTH}}", style), wrapped[0]), *rest])
