"""The page that lists the advice on the current measurement, with evidence and remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.staging import value_text
from ovtui.metrics.advice.advice import Advice
from ovtui.settings.schema.settings import fields

_HEAD_WIDTH = 12
_LINE_WIDTH = 73
"""The page's 80 cells less its border, its padding and the scrollbar, which a longer list has."""
_NO_ADVICE = "No advice on the current measurement."


class _AdviceItem(Static):
    """One advice with its evidence and remedy."""


@dataclass(frozen=True, slots=True)
class AdviceChoice:
    advice: Advice
    try_it: bool = False
    """Its settings are to be tried against those in force, not staged."""


class AdviceScreen(ModalScreen[AdviceChoice | None]):
    """Returns the advice whose settings are to be staged or tried, or None. The list does not change while the page is
    open."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.ADVICE)

    def __init__(
        self, advice: Sequence[Advice], *, ascii_only: bool = False, can_stage: bool = True, can_try: bool = True
    ) -> None:
        """`can_stage` and `can_try`: whether the page is to offer that for advice that proposes settings."""
        super().__init__()
        self._can_stage, self._can_try = can_stage, can_try
        self.advice = list(advice)
        self.chosen = 0
        self._marker = ">" if ascii_only else "›"

    def compose(self) -> ComposeResult:
        page = VerticalScroll()
        page.border_title = f"Advice ({len(self.advice)})" if self.advice else "Advice"
        page.border_subtitle = self._offers()
        with page:
            if not self.advice:
                yield Static(_NO_ADVICE, markup=False)
            for number, advice in enumerate(self.advice):
                yield _AdviceItem(self._item_text(number, advice), markup=False)

    def _offers(self) -> str:
        """The keys that do something with the advice that is chosen."""
        answered = bool(self.advice and self.advice[self.chosen].remedy)
        ids = ["advice-stage"] if answered and self._can_stage else []
        ids += ["advice-try"] if answered and self._can_try else []
        ids += ["advice-down"] if len(self.advice) > 1 else []
        return keys_of(self).hint(*ids, "close-advice")

    def _item_text(self, number: int, advice: Advice) -> Content:
        chosen = number == self.chosen
        colour = "$warning" if advice.severity == "warning" else ""
        lines = _wrapped_lines(f"{self._marker if chosen else ' '} {advice.severity}", f"bold {colour}", advice.text,
                       "bold" if chosen else "")  # fmt: skip
        lines += _wrapped_lines("  evidence", "$dim", advice.evidence, "$dim")
        if advice.remedy:
            lines += _wrapped_lines("  answer", "$dim", remedy_text(advice), "bold $key" if chosen else "")
        if advice.claim is not None:
            lines += _wrapped_lines("  expected", "$dim", advice.claim.sentence, "$dim")
        return Content("\n").join([*lines, Content()])

    def action_move(self, rows: int) -> None:
        if not self.advice:
            return
        before, self.chosen = self.chosen, max(0, min(self.chosen + rows, len(self.advice) - 1))
        items = list(self.query(_AdviceItem))
        for number in {before, self.chosen}:
            items[number].update(self._item_text(number, self.advice[number]))
        items[self.chosen].scroll_visible(animate=False)
        self.query_one(VerticalScroll).border_subtitle = self._offers()

    def action_stage(self) -> None:
        self.dismiss(AdviceChoice(self.advice[self.chosen]) if self.advice else None)

    def action_try(self) -> None:
        self.dismiss(AdviceChoice(self.advice[self.chosen], try_it=True) if self.advice else None)


def _wrapped_lines(head: str, head_style: str, text: str, style: str) -> list[Content]:
    """`head` and `text` side by side, the text wrapped within its own column."""
    first, *rest = Content.styled(one_line(text), style).wrap(_LINE_WIDTH - _HEAD_WIDTH)
    gap = Content(" " * _HEAD_WIDTH)
    return [Content.assemble((f"{head:<{_HEAD_WIDTH}}", head_style), first), *(gap + line for line in rest)]


def remedy_text(advice: Advice) -> str:
    """The settings that the advice proposes: 'in flight 16, hint throughput'."""
    return ", ".join(
        f"{fields()[name].label} {one_line(value_text(name, value))}" for name, value in advice.remedy.items()
    )
