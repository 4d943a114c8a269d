"""The request table: the newest requests first, over the ring of records that the digest keeps.

Only the rows in sight are ever read and formatted, so a tick costs the same at 10 and at 50,000 requests a second."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from rich.style import Style
from textual import events
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ovtui.dashboard.drawing.cells import CellGrid, changed_regions
from ovtui.dashboard.drawing.glyphs import GLYPHS, GlyphSet
from ovtui.dashboard.export import TableExport, export_of_records
from ovtui.dashboard.requests.row_source import RecordsCopy, RowSource, first_kept_after
from ovtui.dashboard.requests.table_cursor import TableCursor
from ovtui.dashboard.requests.table_picture import RowGround, TableInk, TablePage, draw_table, newest_first, style_index
from ovtui.metrics.number_format import decimals_for
from ovtui.metrics.session.request_history import RequestHistory
from ovtui.records.record import inference_ms

_TITLE_MIN_HEIGHT = 7
"""Heights from which on the title stands above the columns; below it does only where it says more than 'following'."""
_TYPICAL_RECORDS = 64
"""Newest records whose median decides on the decimals."""
_COPY_AHEAD_TICKS = 2
"""A held page is copied when this many more ticks like the last would overwrite it."""


class RequestTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Give it the history at each tick with `update_history`.

    It follows the newest request; moving the cursor away holds the page on its records while newer ones arrive above;
    and freezing puts a copy of all kept records in the history's place, so that nothing overwrites them. Keys are
    bound by the screen: the actions are action_scroll_up, _down, _page_up, _page_down, _home and _end, and `toggle`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*(i.component for i in TableInk), *(g.component for g in RowGround)}
    DEFAULT_CSS = """
    RequestTable {
        overflow: hidden hidden;
        .request-table--title { text-style: bold; }
        .request-table--dim { color: $text-muted; }
        .request-table--even { background: $surface; }
        .request-table--odd { background: $panel; }
        .request-table--error { color: $error; text-style: bold; }
        .request-table--warning { color: $warning; }
        .request-table--cursor { background: $block-cursor-background; text-style: bold; }
    }
    """

    class Moved(Message):
        """Another row is under the cursor, or other rows are in sight, by a key or the mouse."""

    def __init__(
        self,
        *,
        hint: str = "",
        glyph_set: GlyphSet = "braille",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.hint = hint
        """Last in the title."""
        self._glyphs = GLYPHS[glyph_set]
        self._history: RequestHistory | None = None
        self._frozen_copy: RecordsCopy | None = None
        self._cursor = TableCursor()
        self._decimals = 1
        self._total = 0
        self._added = 0
        self._cells = CellGrid(0, 0)
        self._rich_styles: list[Style] = []

    @property
    def frozen(self) -> bool:
        return self._frozen_copy is not None

    @property
    def following(self) -> bool:
        """Whether the newest request is in the first row and will be."""
        return self._frozen_copy is None and self._cursor.following

    @property
    def mode(self) -> Literal["following", "held", "frozen"]:
        return "frozen" if self.frozen else "following" if self.following else "held"

    @property
    def cursor_record(self) -> np.void | None:
        """A copy of the record under the cursor, the newest while following; None where there is none."""
        records = self._rows.view(self._cursor.chosen, 1)
        return records[0] if len(records) else None

    def copied_row(self) -> TableExport | None:
        """The request under the cursor."""
        records = self._rows.view(self._cursor.chosen, 1)
        return export_of_records(records, f"request {int(records['seq'][0]):,}") if len(records) else None

    def export_page(self) -> TableExport | None:
        """The requests in sight, the newest first as they stand there."""
        page = self._cursor.page
        records = newest_first(self._rows.view(page.start, len(page)))
        return export_of_records(records, f"{len(records):,} requests in sight")

    def export_all(self) -> TableExport | None:
        """All that are kept, in the order in which they completed."""
        rows = self._rows
        records = rows.view(rows.first_kept, rows.total - rows.first_kept)
        return export_of_records(records, f"{len(records):,} requests")

    def update_history(self, history: RequestHistory) -> None:
        """Draws what is new; call it at about 2 Hz. The history is kept, not copied, until the next call."""
        same = history is self._history
        self._added = history.total - (self._total if same else 0)
        if same and not self._added:
            return
        self._history, self._total = history, history.total
        if not self.frozen:
            self._redraw()
        elif self._title_shown:
            self._draw()

    def freeze(self) -> None:
        """Holds all records that are kept, over 100,000 of them once so many have run."""
        if self._frozen_copy is None and self._history is not None:
            self._frozen_copy = RecordsCopy(self._history)
            self._redraw()

    def unfreeze(self) -> None:
        """Follows the newest again."""
        self._frozen_copy = None
        self._cursor.to_newest()
        self._redraw()

    def toggle(self) -> None:
        if self.frozen:
            self.unfreeze()
        else:
            self.freeze()

    def set_glyphs(self, glyph_set: GlyphSet) -> None:
        self._glyphs = GLYPHS[glyph_set]
        self._redraw()

    def action_scroll_up(self) -> None:
        self._cursor.move(-1)
        self._redraw_moved()

    def action_scroll_down(self) -> None:
        self._cursor.move(1)
        self._redraw_moved()

    def action_scroll_page_up(self) -> None:
        self._cursor.move_pages(-1)
        self._redraw_moved()

    def action_scroll_page_down(self) -> None:
        self._cursor.move_pages(1)
        self._redraw_moved()

    def action_scroll_home(self) -> None:
        self._cursor.to_newest()
        self._redraw_moved()

    def action_scroll_end(self) -> None:
        self._cursor.to_oldest()
        self._redraw_moved()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._cursor.scroll(3)
        self._redraw_moved()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._cursor.scroll(-3)
        self._redraw_moved()

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        if at is not None:
            self._cursor.choose_row(at.y - self._head_rows)
            self._redraw_moved()

    def on_focus(self) -> None:
        self._redraw()

    def on_blur(self) -> None:
        self._redraw()

    def on_resize(self) -> None:
        self._redraw()

    def render_line(self, y: int) -> Strip:
        if not self._rich_styles:
            self._rich_styles = self._make_styles()
        if y >= self._cells.height:
            return Strip.blank(self.content_size.width, self.rich_style)
        return self._cells.strip(y, self._rich_styles)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._rich_styles = []

    @property
    def _rows(self) -> RowSource:
        return self._frozen_copy or self._history or RecordsCopy()

    @property
    def _title_shown(self) -> bool:
        return self.mode != "following" or self.content_size.height >= _TITLE_MIN_HEIGHT

    @property
    def _head_rows(self) -> int:
        return 2 if self._title_shown else 1

    def _redraw_moved(self) -> None:
        self._redraw()
        self.post_message(self.Moved())

    def _redraw(self) -> None:
        """After new records, a move or another size."""
        live, position = self._history, self._cursor
        rows = self._rows
        position.settle(rows.first_kept, rows.total, self.content_size.height - self._head_rows)
        soon_kept_from = first_kept_after(live, _COPY_AHEAD_TICKS * self._added) if live is not None else 0
        if live is not None and self.mode == "held" and position.page.start < soon_kept_from:
            self._frozen_copy = RecordsCopy(live)
        if live is not None and self.following:
            typical = inference_ms(live.tail(_TYPICAL_RECORDS))
            self._decimals = decimals_for(float(np.median(typical)) if len(typical) else None, self._decimals)
        self._draw()

    def _draw(self) -> None:
        width, height = self.content_size
        page = self._page()
        title = ("REQUESTS", self._mode_text(), self.hint) if self._title_shown else None
        new = draw_table(width, height, page, title, self.mode != "following", self._glyphs)
        regions = changed_regions(self._cells, new)
        self._cells = new
        if regions:
            self.refresh(*regions)

    def _page(self) -> TablePage:
        span = self._cursor.page
        records = newest_first(self._rows.view(span.start - 1, len(span) + 2))
        # One more at either end, where there is one, says whether a batch goes on beyond the page.
        has_newer = span.stop < self._rows.total
        has_older = span.start > self._rows.first_kept
        shown = records[1 if has_newer else 0 : len(records) - (1 if has_older else 0)]
        cursor_shown = self.has_focus or self.mode != "following"
        return TablePage(
            records=shown,
            newer=int(records["batch_id"][0]) if has_newer else 0,
            older=int(records["batch_id"][-1]) if has_older else 0,
            cursor=self._cursor.top - self._cursor.chosen if cursor_shown else None,
            decimals=self._decimals,
        )

    def _mode_text(self) -> str:
        if self.mode == "following":
            return "following, newest first"
        rows, chosen = self._rows, self._cursor.chosen
        kept = rows.total - rows.first_kept
        at = f"row {rows.total - chosen:,} of {kept:,}" if kept else "no requests"
        if self.mode == "held":
            return f"held · {at}"
        newer = self._total - rows.total
        return f"frozen · {at}" + (f" · {newer:,} newer since" if newer else "")

    def _make_styles(self) -> list[Style]:
        """In the order of `style_number`."""
        styles = [Style()] * (len(TableInk) * len(RowGround))
        for ground in RowGround:
            below = self.get_component_rich_style(ground.component)
            for ink in TableInk:
                above = self.get_component_rich_style(ink.component)
                bold = above.bold or below.bold
                if ground is RowGround.CURSOR and self.app.native_ansi_color:
                    # No background goes with every foreground that a terminal's own 16 colours may be.
                    styles[style_index(ink, ground)] = Style(color=above.color, bold=bold, reverse=True)
                else:
                    styles[style_index(ink, ground)] = Style(color=above.color, bgcolor=below.bgcolor, bold=bold)
        return styles
