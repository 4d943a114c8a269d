"""The rows of the layers. Thousands are kept, those in sight are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ovtui.dashboard.drawing.row_list import RowList
from ovtui.dashboard.drawing.text_fit import Piece, cut, first_that_fits, one_line
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.keymap import KeyBindings, keys_of
from ovtui.dashboard.layers import layer_columns
from ovtui.dashboard.layers.layer_columns import COLUMNS, NAME, Widths
from ovtui.metrics import number_format
from ovtui.metrics.layers.table import LayerRow, Sort

SORTED: dict[Sort, str] = {"time": "by time", "order": "in order of execution", "name": "by name", "type": "by type"}
HEADINGS = (
    "order", "name", "type", "exec_type", "precision", "status", "inferences", "median_us", "p95_us", "mean_us",
    "mean_cpu_us", "share", "cumulative_share", "original_names",
)  # fmt: skip
"""Of the exported table."""
_AFTER_NAME = tuple(name for name in COLUMNS if name != "order")


class LayerList(RowList):
    _rows: Sequence[LayerRow] = ()
    _of = 0
    _sort: Sort = "time"
    _pattern = ""
    _device = ""
    _largest = 0.0
    _fitted: tuple[int, Widths] = (-1, {})

    def __init__(self, moved: Callable[[], None] = lambda: None) -> None:
        """`moved`: called when the cursor was moved or released."""
        super().__init__()
        self.on_moved = moved

    def show(self, rows: Sequence[LayerRow], of: int, device: str, *, sort: Sort, pattern: str) -> None:
        """`rows`: sorted and filtered, `of` so many. The cursor stays on its layer, or leaves with it."""
        chosen = self.chosen
        self._rows, self._of, self._device, self._sort, self._pattern = rows, of, device, sort, pattern
        self._largest = max((row.share or 0.0 for row in rows), default=0.0)
        if chosen is not None:
            order = chosen.layer.order
            self.cursor = next((index for index, row in enumerate(rows) if row.layer.order == order), None)
        self.redraw()

    @property
    def chosen(self) -> LayerRow | None:
        """Under the cursor."""
        return self._rows[self.cursor] if self.cursor is not None and self.cursor < len(self._rows) else None

    def count(self) -> int:
        return len(self._rows)

    def _widths(self, width: int) -> Widths:
        """Found once for a width: each row asks for them."""
        if self._fitted[0] != width:
            self._fitted = width, layer_columns.fitting_widths(COLUMNS, width)
        return self._fitted[1]

    def head(self, width: int) -> list[list[Piece]]:
        if not self._of:
            return []
        widths = self._widths(width)
        first = self._line({NAME: "", **{name: column.heading for name, column in COLUMNS.items()}}, widths)
        second = self._line({NAME: "layer", **{name: column.unit for name, column in COLUMNS.items()}}, widths)
        return [self._title(width), [(first, "$dim")], [(second, "$dim")]]

    def _line(self, texts: Mapping[str, str], widths: Widths) -> str:
        order = layer_columns.cell(COLUMNS["order"], texts["order"], widths["order"]) if "order" in widths else ""
        cells = [
            layer_columns.cell(COLUMNS[name], texts[name], size) for name, size in widths.items() if name in _AFTER_NAME
        ]
        return f" {order}{layer_columns.name_cell(texts[NAME], widths[NAME])}{''.join(cells)}"

    def _title(self, width: int) -> list[Piece]:
        counted = number_format.quantity(self._of, "layer")
        told = ""
        if self._pattern:
            counted = f"{len(self._rows):,} of {counted}"
            shares = sum(row.share or 0.0 for row in self._rows)
            told = f", {number_format.share(shares)} of their time" if 0 < len(self._rows) < self._of else ""
        return table_title(self._sort, counted, self._pattern, told, keys_of(self), width)

    def row(self, index: int, width: int) -> list[Piece]:
        row, widths = self._rows[index], self._widths(width)
        style = "" if row.layer.status == "EXECUTED" else "$dim"
        pieces: list[Piece] = [(" ", "")]
        if "order" in widths:
            pieces.append((layer_columns.cell(COLUMNS["order"], f"{row.layer.order}", widths["order"]), "$dim"))
        pieces.append((layer_columns.name_cell(row.layer.name, widths[NAME]), style))
        for name, size in widths.items():
            if name == "bar":
                text = layer_columns.bar(row.share, self._largest, size - 2)
                pieces.append((layer_columns.cell(COLUMNS[name], text, size), layer_columns.ink(self._device)))
            elif name in _AFTER_NAME:
                text = layer_columns.cell_text(name, row)
                pieces.append((layer_columns.cell(COLUMNS[name], text, size), style))
        return pieces

    def full(self, index: int) -> str:
        return cut(one_line(self._rows[index].layer.name), 400)

    def extract(self, indices: range) -> TableExport | None:
        rows = [self._rows[index] for index in indices if index < len(self._rows)]
        if not rows:
            return None
        title = f"{number_format.quantity(len(rows), 'layer')} on {one_line(self._device)}"
        return TableExport(title, HEADINGS, lambda: [_fields(row) for row in rows])


def table_title(
    sort: Sort, counted: str, pattern: str, told: str, keys: KeyBindings, width: int
) -> list[Piece]:  # fmt: skip
    """'BY TIME  31 layers', with the filter and, where there is room, the keys. `told`: behind the filter."""
    found: list[Piece] = [(f"  filter: {one_line(pattern)}", "bold"), (told, "$dim")] if pattern else []
    hint = keys.hint("layers-sort", "filter", "copy-table", "write-table")
    title: list[Piece] = [(f" {SORTED[sort].upper()}", "bold"), (f"  {counted}", "$dim"), *found]
    return first_that_fits([[*title, (f"   {hint}", "$dim")], title], width)


def _fields(row: LayerRow) -> list[str]:
    """A cell per heading of HEADINGS; empty where a figure is not known."""
    layer = row.layer
    figures = (layer.median_us, layer.p95_us, layer.mean_us, layer.mean_cpu_us, row.share, row.cumulative)
    return [
        *(f"{layer.order}", layer.name, layer.type, layer.exec_type, layer.precision, layer.status),
        f"{layer.inferences}",
        *("" if value is None else f"{value:.6g}" for value in figures),
        ",".join(layer.original_names),
    ]
