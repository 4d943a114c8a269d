"""The columns of the request table: their texts and widths, and which of them fit into a given width."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len

from ovtui.dashboard.drawing.text_fit import fitting_milliseconds, one_line
from ovtui.metrics.number_format import UNKNOWN, session_time
from ovtui.records.data_shapes import NO_DATA_SHAPES, DataShapes
from ovtui.records.device_codes import name_of
from ovtui.records.record import LATENCY_MS, Flag, Records, flags_text, lag_ms

ROOMY_FROM_WIDTH = 100
"""From this width on headings are unabbreviated and columns are two cells apart."""


CellTexts = Callable[[Records, int, int], list[str]]
"""From [n] records, the column's width and the decimals of latencies to the column's [n] texts."""


@dataclass(frozen=True, slots=True)
class RequestColumn:
    name: str
    heading: str
    width: int
    """In cells, of the roomy form."""
    cell_texts: CellTexts
    rank: float
    """Where width is short, columns with higher ranks are dropped first."""
    short_heading: str = ""
    short_width: int = 0
    left: bool = False
    """Left-aligned instead of right-aligned."""

    def head(self, roomy: bool) -> str:
        return self.heading if roomy or not self.short_heading else self.short_heading

    def cells(self, roomy: bool) -> int:
        return self.width if roomy or not self.short_width else self.short_width


@dataclass(frozen=True, slots=True)
class PlacedColumn:
    """A column at its position in the table."""

    column: RequestColumn
    x: int
    width: int
    heading: str

    def align(self, text: str) -> str:
        text = text[: self.width]
        return text.ljust(self.width) if self.column.left else text.rjust(self.width)


def grouped_number(value: int, width: int) -> str:
    """The number with thousands separators, or without where these do not fit."""
    text = f"{value:,}"
    return text if len(text) <= width else str(value)


def latency_text(value_ms: float, width: int, decimals: int) -> str:
    """Unknown for NaN and negative values, which are no latencies."""
    known = math.isfinite(value_ms) and value_ms >= 0
    return fitting_milliseconds(value_ms if known else None, width, decimals)


def _integers(field: str) -> CellTexts:
    return lambda records, width, _: [grouped_number(value, width) for value in records[field].tolist()]


def _latency(kind: str) -> CellTexts:
    return lambda records, width, decimals: [
        latency_text(value, width, decimals) for value in LATENCY_MS[kind](records).tolist()
    ]


def _inference(records: Records, width: int, decimals: int) -> list[str]:
    """Unknown for a failed request, which has no inference latency."""
    values = zip(LATENCY_MS["inference"](records).tolist(), records["flags"].tolist(), strict=True)
    return [UNKNOWN if flags & Flag.ERROR and not ms else latency_text(ms, width, decimals) for ms, flags in values]


def _batch(records: Records, width: int, _: int) -> list[str]:
    """A deduced batch id is prefixed with '~'."""
    return [
        ("~" if flags & Flag.INFERRED_BATCH else "") + grouped_number(batch, width - 1) if batch else UNKNOWN
        for batch, flags in zip(records["batch_id"].tolist(), records["flags"].tolist(), strict=True)
    ]


def _batch_size(records: Records, *_: int) -> list[str]:
    """A deduced batch size is prefixed with '~'."""
    return [
        f"{'~' if flags & Flag.DEDUCED_SIZE else ''}{size}" if size else UNKNOWN
        for size, flags in zip(records["batch_size"].tolist(), records["flags"].tolist(), strict=True)
    ]


def _device(records: Records, *_: int) -> list[str]:
    return [name_of(code) for code in records["device"].tolist()]


def _moment(field: str) -> CellTexts:
    return lambda records, *_: [session_time(value) for value in records[field].tolist()]


def _wait(records: Records, width: int, decimals: int) -> list[str]:
    """From the due time to the submission."""
    return [latency_text(value, width, max(decimals, 2)) for value in lag_ms(records).tolist()]


@lru_cache(256)
def state_text(flags: int, width: int) -> str:
    """The texts of all set flags; whole words only: where `width` has no room for all, … follows the most severe ones.
    A tenth of a table's cost without the cache; few combinations occur."""
    text = flags_text(flags)
    while len(text) > width and " " in text:
        text = text.removesuffix(" …").rpartition(" ")[0] + " …"
        if " " not in text.removesuffix(" …"):
            break
    return text if len(text) <= width else text.removesuffix(" …")


