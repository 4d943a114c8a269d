"""The request table: the newest requests first, read from the ring of records that the digest keeps.

Only the visible rows are read and formatted, so that a tick costs the same at 10 and at 50,000 requests a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import numpy as np
from rich.style import Style
from textual import events
from textual.message import Message

from ovtui.dashboard.drawing.cell_widget import CellWidget
from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import GlyphSet
from ovtui.dashboard.export import TableExport, export_of_records
from ovtui.dashboard.requests.found_requests import FoundRequests, place_of
from ovtui.dashboard.requests.record_rows import RecordsCopy, RowSource, TableCursor, completed_rows, first_kept_after
from ovtui.dashboard.requests.table_picture import RowGround, TableInk, TablePage, draw_table, newest_first, style_index
from ovtui.metrics.number_format import decimals_for
from ovtui.metrics.session.request_history import RequestHistory
from ovtui.records.data_shapes import NO_DATA_SHAPES, DataShapes
from ovtui.records.record import Records, inference_ms

_TITLE_MIN_HEIGHT = 7
"""From this height on the title is always shown; below it only while the table does not follow."""
_TYPICAL_RECORDS = 64
"""The median of so many newest records decides the number of decimals."""
Mark = Callable[[Records], None]
_COPY_AHEAD_TICKS = 2
"""A held page is copied when so many more ticks, each with as many records as the last, would overwrite it."""


class RequestTable(CellWidget, can_focus=True, inherit_bindings=False):
    """Call `update_history` at each tick.

    The table follows the newest request. Moving the cursor holds the page on its records while newer ones arrive above.
    Freezing replaces the history by a copy of all its records, so that the run overwrites none of them. The view binds
    the keys: the actions are action_scroll_up, _down, _page_up, _page_down, _home and _end, and `toggle`."""

    SAME_BACKGROUND = False
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
        """A key or the mouse moved the cursor or the page."""

    def __init__(
        self,
        *,
        hint: str = "",
        glyph_set: GlyphSet = "braille",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyph_set=glyph_set, id=id, classes=classes)
        self.hint = hint
        """Key hints at the end of the title."""
        self._history: RequestHistory | None = None
        self._frozen_copy: RecordsCopy | None = None
        self._cursor = TableCursor()
        self._decimals = 1
        self._total = 0
        self._added = 0
        self._mark: Mark | None = None
        self._note = ""
        self._found: FoundRequests | None = None
        """What was asked for; None where nothing was, or while it is looked for."""
        self._later: FoundRequests | None = None
        """A newer answer, for when the cursor is let go."""
        self._found_frozen = False
        self._asked = self._progress = ""
        self.release_key = "escape"
        """The key that ends the filter. The owner of the table sets it."""
        self.data_shapes: DataShapes = NO_DATA_SHAPES
        """The session's. The owner of the table sets them."""

    @property
    def frozen(self) -> bool:
        return self._frozen_copy is not None or (self.found_shown and self._found_frozen)

    @property
    def following(self) -> bool:
        """True while the first row shows the newest request, or the first of what was found."""
        return not self.frozen and self._cursor.following

    @property
    def mode(self) -> Literal["following", "held", "frozen"]:
        return "frozen" if self.frozen else "following" if self.following else "held"

    @property
    def cursor_record(self) -> np.void | None:
        """A copy of the record under the cursor, which is the newest while following; None where there are no
        records."""
        records = self._view(self._cursor.index, 1)
        return records[0] if len(records) else None

    @property
    def cursor_place(self) -> int | None:
        """The place in the session of the record under the cursor, counted over all that came back; None where it is
        not known."""
        if isinstance(self._rows, FoundRequests):
            return place_of(self._rows.places, self._cursor.index)
        return self._cursor.index if self._cursor.index >= 0 else None

    def export_row(self) -> TableExport | None:
        """The request under the cursor."""
        records = self._view(self._cursor.index, 1)
        return (
            export_of_records(records, f"request {int(records['seq'][0]):,}", self.data_shapes)
            if len(records)
            else None
        )

    def export_page(self) -> TableExport | None:
        """The visible requests, in the order on the screen: the newest first."""
        page = self._cursor.page
        records = newest_first(self._view(page.start, len(page)))
        return export_of_records(records, f"{len(records):,} requests in sight", self.data_shapes)

    def export_all(self) -> TableExport | None:
        """All requests that are kept, in the order of completion; what was found in the order of the screen."""
        rows = self._rows
        records = self._view(rows.first_kept, rows.total - rows.first_kept)
        what = f"{len(records):,} requests"
        if isinstance(rows, FoundRequests):
            records, what = newest_first(records), f"{what} ({rows.text})"
        return export_of_records(records, what, self.data_shapes)

    def update_history(self, history: RequestHistory, mark: Mark | None = None, note: str = "") -> None:
        """Draws new records; to be called at about 2 Hz. Keeps a reference to the history, not a copy, until the next
        call. `mark`: sets flags that readers set (Digest.mark_left_out); `note`: in the title, behind the mode."""
        same = history is self._history and note == self._note
        self._added = history.total - (self._total if history is self._history else 0)
        if history is not self._history and self._found is not None and not self._found_frozen:
            self._cursor.to_newest()  # a replay went back: what is held may be of its future
        self._mark, self._note = mark, note
        if same and not self._added:
            return
        self._history, self._total = history, history.total
        if not self.frozen and not self.found_shown:
            self._redraw()
        elif self._title_shown:
            self._repaint()

    @property
    def found_shown(self) -> bool:
        """It shows what was asked for instead of the newest requests."""
        return self._found is not None or bool(self._asked)

    def ask(self, asked: str) -> None:
        """`asked`: what was asked for and is still being looked for; empty to show the newest requests again."""
        self._asked, self._found, self._later, self._frozen_copy = asked, None, None, None
        self._found_frozen = False
        self._cursor.to_newest()
        self._redraw()

    def show_progress(self, text: str) -> None:
        """`text`: in the title, while the answer is looked for."""
        if text != self._progress:
            self._progress = text
            self._repaint()

    def show_found(self, found: FoundRequests) -> None:
        """Shows an answer; while the cursor is held, or the table frozen, not before it is let go."""
        if self._found is not None and (self._found_frozen or not self._cursor.following):
            self._later = found
            self._repaint()
            return
        self._found, self._later = found, None
        self._redraw()

    def freeze(self) -> None:
        """Copies the history: over 100,000 records once that many requests have run."""
        if self._frozen_copy is None and self._history is not None:
            self._frozen_copy = RecordsCopy(self._history)
            self._redraw()

    def unfreeze(self) -> None:
        """Drops the copy and follows the newest request."""
        self._frozen_copy = None
        self._cursor.to_newest()
        self._redraw()

    def toggle(self) -> None:
        if self.found_shown:
            self._found_frozen = not self._found_frozen
            self._let_go()
            self._redraw()
        elif self.frozen:
            self.unfreeze()
        else:
            self.freeze()

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

    def _let_go(self) -> None:
        """Shows the answer that came while the cursor was held."""
        if self._later is not None and self._cursor.following and not self._found_frozen:
            self._found, self._later = self._later, None

    def on_focus(self) -> None:
        self._redraw()

    def on_blur(self) -> None:
        self._redraw()

    @property
    def _rows(self) -> RowSource:
        if self.found_shown:
            return self._found or RecordsCopy()
        return self._frozen_copy or self._history or RecordsCopy()

    def _view(self, first: int, count: int) -> Records:
        """These records in the order of completion, with the flags that readers set."""
        rows = self._rows
        if isinstance(rows, FoundRequests):
            return rows.view(first, count)
        records = completed_rows(rows, first, count)
        if self._mark is not None:
            self._mark(records)
        return records

    @property
    def _title_shown(self) -> bool:
        return self.mode != "following" or self.content_size.height >= _TITLE_MIN_HEIGHT

    @property
    def _head_rows(self) -> int:
        return 2 if self._title_shown else 1

    def _redraw_moved(self) -> None:
        self._let_go()
        self._redraw()
        self.post_message(self.Moved())

    def _redraw(self) -> None:
        """For new records, a move, another size or other glyphs."""
        live, position = self._history, self._cursor
        rows = self._rows
        position.set_bounds(rows.first_kept, rows.total, self.content_size.height - self._head_rows)
        soon_kept_from = first_kept_after(live, _COPY_AHEAD_TICKS * self._added) if live is not None else 0
        if live is not None and not self.found_shown and self.mode == "held" and position.page.start < soon_kept_from:
            self._frozen_copy = RecordsCopy(live)
        if live is not None and self.following:
            typical = inference_ms(live.tail(_TYPICAL_RECORDS))
            self._decimals = decimals_for(float(np.median(typical)) if len(typical) else None, self._decimals)
        self._repaint()

    def _picture(self) -> CellGrid:
        width, height = self.content_size
        note = "" if self.found_shown else self._note
        mode = " · ".join(filter(None, (self._mode_text(), note)))
        title = ("REQUESTS", mode, self.hint) if self._title_shown else None
        held, page = self.mode != "following", self._page()
        return draw_table(width, height, page, title, held, self._glyphs, self.data_shapes)

    def _page(self) -> TablePage:
        span = self._cursor.page
        records = newest_first(self._view(span.start - 1, len(span) + 2))
        # The neighbours at both ends show whether a batch goes on beyond the page.
        has_newer = span.stop < self._rows.total
        has_older = span.start > self._rows.first_kept
        shown = records[1 if has_newer else 0 : len(records) - (1 if has_older else 0)]
        cursor_shown = self.has_focus or self.mode != "following"
        return TablePage(
            records=shown,
            newer=int(records["batch_id"][0]) if has_newer else 0,
            older=int(records["batch_id"][-1]) if has_older else 0,
            cursor=self._cursor.top - self._cursor.index if cursor_shown else None,
            decimals=self._decimals,
            sorted_by=self._found.query.column if self._found is not None else "",
            least_first=self._found is not None and self._found.query.least_first,
            nothing=self._nothing,
        )

    @property
    def _nothing(self) -> str:
        if not self.found_shown:
            return self.nothing_yet or "no requests yet"
        if self._found is None:
            return self._progress or "looking"
        if self._found.query.filter is None or not self._found.coverage.total:
            return self.nothing_yet or "no requests yet"
        return f"no request is {self._found.query.filter.text}; {self.release_key} ends the filter"

    def _mode_text(self) -> str:
        if self.found_shown:
            return self._found_text()
        if self.mode == "following":
            return "following, newest first"
        rows, chosen = self._rows, self._cursor.index
        kept = rows.total - rows.first_kept
        at = f"row {rows.total - chosen:,} of {kept:,}" if kept else "no requests"
        if self.mode == "held":
            return f"held · {at}"
        newer = self._total - rows.total
        return f"frozen · {at}" + (f" · {newer:,} newer since" if newer > 0 else "")

    def _found_text(self) -> str:
        found = self._found
        if found is None:
            return " · ".join(filter(None, (self._asked, self._progress)))
        at, parts = found.total - self._cursor.index, list[str]()
        if self.mode != "following" and found.total:
            parts.append(f"{self.mode} at row {at:,}")
        if self._later is not None and self._later.matched > found.matched:
            parts.append(f"{self._later.matched - found.matched:,} more since")
        if self._progress:
            parts.append(self._progress)
        whole, room = " · ".join([found.text, *parts]), self.content_size.width - len("REQUESTS  ")
        return whole if len(whole) <= room else " · ".join([found.short_text, *parts])

    def _make_styles(self) -> list[Style]:
        """Indexed by `style_index`."""
        styles = [Style()] * (len(TableInk) * len(RowGround))
        for ground in RowGround:
            below = self.get_component_rich_style(ground.component)
            for ink in TableInk:
                above = self.get_component_rich_style(ink.component)
                bold = above.bold or below.bold
                if ground is RowGround.CURSOR and self.app.native_ansi_color:
                    # With a terminal's own 16 colours no background is readable behind every foreground.
                    styles[style_index(ink, ground)] = Style(color=above.color, bold=bold, reverse=True)
                else:
                    styles[style_index(ink, ground)] = Style(color=above.color, bgcolor=below.bgcolor, bold=bold)
        return styles
