"""The table of the fleet: a row for each box, under a heading for each kind or in one list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ovtui.dashboard.drawing.row_list import RowList
from ovtui.dashboard.drawing.text_fit import Piece, cut, first_that_fits, one_line
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.fleet.box_columns import ASCENDING, MARK_CELLS, Widths, cell, fitting_widths, heading, text_of
from ovtui.dashboard.fleet.fleet_box import FIGURES, FleetBox
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.metrics import number_format
from ovtui.metrics.fleet.row_order import filtered_rows, sorted_rows
from ovtui.metrics.fleet.table import COLUMN, Key

HEADINGS = (
    "box", "phase", "kind", "device", "throughput", "p50_ms", "p99_ms", "handover_s", "batch_share", "errors",
    "temperature_c", "differs_in", "ratio", "ratio_low", "ratio_high", "text", "session",
)  # fmt: skip
"""Of the exported table."""


class BoxList(RowList):
    _rows: Sequence[FleetBox] = ()
    _all: Sequence[FleetBox] = ()
    _fitted: tuple[int, Widths] = (-1, {})

    def __init__(self, moved: Callable[[], None] = lambda: None) -> None:
        """`moved`: called when the cursor was moved or released."""
        super().__init__()
        self.on_moved = moved
        self.sort: Key | None = None
        """None: by kind and name."""
        self.reverse = False
        self.words = ""
        """All of them are in the box's name, kind, phase or device."""
        self.trouble = False
        """Only boxes that failed, are silent or differ from their kind."""
        self.by_kind = True
        self._heads: dict[int, int] = {}
        """The rows before which the heading of their kind stands, and how many of it are shown."""

    def show(self, boxes: Sequence[FleetBox]) -> None:
        """The cursor stays on its box, or leaves with it."""
        chosen = self.chosen
        self._all = boxes
        self._rows = self._shown_rows()
        if chosen is not None:
            name = chosen.row.name
            self.cursor = next((index for index, box in enumerate(self._rows) if box.row.name == name), None)
        self.redraw()

    def _shown_rows(self) -> list[FleetBox]:
        by_name = {box.row.name: box for box in self._all}
        rows = filtered_rows([box.row for box in self._all], self.words)
        if self.sort is not None:
            rows = sorted_rows(rows, self.sort, descending=self.reverse == (self.sort in ASCENDING))
        found = [by_name[row.name] for row in rows if not self.trouble or by_name[row.name].in_trouble]
        self._heads = {}
        if self.grouped:
            kinds = list(dict.fromkeys(box.kind for box in self._all))
            groups = [[box for box in found if box.kind == kind] for kind in kinds]
            found = []
            for group in filter(None, groups):
                self._heads[len(found)] = len(group)
                found += group
        return found

    @property
    def grouped(self) -> bool:
        """Under headings: there are several kinds."""
        return self.by_kind and len({box.kind for box in self._all}) > 1

    @property
    def chosen(self) -> FleetBox | None:
        """Under the cursor."""
        return self._rows[self.cursor] if self.cursor is not None and self.cursor < len(self._rows) else None

    def count(self) -> int:
        return len(self._rows)

    def redraw(self) -> None:
        self._fitted = (-1, {})
        super().redraw()

    def _widths(self, width: int) -> Widths:
        """Found once for a frame: each row asks for them."""
        if self._fitted[0] != width:
            kinds = not self.by_kind and len({box.kind for box in self._all}) > 1
            self._fitted = width, fitting_widths(width, [box.name for box in self._all], kinds=kinds)
        return self._fitted[1]

    def head(self, width: int) -> list[list[Piece]]:
        pieces: list[Piece] = [(" " * MARK_CELLS, "")]
        for key, size in self._widths(width).items():
            pieces.append((heading(key, size), "bold" if key == self.sort else "$dim"))
        return [self._title(width), pieces]

    def _title(self, width: int) -> list[Piece]:
        counted = f"{len(self._all):,}"
        if len(self._rows) != len(self._all):
            counted = f"{len(self._rows):,} of {counted}"
        title: list[Piece] = [(" BOXES", "bold"), (f"  {counted}", "$dim")]
        if self.sort is not None:
            title.append((f"  by {COLUMN[self.sort].heading}{', reversed' if self.reverse else ''}", "bold"))
        if self.trouble:
            title.append(("  failed, silent or odd only", "bold"))
        if self.words:
            title.append((f"  filter: {one_line(self.words)}", "bold"))
        keys = keys_of(self).hint("copy-table", "write-table")
        return first_that_fits([[*title, (f"   {keys}", "$dim")], title], width)

    def above(self, index: int) -> list[list[Piece]]:
        if index not in self._heads:
            return []
        return [[(f" {self._rows[index].kind}", "bold"), (f"  {self._heads[index]:,}", "$dim")]]

    def height_of(self, index: int, width: int) -> int:  # noqa: ARG002
        return 1 + (index in self._heads)

    def row(self, index: int, width: int) -> list[Piece]:
        box = self._rows[index]
        mark, mark_style = box.mark
        pieces: list[Piece] = [(f" {mark} ", mark_style)]
        left = width - MARK_CELLS - 2
        for key, size in self._widths(width).items():
            if key == "device" and box.failed and box.figures.throughput is None:
                pieces.append((cut(box.remark[0], left - 1), box.remark[1]))
                break
            pieces.append(_styled_cell(box, key, size))
            left -= size
        return pieces

    def full(self, index: int) -> str:
        return cut(self._rows[index].remark[0], 400)

    def extract(self, indices: range) -> TableExport | None:
        rows = [self._rows[index] for index in indices if index < len(self._rows)]
        if not rows:
            return None
        title = number_format.quantity(len(rows), "box", "boxes")
        return TableExport(title, HEADINGS, lambda: [_fields(box) for box in rows])


def _styled_cell(box: FleetBox, key: Key, size: int) -> Piece:
    text, style = text_of(box.row, key, size), ""
    if key == "box":
        style = "bold" if box.in_trouble else ""
    elif key == "phase":
        style = box.phase_style
    elif key == "device":
        style = device_ink(text)
    elif key == "odd":
        text, style = box.remark
        if box.odd is not None and size < len(text) + 2:
            text = text if size > 36 else box.row.short["odd"]
    elif box.odd is not None and key == FIGURES[box.odd.figure]:
        style = "bold $warning"
    elif key == "errors" and box.figures.errors:
        style = "$error"
    return cell(key, text, size), style


def device_ink(device: str) -> str:
    """The colour of a device indicator: 'GPU.0', '(CPU)'."""
    if device.startswith("(CPU"):
        return "$stand-in"
    if device.startswith("CPU"):
        return "$cpu"
    return "$accelerator" if device.startswith(("GPU", "NPU")) else ""


def _fields(box: FleetBox) -> list[str]:
    """A cell per heading of HEADINGS; empty where a figure is not known."""
    figures, odd = box.figures, box.odd
    numbers = (
        figures.throughput, figures.p50_ms, figures.p99_ms, figures.handover_s, figures.batch_share, figures.errors,
        figures.temperature_c,
    )  # fmt: skip
    ratios = (None, None, None) if odd is None else (odd.ratio, odd.low, odd.high)
    return [
        *(box.state.name, box.state.phase, box.kind, figures.device or ""),
        *("" if value is None else f"{value:.6g}" for value in numbers),
        "" if odd is None else odd.figure,
        *("" if value is None else f"{value:.6g}" for value in ratios),
        *(box.state.text, box.state.session),
    ]
