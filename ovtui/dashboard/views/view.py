"""The base of the views: the pages of a session, drawn frame by frame while they are in front."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import ClassVar

from textual.screen import Screen

from ovtui.dashboard import export
from ovtui.dashboard.advice.advisor import Advisor
from ovtui.dashboard.advice.trial_screen import TrialScreen
from ovtui.dashboard.drawing.cell_widget import CellWidget
from ovtui.dashboard.drawing.direct_paint import DirectPainter
from ovtui.dashboard.drawing.glyphs import GlyphSet
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.events.answers import Answers
from ovtui.dashboard.events.events_screen import EventsScreen
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.commands import VIEW_KEYS, Scope
from ovtui.dashboard.keys.elsewhere import elsewhere
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.reasons.reason_screen import ReasonScreen
from ovtui.dashboard.staging import Staging
from ovtui.dashboard.stuck.stuck_screen import StuckScreen
from ovtui.dashboard.study_orders import Pinned, StudyOrders
from ovtui.dashboard.tour.caption import draw_caption
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.dashboard.views.nothing_yet import nothing_yet
from ovtui.metrics.digest import Digest
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.source import Source
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.display_settings import DisplaySettings


@dataclass(frozen=True, slots=True)
class ViewContext:
    """What a view draws from and acts on. Owner of all of it: the dashboard."""

    digest: Digest
    advisor: Advisor
    staging: Staging
    source: Source
    preferences: Preferences
    answers: Answers = field(default_factory=Answers)
    pinned: Pinned = field(default_factory=Pinned)


class View(Screen[None]):
    """A subclass composes Header, DeviceLine, its own widgets, EventLine and Footer, and extends `draw`."""

    AUTO_FOCUS = ""
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.OVERVIEW,)
    """The scopes of its own commands; the first one names the view."""
    number = 0
    """The digit that opens it."""
    glyphs: GlyphSet = "braille"
    replay_text = ""
    """State and position of a replay, for the header; empty in a live session."""
    read_only = False
    """The session is live, and this client may not change it."""
    pace_text = ""
    """Why there are fewer frames than chosen, for the header; empty otherwise."""
    low_bandwidth = False
    """The terminal's line is slow: large pictures are drawn less often."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self.context = context
        self.digest = context.digest
        self.painter = DirectPainter(self)
        self._at_mount = ""
        self.nothing_yet = ""
        """What its widgets say where no request will come."""
        self._new_figures = True
        """The frame being drawn draws figures anew: every second one does."""

    def draw_frame(self, snapshot: Snapshot, tick: int, *, whole: bool = False) -> None:
        """Draws one frame, see `draw`, and has it painted at once. A view that has just been opened has its widgets a
        moment later, and is drawn when they are there."""
        if not self.is_mounted:
            return
        self._new_figures = whole or tick % 2 == 0
        if self._new_figures:
            self.context.advisor.update()
        self.painter.begin_frame()
        try:
            self.draw(snapshot, tick, whole=whole)
        finally:
            self.painter.end_frame()

    def draw(self, snapshot: Snapshot, tick: int, *, whole: bool = False) -> None:
        """Draws one frame.

        `tick` numbers the frames: a view draws slow parts only in every second or fourth one. `whole`: everything is
        drawn, because no frame follows until the session changes, or frames are few."""
        raise NotImplementedError

    def draw_status_lines(self, snapshot: Snapshot) -> None:
        """The three lines that all views share: header, device and event line."""
        self.query_one(Header).show(
            snapshot,
            replay_text=self.replay_text,
            read_only=self.read_only,
            pace_text=self.pace_text,
            pinned=self.context.pinned.settings is not None,
            new_figures=self._new_figures,
        )
        self.query_one(DeviceLine).show(snapshot, self.digest.recording)
        notice = self.context.answers.notice_at(snapshot.now_ns)
        self.query_one(EventLine).show(
            snapshot, self.context.advisor.advice, notice=notice, replayed=self.context.source.replayed
        )
        state = snapshot.session_state
        changeable = not (self.read_only or self.replay_text)
        nothing = nothing_yet(state, self.digest.run.completed, keys_of(self), changeable=changeable)
        if nothing != self.nothing_yet:
            self.nothing_yet = nothing
            for widget in self.query(CellWidget):
                widget.tell_nothing_yet(nothing)
        troubles = (*(("stuck",) if state.stalled is not None else ()), *(("reason",) if state.explains_now else ()))
        self.query_one(Footer).offer((*troubles, *draw_caption(self)))

    def action_reason(self) -> None:
        """Opens the page with OpenVINO's whole texts."""
        self.app.push_screen(ReasonScreen(self.digest.session_state))

    def action_events(self) -> None:
        """Opens the page with the history of events."""
        self.app.push_screen(EventsScreen(self.digest, self.context.answers))

    def action_doctor(self) -> None:
        """Opens the page of the doctor, whose module need not be there for the first paint."""
        from ovtui.dashboard.doctor.doctor_screen import DoctorScreen

        settings = self.context.staging.in_force
        cache_dir = "" if settings is None else settings.cache_dir
        self.app.push_screen(
            DoctorScreen(replayed=self.context.source.replayed, cache_dir=cache_dir, glyphs=self.glyphs)
        )

    def action_stuck(self) -> None:
        """Opens the page with what was found of the engines, and has the host look at them now."""
        self.app.push_screen(StuckScreen(self.digest, self.context.source))

    def redraw(self) -> None:
        """Draws a whole frame now, because a finished session or a paused replay causes none."""
        self._new_figures = True
        self.context.advisor.update()
        self.draw(self.digest.snapshot(), 0, whole=True)

    def on_resize(self) -> None:
        self.call_after_refresh(self.redraw)

    def on_screen_resume(self) -> None:
        """Another page covered this view, and it may have missed frames."""
        self.call_after_refresh(self.redraw)

    def use_look(self, look: DisplaySettings, glyphs: GlyphSet) -> None:
        self.low_bandwidth = look.low_bandwidth
        self.set_class(look.low_bandwidth, "-low-bandwidth")
        if glyphs != self.glyphs:
            self.use_glyphs(glyphs)

    def use_glyphs(self, glyphs: GlyphSet) -> None:
        """Draws all panels and cell widgets with this set from now on; a subclass adds other kinds of widgets."""
        self.glyphs = glyphs
        self.set_class(glyphs == "ascii", "-ascii")
        for panel in self.query(Panel):
            panel.set_glyphs(glyphs)
        for widget in self.query(CellWidget):
            widget.set_glyphs(glyphs)

    def show_answer(self, text: str) -> None:
        """Shows the answer to a key in the event line for some seconds."""
        self.context.answers.add(self.digest.snapshot().now_ns, text)
        self.query_one(EventLine).show_answer(text)

    def tell_elsewhere(self, key: str) -> None:
        """Answers a key that does nothing here, unless something else is written to: the settings, a line."""
        free = self.focused is None or (bool(self.AUTO_FOCUS) and self.focused in self.query(self.AUTO_FOCUS))
        if free and (text := elsewhere(key, keys_of(self), self.SCOPES)):
            self.show_answer(text)

    async def adopt(self) -> None:
        """Stages the settings with which the engine that has failed could start, and shows them in the pane."""
        suggestion, staging = self.digest.session_state.suggestion, self.context.staging
        if not suggestion:
            self.show_answer("nothing is suggested; a failure for its shapes suggests others")
        elif self.context.source.read_only:
            self.show_answer("nothing can be changed here")
        else:
            try:
                staging.stage(suggestion)
            except SettingsError as error:
                self.show_answer(str(error))
                return
            await self.show_staged(list(suggestion))

    async def show_staged(self, names: list[str]) -> None:
        """Shows the settings that have been staged in the pane."""
        await self.run_action("app.view(1)")
        overview = self.app.get_screen("view-1")
        assert isinstance(overview, View)
        overview.show_setting(names[0])
        overview.show_answer(f"staged: {', '.join(names)}; {keys_of(self).first('apply')} applies")

    @property
    def orders(self) -> StudyOrders:
        context = self.context
        return StudyOrders(
            context.source, self.digest, context.pinned, keys_of(self), staged=bool(context.staging.staged)
        )

    def action_pin(self) -> None:
        """Pins the settings in force as A."""
        self.show_answer(self.orders.pin())

    def action_compare(self) -> None:
        """Begins a trial of the pinned settings against those in force, and opens its page."""
        page = TrialScreen(self.digest, self.context.source, asked=self.context.pinned.settings)
        asked, answer = self.orders.compare()
        self.show_answer(answer)
        if asked is not None:
            self.app.push_screen(page)

    def show_setting(self, name: str) -> None:
        """Opens the settings pane at this row. Only the overview has one."""

    async def action_slowest(self) -> None:
        """Opens view 2 with the cursor on the slowest request."""
        await self.open_requests("find_slowest")

    async def action_filter(self) -> None:
        """Opens the filter line of view 2; elsewhere says which key leads there."""
        if self.number in (1, 2):  # the overview has the small table
            await self.open_requests("open_filter")
        else:
            keys = keys_of(self)
            requests, filter_ = keys.first("view-requests"), keys.first("filter")
            self.show_answer(f"nothing can be filtered here; {requests} opens the requests, where {filter_} filters")

    async def open_requests(self, then: str) -> None:
        """Opens view 2 and calls one of its methods there: see requests.requests_view."""
        await self.run_action("app.view(2)")
        view = self.app.get_screen("view-2")
        assert isinstance(view, View)
        view.soon(then)

    def soon(self, method: str) -> None:
        """Calls a method of this view, as soon as it has its widgets."""
        if self.is_mounted:
            getattr(self, method)()
        else:
            self._at_mount = method

    def on_mount(self) -> None:
        self.redraw()  # before the first paint, which would tell that nothing has happened yet
        if self._at_mount:
            getattr(self, self._at_mount)()
            self._at_mount = ""

    def action_copy(self, what: str) -> None:
        """Copies the 'row' or the 'table' to the clipboard."""
        copied = self.export_row() if what == "row" else self.export_page()
        self.show_answer(export.copy_to_clipboard(self.app, copied))

    def action_write_table(self) -> None:
        self.run_worker(self._write_table(self.export_all()), exclusive=True)

    async def _write_table(self, table: TableExport | None) -> None:
        self.show_answer(await export.save_csv(table))

    def export_row(self) -> TableExport | None:
        """The row under the cursor, for the clipboard; None where the view has none."""
        return None

    def export_page(self) -> TableExport | None:
        """The visible rows, for the clipboard; None where the view has no table."""
        return None

    def export_all(self) -> TableExport | None:
        """All rows, for a file; None where the view has no table."""
        return None


def make_view(number: int, context: ViewContext) -> View:
    """A new instance of the view that this digit opens.

    Its module is imported only now: the first paint need not wait for views that nobody has opened."""
    target = next(key.target for key in VIEW_KEYS if key.number == number)
    module, _, name = target.partition(":")
    view = getattr(importlib.import_module(f"ovtui.dashboard.{module}"), name)(context)
    assert isinstance(view, View)
    view.number = number
    return view
