"""The limits of --slo: held, missed and since when, or not known; before them, that a schedule is not kept. Hidden
where there is neither."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.batches.batch_totals import BEFORE_TRIAL
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, line_of, width_of
from ovtui.metrics import number_format
from ovtui.metrics.confidence.percentile_rule import VerdictWord
from ovtui.metrics.latency.schedule_lag import unkept_schedule_text
from ovtui.metrics.limits.verdicts import Verdict
from ovtui.metrics.snapshot import Snapshot

_HEAD: Piece = (" SLO", "$dim")
_STYLES: dict[VerdictWord, str] = {"missed": "bold $error", "unknown": "$warning", "held": "$success"}
"""In the order in which limits are shown."""


class SloLine(Panel):
    _verdicts: list[Verdict] = []  # noqa: RUF012
    _schedule = ""
    _in_turns = False

    def show(self, snapshot: Snapshot) -> None:
        self._verdicts, self._in_turns = snapshot.slo, snapshot.session_state.in_turns
        self._schedule = unkept_schedule_text(snapshot.schedule_error_p99_ms)
        self.display = bool(self._verdicts or self._schedule)
        self.redraw()

    def draw(self, width: int) -> Content:
        """All verdicts, as fully as they fit: with what they rest on and since when each limit is held, or without. If
        not all fit, the missed ones first, and the number of the others."""
        ordered = sorted(self._verdicts, key=lambda verdict: list(_STYLES).index(verdict.verdict))
        head: list[Piece] = [(f" {self._schedule} ", "bold $warning")] if self._schedule else []
        head += [_HEAD] if ordered else []
        head += [(f" {BEFORE_TRIAL}:", "$warning")] if ordered and self._in_turns else []
        for form in _FORMS:
            whole = [*head, *(piece for verdict in ordered for piece in form(verdict))]
            if width_of(whole) <= width:
                return line_of(whole)
        pieces = head
        for number, verdict in enumerate(ordered):
            left = len(ordered) - number
            shown = _short(verdict)
            if number and width_of([*pieces, *shown]) > width - (10 if left > 1 else 0):
                pieces.append((f"   +{left} more", "$dim"))
                break
            pieces += shown
        return line_of(pieces).truncate(width, ellipsis=True)


def _whole(verdict: Verdict) -> list[Piece]:
    return _pieces(verdict, verdict.value_text, since=verdict.verdict != "unknown")


def _usual(verdict: Verdict) -> list[Piece]:
    return _pieces(verdict, verdict.value_text, since=verdict.verdict == "missed")


def _short(verdict: Verdict) -> list[Piece]:
    return _pieces(verdict, verdict.short_text, since=verdict.verdict == "missed")


def _pieces(verdict: Verdict, text: str, *, since: bool) -> list[Piece]:
    when = f" since {number_format.elapsed(verdict.since_s)}" if since else ""
    return [
        (f"  {verdict.name} ", ""),
        (f"{verdict.status}{when}", _STYLES[verdict.verdict]),
        (f": {text}", "$dim"),
    ]


_FORMS = (_whole, _usual, _short)
