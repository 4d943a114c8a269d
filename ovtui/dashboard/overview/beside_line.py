"""The second model on a line of its own: what it does now, and what it costs as far as that is known. Hidden where none
runs."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut_middle, first_that_fits, line_of, one_line
from ovtui.metrics import number_format
from ovtui.metrics.comparison.beside_text import PRICED, found_text
from ovtui.metrics.comparison.trial_figures import TrialFigures
from ovtui.metrics.number_format import milliseconds
from ovtui.metrics.session.beside_state import BesideState
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.events import BesideSecond
from ovtui.settings.schema.arrival import describe_load

_HEAD: Piece = (" BESIDE ", "$dim")


class BesideLine(Panel):
    _snapshot: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        state = snapshot.session_state
        self._snapshot = snapshot
        runs = state.beside is not None and state.study is not None and state.study.began.study == state.beside.study
        self.display = runs and not snapshot.finished
        if self.display:
            self.redraw()

    def draw(self, width: int) -> Content:
        snapshot = self._snapshot
        if snapshot is None or snapshot.session_state.beside is None:
            return Content()
        beside = snapshot.session_state.beside
        second = beside.newest(snapshot.now_ns)
        price, brief = _price(snapshot.trial), _price(snapshot.trial, brief=True)
        load = one_line(describe_load(beside.settings)).partition(" (each ")[0]
        forms: list[list[Piece]] = []
        for room in (40, 24, 14):
            name: Piece = (cut_middle(beside.name, room), "bold $beside")
            said: Piece = (f" {one_line(beside.settings.device)} · {load}", "")
            forms += [
                [_HEAD, name, said, *_does(beside, second), *price],
                [_HEAD, name, *_does(beside, second), *price],
                [_HEAD, name, *_does(beside, second), *brief],
                [_HEAD, name, *_does(beside, second)],
            ]
        return line_of(first_that_fits(forms, width)).truncate(width, ellipsis=True)


def _does(beside: BesideState, second: BesideSecond | None) -> list[Piece]:
    if second is None:
        return [("   starts" if not beside.seconds else "   not heard of for some seconds", "$dim")]
    if not second.serving:
        return [("   rests", "bold"), (": this one is alone", "$dim")]
    pieces: list[Piece] = [(f"   {number_format.rate(second.throughput)}", "bold"), (" /s", "$dim")]
    for name, value_ms in (("p50", second.p50_ms), ("p99", second.p99_ms)):
        if value_ms is not None:
            pieces += [(f"  {name} ", "$dim"), (milliseconds(value_ms), "bold")]
    if second.p50_ms is not None:
        pieces.append((" ms", "$dim"))
    if second.errors:
        pieces.append((f"  {second.errors:,} failed", "bold $error"))
    return pieces


def _price(trial: TrialFigures | None, *, brief: bool = False) -> list[Piece]:
    """What it costs the first model, as soon as there is an interval; in brief of one figure alone, that of p99 where
    that is known."""
    if trial is None or not trial.state.began.beside or not trial.comparable:
        return []
    names = [name for name in PRICED if trial.verdicts[name].finding != "unknown"] or ["p50"]
    pieces: list[Piece] = [("   costs this one:", "$dim") if not brief else ("   costs:", "$dim")]
    for name in names[: 1 if brief else 2]:
        pieces += [(f" {name} ", "$dim"), (found_text(name, trial), "bold")]
        pieces.append((" ", ""))
    return pieces[:-1]
