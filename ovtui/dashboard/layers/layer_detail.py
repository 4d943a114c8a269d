"""The layer under the cursor, under the table or beside it: its whole name, what it was made of, all its figures; of
two devices beside each other the layers of both."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut, line_of, one_line
from ovtui.dashboard.layers.pair_list import ratio_text
from ovtui.metrics import number_format
from ovtui.metrics.layers.beside import LayerGroup
from ovtui.metrics.layers.table import LayerRow
from ovtui.metrics.number_format import layer_milliseconds
from ovtui.records.layers import LayerTimes

LABEL_WIDTH = 16
_MANY_LINES = 8
"""From so many lines on each fact has one of its own."""
_MOST_NAMES = 200
_STATUS = {
    "EXECUTED": "",
    "NOT_RUN": "not run in these inferences",
    "OPTIMIZED_OUT": "optimized out: it takes no time",
    "": "not among what the device times",
}
Facts = list[tuple[str, str]]
"""Each a label and what it is; the last one has the lines that the others leave."""


class LayerDetail(Panel):
    _shown: LayerRow | LayerGroup | None = None
    _devices: Sequence[str] = ()

    def show(self, shown: LayerRow | LayerGroup | None, devices: Sequence[str]) -> None:
        """`devices`: of which it is, two for a group."""
        self._shown, self._devices = shown, devices
        self.redraw()

    def draw(self, width: int) -> Content:
        height, room = max(self.content_size.height, 1), max(width - LABEL_WIDTH - 2, 10)
        match self._shown:
            case LayerRow() as row:
                facts = _facts(row) if height >= _MANY_LINES else _few_facts(row, room)
            case LayerGroup() as group:
                facts = _group_facts(group, self._devices)
            case _:
                return Content()
        lines: list[Content] = []
        for number, (label, value) in enumerate(facts):
            most = max(height - len(lines) - (len(facts) - 1 - number), 1)
            for at, text in enumerate(_wrapped(value, room, most)):
                pieces: list[Piece] = [
                    (f" {'' if at else label:<{LABEL_WIDTH}}", "$dim"), (text, "" if number else "bold")
                ]  # fmt: skip
                lines.append(line_of(pieces).truncate(width, ellipsis=True))
        return Content("\n").join(lines[:height])


def _facts(row: LayerRow) -> Facts:
    layer = row.layer
    part = [("part of", one_line(layer.part_of))] if layer.part_of else []
    return [
        ("layer", one_line(layer.name)),
        ("type", one_line(layer.type) or number_format.UNKNOWN),
        ("exec type", one_line(layer.exec_type) or number_format.UNKNOWN),
        ("precision", one_line(layer.precision) or number_format.UNKNOWN),
        ("executed", _executed(layer)),
        ("median, p95", f"{layer_milliseconds(layer.median_us)}, {layer_milliseconds(layer.p95_us)} ms"),
        ("mean", f"{layer_milliseconds(layer.mean_us)} ms"),
        ("mean CPU time", f"{layer_milliseconds(layer.mean_cpu_us)} ms"),
        ("share", _shares(row)),
        *part,
        ("made of", _made_of(layer.original_names)),
    ]


def _few_facts(row: LayerRow, room: int) -> Facts:
    """For a low panel: on as few lines as they need, each of so many cells."""
    layer = row.layer
    kind = " · ".join(one_line(text) for text in (layer.type, layer.exec_type, layer.precision) if text)
    figures = {"median": layer.median_us, "p95": layer.p95_us, "mean": layer.mean_us, "CPU time": layer.mean_cpu_us}
    times = "  ".join(f"{name} {layer_milliseconds(value_us)}" for name, value_us in figures.items())
    executed = _executed(layer)
    timed = any(value_us is not None for value_us in figures.values())
    known = [("ms", _longest_of([f"{times} · {_shares(row)}", times], room))] if timed else []
    return [
        ("layer", one_line(layer.name)),
        ("is", _longest_of([f"{kind} · {executed}", kind if timed else executed] if kind else [executed], room)),
        *known,
        ("made of", _made_of(layer.original_names)),
    ]


def _group_facts(group: LayerGroup, devices: Sequence[str]) -> Facts:
    a, b = map(one_line, devices)
    sides = ((a, group.a_us, group.a_layers), (b, group.b_us, group.b_layers))
    told = [
        (name, f"{layer_milliseconds(time_us)} ms: {_listed(layers)}" if layers else "has no layer of these operations")
        for name, time_us, layers in sides
    ]
    ratio = [(f"{b} against {a}", ratio_text(group))] if len(b) + len(a) < LABEL_WIDTH - 9 else []
    return [*told, *ratio, ("made of", _made_of(group.original_names))]


def needs_room(row: LayerRow, width: int) -> bool:
    """Its name does not fit on one line."""
    return cell_len(one_line(row.layer.name)) > width - LABEL_WIDTH - 2


def _shares(row: LayerRow) -> str:
    if row.share is None:
        return number_format.UNKNOWN
    return f"{number_format.share(row.share)}, with those above {number_format.share(row.cumulative)}"


def _executed(layer: LayerTimes) -> str:
    """'as number 12, timed in 100 inferences'."""
    if layer.part_of:
        return f"inside {one_line(layer.part_of)}"
    status = _STATUS.get(layer.status, one_line(layer.status))
    timed = f"timed in {number_format.quantity(layer.inferences, 'inference')}"
    return f"as number {layer.order}, {status or timed}"


def _made_of(names: Sequence[str]) -> str:
    if not names:
        return "no operation of the model: the device added it"
    listed = _listed(names)
    return listed if len(names) == 1 else f"{len(names):,} operations: {listed}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(one_line(name) for name in names[:_MOST_NAMES])


def _longest_of(forms: list[str], room: int) -> str:
    return next((form for form in forms if cell_len(form) <= room), forms[-1])


def _wrapped(text: str, width: int, most: int) -> list[str]:
    """On at most so many lines, the last one cut."""
    lines = [line.plain for line in Content(text).wrap(max(width, 10))] or [""]
    if len(lines) > most:
        lines[most - 1 :] = [cut(" ".join(lines[most - 1 :]), width)]
    return lines
