"""The history: segments beside each other, so that settings can be compared in one sitting."""

from __future__ import annotations

from textual.app import ComposeResult

from ovtui.dashboard.segments.segment_list import SegmentList
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.dashboard.views.listing_view import ListingView
from ovtui.metrics.queries.segments import segment_rows
from ovtui.metrics.snapshot import Snapshot


class HistoryView(ListingView):
    def compose(self) -> ComposeResult:
        yield Header()
        yield DeviceLine()
        yield SegmentList()
        yield EventLine()
        yield Footer()

    def draw_panels(self, snapshot: Snapshot) -> None:  # noqa: ARG002
        self.query_one(SegmentList).show(segment_rows(self.digest))
