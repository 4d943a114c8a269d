"""The layer under the cursor, under the table or beside it: its whole name, what it was made of, all its figures."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut, line_of, one_line
from ovtui.dashboard.layers.layer_columns import layer_ms
from ovtui.metrics import number_format
from ovtui.metrics.layers.table import LayerRow
from ovtui.records.layers import LayerTimes

_LABEL_WIDTH = 16
_STATUS = {
    "EXECUTED": "",
    "NOT_RUN": "not run in these inferences",
    "OPTIMIZED_OUT": "optimized out: it takes no time",
    "": "not among what the device times",
}


class LayerDetail(Panel):
    _row: LayerRow | None = None
    _other: tuple[str, float | None] | None = None

    def show(self, row: LayerRow | None, other: tuple[str, float | None] | None = None) -> None:
        """`other`: the second device, and the median of what is the same there in µs."""
        self._row, self._other = row, other
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._row is None:
            return Content()
        height = max(self.content_size.height, 1)
        facts = self._few_facts(width - _LABEL_WIDTH - 2) if height < 8 else self._facts()
        lines: list[Content] = []
        for label, value in facts:
            room = width - _LABEL_WIDTH - 2
            # What follows has a line each; a name has what they leave.
            most = max(height - len(lines) - (len(facts) - 1 - [name for name, _ in facts].index(label)), 1)
            wrapped = _wrapped(value, room, most)
            for number, text in enumerate(wrapped):
                pieces: list[Piece] = [
                    (f" {'' if number else label:<{_LABEL_WIDTH}}", "$dim"), (text, "bold" if label == "layer" else "")
                ]  # fmt: skip
                lines.append(line_of(pieces).truncate(width, ellipsis=True))
        return Content("\n").join(lines[:height])

    def _facts(self) -> list[tuple[str, str]]:
        assert self._row is not None
        layer = self._row.layer
        facts = [
            ("layer", one_line(layer.name)),
            ("type", one_line(layer.type)),
            ("exec type", one_line(layer.exec_type) or number_format.UNKNOWN),
            ("precision", one_line(layer.precision) or number_format.UNKNOWN),
            ("executed", _executed(layer)),
            ("median, p95", f"{layer_ms(layer.median_us)}, {layer_ms(layer.p95_us)} ms"),
            ("mean", f"{layer_ms(layer.mean_us)} ms"),
            ("mean CPU time", f"{layer_ms(layer.mean_cpu_us)} ms"),
            ("share", self._shares()),
        ]
        if self._other is not None:
            facts.append((f"on {one_line(self._other[0])}", f"{layer_ms(self._other[1])} ms"))
        if layer.part_of:
            facts.append(("part of", one_line(layer.part_of)))
        return [*facts, ("made of", _made_of(layer))]

    def _few_facts(self, room: int) -> list[tuple[str, str]]:
        """For a low panel: each on one line of so many cells."""
        assert self._row is not None
        layer = self._row.layer
        kind = " · ".join(one_line(text) for text in (layer.type, layer.exec_type, layer.precision) if text)
        times = f"median {layer_ms(layer.median_us)}  p95 {layer_ms(layer.p95_us)}  mean {layer_ms(layer.mean_us)}"
        times += f"  CPU time {layer_ms(layer.mean_cpu_us)}"
        if self._other is not None:
            times += f"  {one_line(self._other[0])} {layer_ms(self._other[1])}"
        return [
            ("layer", one_line(layer.name)),
            ("is", _longest_of([f"{kind} · {_executed(layer)}", kind], room)),
            ("ms", _longest_of([f"{times} · {self._shares()}", times], room)),
            ("made of", _made_of(layer)),
        ]

    def _shares(self) -> str:
        assert self._row is not None
        share, cumulative = number_format.share(self._row.share), number_format.share(self._row.cumulative)
        return f"{share}, with those above {cumulative}"


def needs_room(row: LayerRow, width: int) -> bool:
    """Its name does not fit on one line."""
    return cell_len(one_line(row.layer.name)) > width - _LABEL_WIDTH - 2


def _longest_of(forms: list[str], room: int) -> str:
    return next((form for form in forms if cell_len(form) <= room), forms[-1])


def _executed(layer: LayerTimes) -> str:
    """'as number 12, timed in 100 inferences'."""
    status = _STATUS.get(layer.status, one_line(layer.status))
    if layer.part_of:
        return f"inside {one_line(layer.part_of)}"
    counted = f"timed in {number_format.quantity(layer.inferences, 'inference')}"
    return f"as number {layer.order}, {status or counted}"


def _made_of(layer: LayerTimes) -> str:
    names = ", ".join(one_line(name) for name in layer.original_names[:200])
    if not names:
        return "no operation of the model: the device added it"
    more = len(layer.original_names)
    return names if more == 1 else f"{more:,} operations: {names}"


def _wrapped(text: str, width: int, most: int) -> list[str]:
    """On at most so many lines, the last one cut."""
    lines = [line.plain for line in Content(text).wrap(max(width, 10))] or [""]
    if len(lines) > most:
        lines[most - 1 :] = [cut(" ".join(lines[most - 1 :]), width)]
    return lines
