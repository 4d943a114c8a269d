"""Batching over the last minutes: the share of requests in full batches, and the wait of a batch's first member. The
bars of seconds in which a full batch was held until the timer have a colour of their own."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from textual.content import Content

from ovtui.dashboard.drawing.glyphs import GLYPHS
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, line_of
from ovtui.metrics import number_format
from ovtui.metrics.batching.batch_series import BatchSeries
from ovtui.records.arrays import Floats

_LABEL_WIDTH, _FIGURE_WIDTH = 15, 24
MAX_SECONDS = 300


class BatchTrend(Panel):
    """Two lines with a bar per second, the newest at the right."""

    _series: BatchSeries | None = None

    @property
    def seconds(self) -> int:
        """Seconds that the panel has room for."""
        return min(max(self.size.width - _LABEL_WIDTH - _FIGURE_WIDTH, 1), MAX_SECONDS)

    def show(self, series: BatchSeries) -> None:
        self._series = series
        self.redraw()

    def draw(self, width: int) -> Content:
        series = self._series
        if series is None:
            return Content()
        levels = GLYPHS[self._glyphs].levels
        longest = float(np.nanmax(series.mean_ms, initial=0.0))
        seconds = min(max(width - _LABEL_WIDTH - _FIGURE_WIDTH, 1), MAX_SECONDS)
        lines = [
            _line("full", _bars(series.full, 1.0, levels), series.held, _percents_text(series), seconds, "$median"),
            _line(
                "first waited", _bars(series.mean_ms, longest, levels), series.held, _range_text(series.mean_ms),
                seconds, "$worst",
            ),
        ]  # fmt: skip
        return Content("\n").join(line_of(line).truncate(width, ellipsis=True) for line in lines)


def _line(label: str, bars: str, held: Floats, figure: str, seconds: int, colour: str) -> list[Piece]:
    """`held` [n]: the share of held requests of each of the bars' seconds."""
    bars, held = bars[-seconds:], held[-seconds:]
    pieces: list[Piece] = [(f" {label:<{_LABEL_WIDTH - 1}}", "$dim"), (" " * (seconds - len(bars)), "")]
    for was_held, group in groupby(zip(bars, held > 0, strict=True), key=lambda bar: bool(bar[1])):
        pieces.append(("".join(bar for bar, _ in group), "$error" if was_held else colour))
    return [*pieces, (f"  {figure}", "")]


def _bars(values: Floats, highest: float, levels: str) -> str:
    """One character per value; a space where the value is NaN."""
    steps = np.nan_to_num(values / (highest or 1.0) * (len(levels) - 1)).round().astype(int)
    return "".join(" " if np.isnan(value) else levels[step] for value, step in zip(values, steps, strict=True))


def _newest(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(known[-1]) if len(known) else None


def _percents_text(series: BatchSeries) -> str:
    full, held = _newest(series.full), _newest(series.held)
    if full is None:
        return number_format.UNKNOWN
    return (
        f"{number_format.share(full)}, held {number_format.share(held)}"
        if held
        else f"{number_format.share(full)} last second"
    )


def _range_text(values_ms: Floats) -> str:
    known = values_ms[~np.isnan(values_ms)]
    if not len(known):
        return number_format.UNKNOWN
    decimals = number_format.decimals_for(float(np.median(known)))
    low, high = (number_format.milliseconds(float(value), decimals) for value in (known.min(), known.max()))
    return f"{low}–{high} ms"
