"""The limits of --slo: met, or missed and since when. Takes a line only where there are limits."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, line_of, width_of
from ovtui.metrics import number_format
from ovtui.metrics.judgement.slo import Verdict
from ovtui.metrics.snapshot import Snapshot

_HEAD: Piece = (" SLO", "$dim")
_STYLES: dict[bool | None, str] = {True: "$success", False: "bold $error", None: "$dim"}


class SloLine(Panel):
    _verdicts: list[Verdict] = []  # noqa: RUF012

    def show(self, snapshot: Snapshot) -> None:
        self._verdicts = snapshot.slo
        self.display = bool(self._verdicts)
        self.redraw()

    def draw(self, width: int) -> Content:
        """The missed ones first, as many as fit; the rest are counted. Since when one is met is said where there is
        room for all of it."""
        ordered = sorted(self._verdicts, key=lambda verdict: {False: 0, None: 1, True: 2}[verdict.met])
        whole = [_HEAD, *(piece for verdict in ordered for piece in _pieces(verdict, met_since=True))]
        if width_of(whole) <= width:
            return line_of(whole)
        pieces = [_HEAD]
        for number, verdict in enumerate(ordered):
            left = len(ordered) - number
            told = _pieces(verdict)
            if number and width_of([*pieces, *told]) > width - (10 if left > 1 else 0):
                pieces.append((f"   +{left} more", "$dim"))
                break
            pieces += told
        return line_of(pieces).truncate(width, ellipsis=True)


def _pieces(verdict: Verdict, *, met_since: bool = False) -> list[Piece]:
    told = verdict.met is False or (met_since and verdict.met)
    since = f" since {number_format.elapsed(verdict.since_s)}" if told else ""
    return [
        (f"  {verdict.limit} ", ""),
        (f"{verdict.word}{since}", _STYLES[verdict.met]),
        (f": {verdict.value_text}", "$dim"),
    ]