def _state(records: Records, width: int, _: int) -> list[str]:
    return [state_text(flags, width) for flags in records["flags"].tolist()]


COLUMNS = (
    RequestColumn("seq", "seq", 10, _integers("seq"), 2),
    RequestColumn("order", "order", 10, _integers("order"), 8),
    RequestColumn("due", "due at", 11, _moment("due_ns"), 14),
    RequestColumn("submit", "submitted", 11, _moment("submit_ns"), 15),
    RequestColumn("done", "done at", 11, _moment("done_ns"), 11),
    RequestColumn("request", "req", 4, _integers("request"), 9),
    RequestColumn("segment", "seg", 3, _integers("segment"), 12),
    RequestColumn("batch", "batch", 9, _batch, 5, short_width=8),
    RequestColumn("size", "of", 3, _batch_size, 6),
    RequestColumn("device", "device", 6, _device, 3, left=True),
    RequestColumn("inference", "inference ms", 12, _inference, 4, "infer ms", 9),
    RequestColumn("service", "service ms", 10, _latency("service"), 10, "serve ms", 9),
    RequestColumn("response", "response ms", 11, _latency("response"), 1, "resp ms", 9),
    RequestColumn("wait", "waited ms", 9, _wait, 13),
    RequestColumn("state", "state", 10, _state, 7, left=True),
)
"""In their order on the screen, from the left."""


_WITHOUT_UNIT = re.compile(r" (?:at )?m?s$")


def _with_shapes(shapes: DataShapes) -> tuple[RequestColumn, ...]:
    """COLUMNS, and one for the data shape, before the last, where the session has several. Of long texts it shows the
    end, in which they differ."""
    if len(shapes.newest) < 2:
        return COLUMNS
    longest = max(len(one_line(text)) for text in shapes.newest)

    def texts(records: Records, width: int, _: int) -> list[str]:
        return [_last_cells(text, width) for text in shapes.texts(records)]

    width, short = (min(max(longest, len("data shape")), most) for most in (24, 16))
    shape = RequestColumn("shape", "data shape", width, texts, 5.5, short_width=short, left=True)
    return (*COLUMNS[:-1], shape, COLUMNS[-1])


@lru_cache(1024)
def _last_cells(text: str, width: int) -> str:
    """A cell for each character: a shape has the inputs' names in it, and these come from the model's file."""
    text = "".join(c if cell_len(c) == 1 else "?" for c in one_line(text))
    return text if len(text) <= width else "…" + text[1 - width :]


def sort_headings(shapes: DataShapes) -> list[tuple[str, str]]:
    """Name and heading of every column that a session has, without units."""
    return [(column.name, _WITHOUT_UNIT.sub("", column.heading)) for column in _with_shapes(shapes)]


def place_columns(left: int, width: int, shapes: DataShapes = NO_DATA_SHAPES, needed: str = "") -> list[PlacedColumn]:
    """The columns that fit between cell `left` and cell `width`; a left-aligned last column takes the remaining
    width. `shapes`: the session's; `needed`: the name of a column that is shown before any other."""
    columns = _with_shapes(shapes)
    roomy = width >= ROOMY_FROM_WIDTH
    gap = 2 if roomy else 1
    chosen: list[RequestColumn] = []
    room = width - left
    for column in sorted(columns, key=lambda column: column.rank if column.name != needed else 0):
        need = column.cells(roomy) + (gap if chosen else 0)
        if need > room:
            break
        room -= need
        chosen.append(column)
    placed, x = [], left
    for column in (column for column in columns if column in chosen):
        cells = column.cells(roomy)
        placed.append(PlacedColumn(column, x, cells, column.head(roomy)))
        x += cells + gap
    if placed and placed[-1].column.left:
        last = placed[-1]
        placed[-1] = PlacedColumn(last.column, last.x, width - last.x, last.heading)
    return placed


def table_texts(records: Records, placed: Sequence[PlacedColumn], decimals: int) -> list[list[str]]:
    """[columns][n] texts, each padded or cut to its column's width."""
    return [[place.align(text) for text in place.column.cell_texts(records, place.width, decimals)] for place in placed]
