"""What the distributions are of, what was left out as warm-up, and whether the figures are steady."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.fitting import Piece, cut, first_that_fits, line_of
from ovtui.dashboard.widgets.panel import Panel
from ovtui.metrics.snapshot import Snapshot, WarmUpCut
from ovtui.metrics.steadiness import Steadiness


class DistributionFacts(Panel):
    """Two lines."""

    _what = ""
    _cut = WarmUpCut("rule", 0, None, "none")
    _steadiness = Steadiness((), 0)

    def show(self, snapshot: Snapshot, steadiness: Steadiness, what: str) -> None:
        self._cut, self._steadiness, self._what = snapshot.warm_up, steadiness, what
        self.redraw()

    def draw(self, width: int) -> Content:
        head: list[Piece] = [(f" {self._what}", ""), ("   warm-up ", "$dim")]
        forms = [[*head, (warm_up_words(self._cut), "")], [*head, (f"{self._cut.requests:,} left out", "")], head[:1]]
        first = first_that_fits(forms, width)
        findings = self._steadiness.findings
        if findings:
            word = self._steadiness.word.upper()
            told = cut("; ".join(finding.text for finding in findings), max(width - len(word) - 4, 10))
            second: list[Piece] = [(f" {word}  ", "bold $warning"), (told, "")]
        else:
            second = [(" steadiness ", "$dim"), (self._steadiness.word, "")]
        return Content("\n").join(line_of(line).truncate(width, ellipsis=True) for line in (first, second))


def warm_up_words(cut: WarmUpCut) -> str:
    if cut.rule == "none":
        return "counted (rule: none)"
    requests = f"{cut.requests:,} left out"
    if cut.rule == "first":
        return f"{requests}: each engine's first"
    how = {
        "open": "the median is not steady yet",
        "unsteady": "the median did not settle, only the first",
        "steady": "steady at once" if cut.until_s is None else f"until {cut.until_s:.1f} s",
        "none": "no engine yet",
    }
    return f"{requests}, {how[cut.state]} (by rule)"
