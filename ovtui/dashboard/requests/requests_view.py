"""View 2: the request table over the whole screen, sorted and filtered at wish, and the request under the cursor."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.requests.chosen_request import ChosenRequest, choose_request
from ovtui.dashboard.requests.prompt_lines import FilterLine, PromptLines, SortLine
from ovtui.dashboard.requests.request_columns import sort_headings
from ovtui.dashboard.requests.request_detail import RequestDetail
from ovtui.dashboard.requests.request_search import RequestSearch
from ovtui.dashboard.requests.request_side import RequestSide
from ovtui.dashboard.requests.request_table import RequestTable
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.dashboard.views.view import View, ViewContext
from ovtui.metrics import number_format
from ovtui.metrics.queries.recorded_search import RecordedSearch
from ovtui.metrics.queries.request_filter import FilterError, RequestFilter, parse_filter
from ovtui.metrics.queries.top_requests import RequestQuery
from ovtui.metrics.snapshot import Snapshot

_PROGRESS_S = 0.25
"""From one look at a search of a recording to the next."""


class RequestsView(View):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.TABLE), *bindings(Scope.REQUESTS)]
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.TABLE, Scope.REQUESTS)
    AUTO_FOCUS = "RequestTable"

    def __init__(self, context: ViewContext) -> None:
        super().__init__(context)
        self.search = RequestSearch(context.digest, context.source)
        self._slowest_asked = False
        """The question is that for the slowest, and has not been answered yet."""

    def compose(self) -> ComposeResult:
        keys = keys_of(self)
        yield Header()
        yield DeviceLine()
        with Horizontal(id="requests-body"):
            table = RequestTable(hint=keys.hint("copy-row", "copy-table", "write-table"))
            table.release_key = keys.first("all-requests")
            yield table
            yield RequestSide()
        yield PromptLines()
        yield RequestDetail()
        yield EventLine()
        yield Footer()

    @property
    def table(self) -> RequestTable:
        return self.query_one(RequestTable)

    def draw(self, snapshot: Snapshot, tick: int, *, whole: bool = False) -> None:
        self.draw_status_lines(snapshot)
        if whole or tick % 2 == 0:
            self.table.data_shapes = self.digest.by_shape.known
            self.set_class(bool(self.table.data_shapes.newest), "-shapes")
            count = snapshot.out_of_order
            self.table.update_history(
                self.digest.history, self.digest.mark_left_out, f"{count:,} out of order" if count else ""
            )
            self._draw_found(snapshot)
            self._draw_chosen()
        self._draw_footer()

    def _draw_footer(self) -> None:
        if isinstance(self.focused, FilterLine):
            self.query_one(Footer).show(Scope.FILTERING)
        elif isinstance(self.focused, SortLine):
            self.query_one(Footer).show(Scope.SORTING)
        else:
            release = ("all-requests",) if self.search.asked else ()
            self.query_one(Footer).show(Scope.TABLE, (*release, "sort", "filter", "slowest"))

    # The question

    def _ask(
        self, filter_: RequestFilter | None, column: str, *, least_first: bool = False, slowest: bool = False
    ) -> None:
        self._slowest_asked = slowest
        query = RequestQuery(filter_, column, least_first, self.digest.by_shape.known)
        self.search.ask(query)
        filter_text = f"filter: {filter_.text}" if filter_ is not None else ""
        self.table.ask(" · ".join(filter(None, (query.sorted_text, filter_text))))
        self.table.update_history(self.digest.history, self.digest.mark_left_out)
        self._draw_found(self.digest.snapshot())
        self._draw_chosen()
        self._draw_footer()

    def _draw_found(self, snapshot: Snapshot) -> None:
        job = self.search.job
        found = self.search.follow(snapshot)
        if found is not None:
            self.table.show_found(found)
            if self._slowest_asked:
                self._slowest_asked = False
                self._tell_slowest(snapshot, found.matched)
        if self.search.job is not None and self.search.job is not job:
            self.run_worker(self._run(self.search.job), group="search", exclusive=True)
        self.table.show_progress(self.search.progress_text or self.search.problem)

    async def _run(self, job: RecordedSearch) -> None:
        """Searches the file in a thread, so that keys are answered meanwhile."""
        running = asyncio.ensure_future(asyncio.to_thread(job.run))
        try:
            while not running.done() and job is self.search.job:
                await asyncio.wait({running}, timeout=_PROGRESS_S)
                self._draw_found(self.digest.snapshot())
                self._draw_chosen()
            if running.done():
                running.result()  # a fault of its own is none of the file's: it is told as a crash
        finally:
            job.cancel()

    def _tell_slowest(self, snapshot: Snapshot, matched: int) -> None:
        """Where nothing counts yet, all are shown; where the slowest of the run is no longer kept, that is said."""
        if not matched and self.digest.history.total:
            self._ask(None, "response")
            return
        top = self.table.cursor_record
        longest_ms = snapshot.latency["response"].max if "response" in snapshot.latency else None
        if top is not None and longest_ms is not None:
            shown_ms = (int(top["done_ns"]) - int(top["due_ns"])) / 1e6
            if longest_ms > shown_ms + 1e-3:
                longest = number_format.milliseconds(longest_ms)
                self.show_answer(f"the slowest of the run, {longest} ms, is no longer kept: the recording has it")

    def find_slowest(self) -> None:
        self._close_prompt()
        if self._no_requests():
            return
        self._ask(parse_filter("counted"), "response", slowest=True)

    def open_filter(self) -> None:
        if self._no_requests():
            return
        shown = self.search.query.filter
        self.query_one(PromptLines).open_filter(shown.text if shown is not None else "")
        self._draw_footer()

    def open_sort(self) -> None:
        if self._no_requests():
            return
        self.query_one(PromptLines).open_sort(sort_headings(self.digest.by_shape.known))
        self._draw_footer()

    def _no_requests(self) -> bool:
        if not self.digest.history.total:
            self.show_answer("no requests yet: there is nothing to sort or to filter")
        return not self.digest.history.total

    def _close_prompt(self) -> None:
        self.query_one(PromptLines).close()
        self.table.focus()

    def on_filter_line_ended(self, event: FilterLine.Ended) -> None:
        text = self.query_one(FilterLine).value.strip()
        now = self.search.query
        if event.take and text:
            try:
                wanted = parse_filter(text)
            except FilterError as error:
                self.show_answer(str(error))
                return
            if unknown := self._unknown_shape(wanted):
                self.show_answer(unknown)
                return
            self.query_one(EventLine).end_answer()  # of a filter that was wrong
            self._close_prompt()
            self._ask(wanted, now.column, least_first=now.least_first)
        else:
            self._close_prompt()
            if event.take and now.filter is not None:
                self._ask(None, now.column, least_first=now.least_first)
        self._draw_footer()

    def _unknown_shape(self, wanted: RequestFilter) -> str:
        """Why a shape that it asks for cannot be found; empty where it can."""
        known = list(self.digest.by_shape.known.newest)
        for shape in wanted.shapes:
            if not known:
                return "the settings give no data shapes here: all requests have the shape of the model"
            if not any(shape in "".join(text.split()) for text in known):
                return f"no data shape has {shape} in it; there are {', '.join(known[:4])}"
        return ""

    def on_letter_line_chosen(self, event: SortLine.Chosen) -> None:
        self._close_prompt()
        now = self.search.query
        least_first = bool(event.column) and event.column == now.column and not now.least_first
        if event.column or now.column:
            self._ask(now.filter, event.column, least_first=least_first)
        self._draw_footer()

    def action_sort(self) -> None:
        self.open_sort()

    def action_release(self) -> None:
        """Ends the filter, then the sorting, then leads to the newest request."""
        now = self.search.query
        if now.filter is not None:
            self._ask(None, now.column, least_first=now.least_first)
        elif now.column:
            self._ask(None, "")
        else:
            self.action_table("home")

    # The request under the cursor

    def _draw_chosen(self) -> None:
        panel: RequestSide | RequestDetail = self.query_one(RequestDetail)
        if self.has_class("-huge"):
            panel = self.query_one(RequestSide)
        panel.show(self._choose())

    def _choose(self) -> ChosenRequest | None:
        record = self.table.cursor_record
        if record is None:
            return None
        return choose_request(record, self.table.cursor_place, self.digest, self.search.around)

    def on_request_table_moved(self) -> None:
        self._draw_chosen()

    def action_freeze(self) -> None:
        self.table.toggle()
        self._draw_chosen()

    def action_table(self, where: str) -> None:
        # Keys typed right after the one that opened this view arrive before its first frame.
        self.table.update_history(self.digest.history, self.digest.mark_left_out)
        getattr(self.table, f"action_scroll_{where}")()

    def on_descendant_focus(self) -> None:
        self._draw_footer()

    def on_descendant_blur(self) -> None:
        self._draw_footer()

    def on_screen_suspend(self) -> None:
        """Who comes back does not expect that a letter still sorts."""
        if isinstance(self.focused, SortLine):
            self._close_prompt()

    def on_unmount(self) -> None:
        self.search.close()

    def export_row(self) -> TableExport | None:
        return self.table.export_row()

    def export_page(self) -> TableExport | None:
        return self.table.export_page()

    def export_all(self) -> TableExport | None:
        return self.table.export_all()
