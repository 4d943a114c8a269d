"""Which requests the distributions show, how many were left out as warm-up, and whether the figures are steady."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut, first_that_fits, line_of
from ovtui.metrics import number_format
from ovtui.metrics.groups.warm_up import WarmUpCut
from ovtui.metrics.judgement.steadiness import Steadiness
from ovtui.metrics.latency.latency import Latency
from ovtui.metrics.latency.schedule_lag import ScheduleLagFigures
from ovtui.metrics.snapshot import Snapshot


class DistributionFacts(Panel):
    """Two lines above the charts. `population`: which requests these show, and how many."""

    _population = ""
    _cut = WarmUpCut("rule", 0, None, "none")
    _steadiness = Steadiness((), 0)
    _lags: list[list[Piece]] = []  # noqa: RUF012

    def show(self, snapshot: Snapshot, steadiness: Steadiness, lags: ScheduleLagFigures, population: str) -> None:
        self._cut, self._steadiness, self._population = snapshot.warm_up, steadiness, population
        self._lags = [
            *_lag_forms("sent after due", lags.schedule),
            *_lag_forms("queued", lags.queued),
            *_lag_forms("input copied in", lags.input_copy),
            *_lag_forms("state reset in", lags.state_reset),
        ]
        self.redraw()

    def draw(self, width: int) -> Content:
        head: list[Piece] = [(f" {self._population}", ""), ("   warm-up ", "$dim")]
        forms = [[*head, (warm_up_text(self._cut), "")], [*head, (f"{self._cut.requests:,} left out", "")], head[:1]]
        first = first_that_fits(forms, width)
        findings = self._steadiness.findings
        if findings:
            verdict = self._steadiness.label.upper()
            reasons = cut("; ".join(finding.text for finding in findings), max(width - len(verdict) - 4, 10))
            second: list[Piece] = [(f" {verdict}  ", "bold $warning"), (reasons, "")]
        else:
            head = [(" steadiness ", "$dim"), (self._steadiness.label, "")]
            lags = [piece for lag in self._lags for piece in lag]
            second = first_that_fits([[*head, *lags], [*head, *(self._lags[-1] if self._lags else [])], head], width)
        return Content("\n").join(line_of(line).truncate(width, ellipsis=True) for line in (first, second))


def _lag_forms(label: str, lag: Latency | None) -> list[list[Piece]]:
    """Median and p99 of a delay outside inference; empty where there was none."""
    if not lag or not lag.count:
        return []
    p50, p99 = number_format.milliseconds(lag.p50), number_format.milliseconds(lag.p99)
    return [[(f"   {label} ", "$dim"), (f"p50 {p50} p99 {p99} ms", "")]]


def warm_up_text(cut: WarmUpCut) -> str:
    if cut.rule == "none":
        return "counted (rule: none)"
    requests = f"{cut.requests:,} left out"
    if cut.rule == "first":
        return f"{requests}: each engine's first" + (", each data shape's" if cut.of_shapes else "")
    until = "steady at once" if cut.until_s is None else f"until {number_format.run_length(cut.until_s)} of serving"
    if cut.state == "none":
        return number_format.UNKNOWN
    how = {
        "open": "the median is not steady yet",
        "unsteady": "the median did not settle, only the first",
        "steady": until,
    }
    return f"{requests}, {how[cut.state]} (by rule)"
