"""The layers of two devices beside each other: a row for those that were made of the same operations, because each
device fuses other ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ovtui.dashboard.drawing.row_list import RowList
from ovtui.dashboard.drawing.text_fit import Piece, cut, one_line
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.layers import layer_columns
from ovtui.dashboard.layers.layer_columns import NAME, PAIR_COLUMNS, Widths
from ovtui.dashboard.layers.layer_list import table_title
from ovtui.metrics import number_format
from ovtui.metrics.layers.beside import LayerGroup
from ovtui.metrics.layers.table import Sort
from ovtui.metrics.number_format import layer_milliseconds

_TOGETHER = "group of layers of the same operations"


class PairList(RowList):
    _groups: Sequence[LayerGroup] = ()
    _of = 0
    _sort: Sort = "time"
    _pattern = ""
    _devices = ("", "")
    _largest = 0.0
    _fitted: tuple[int, Widths] = (-1, {})

    def __init__(self, moved: Callable[[], None] = lambda: None) -> None:
        """`moved`: called when the cursor was moved or released."""
        super().__init__()
        self.on_moved = moved

    def show(
        self, groups: Sequence[LayerGroup], of: int, devices: tuple[str, str], *, sort: Sort, pattern: str
    ) -> None:
        """`groups`: sorted and filtered, `of` so many. The cursor stays on its group, or leaves with it."""
        chosen = self.chosen
        self._groups, self._of, self._devices, self._sort, self._pattern = groups, of, devices, sort, pattern
        self._largest = max((max(each.a_us or 0.0, each.b_us or 0.0) for each in groups), default=0.0)
        if chosen is not None:
            self.cursor = next((index for index, each in enumerate(groups) if each.order == chosen.order), None)
        self.redraw()

    @property
    def chosen(self) -> LayerGroup | None:
        """Under the cursor."""
        return self._groups[self.cursor] if self.cursor is not None and self.cursor < len(self._groups) else None

    def count(self) -> int:
        return len(self._groups)

    def _widths(self, width: int) -> Widths:
        """Found once for a width: each row asks for them."""
        if self._fitted[0] != width:
            self._fitted = width, layer_columns.fitting_widths(PAIR_COLUMNS, width)
        return self._fitted[1]

    def head(self, width: int) -> list[list[Piece]]:
        a, b = map(one_line, self._devices)
        first = {name: column.heading for name, column in PAIR_COLUMNS.items()}
        first |= {"a": a, "b": b, "ratio": b}
        second = {name: column.unit for name, column in PAIR_COLUMNS.items()} | {"ratio": f"/ {a}", "layers": "each"}
        counted = number_format.quantity(self._of, _TOGETHER, "groups of layers of the same operations")
        if self._pattern:
            counted = f"{len(self._groups):,} of {self._of:,}"
        return [
            table_title(self._sort, counted, self._pattern, "", keys_of(self), width),
            [(self._line("", first, width), "$dim")],
            [(self._line("its longest layer", second, width), "$dim")],
        ]

    def _line(self, name: str, texts: dict[str, str], width: int) -> str:
        widths = self._widths(width)
        cells = (layer_columns.cell(PAIR_COLUMNS[each], texts[each], widths[each]) for each in widths if each != NAME)
        return f" {layer_columns.name_cell(name, widths[NAME])}{''.join(cells)}"

    def row(self, index: int, width: int) -> list[Piece]:
        group, widths = self._groups[index], self._widths(width)
        pieces: list[Piece] = [(f" {layer_columns.name_cell(group.name, widths[NAME])}", "")]
        texts = {
            "type": one_line(group.type),
            "a": layer_milliseconds(group.a_us),
            "b": layer_milliseconds(group.b_us),
            "ratio": ratio_text(group),
            "layers": f"{len(group.a_layers)} | {len(group.b_layers)}",
        }
        bars = {"a-bar": (group.a_us, self._devices[0]), "b-bar": (group.b_us, self._devices[1])}
        for name, size in widths.items():
            column = PAIR_COLUMNS.get(name)
            if column is None:
                continue
            if name in bars:
                time_us, device = bars[name]
                bar = layer_columns.bar(time_us, self._largest, size - 2)
                pieces.append((layer_columns.cell(column, bar, size), layer_columns.ink(device)))
            else:
                pieces.append((layer_columns.cell(column, texts[name], size), ""))
        return pieces

    def full(self, index: int) -> str:
        return cut(one_line(self._groups[index].name), 400)

    def extract(self, indices: range) -> TableExport | None:
        groups = [self._groups[index] for index in indices if index < len(self._groups)]
        if not groups:
            return None
        a, b = self._devices
        headings = ("name", "type", f"{a}_us", f"{b}_us", "ratio", f"{a}_layers", f"{b}_layers", "original_names")
        title = number_format.quantity(len(groups), _TOGETHER, "groups of layers of the same operations")
        return TableExport(title, headings, lambda: [_fields(group) for group in groups])


def ratio_text(group: LayerGroup) -> str:
    """The second device against the first: '+14 %', '1/2.4', '2.4 times'."""
    return number_format.UNKNOWN if group.ratio is None else number_format.plain_change(group.ratio)


def _fields(group: LayerGroup) -> list[str]:
    """Empty where a figure is not known."""
    figures = ("" if value is None else f"{value:.6g}" for value in (group.a_us, group.b_us, group.ratio))
    names = (",".join(each) for each in (group.a_layers, group.b_layers, group.original_names))
    return [group.name, group.type, *figures, *names]
