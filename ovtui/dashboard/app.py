"""The dashboard application: polls a source at its own rate, draws the view in front, runs the commands."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Iterable
from functools import partial
from pathlib import Path, PurePath
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from ovtui.dashboard.advice.advice_desk import AdviceDesk
from ovtui.dashboard.advice.advice_screen import AdviceScreen
from ovtui.dashboard.advice.advisor import Advisor
from ovtui.dashboard.advice.trial_screen import TrialScreen
from ovtui.dashboard.common_app import CommonApp
from ovtui.dashboard.engine_orders import EngineOrders
from ovtui.dashboard.events.change_bell import ChangeBell
from ovtui.dashboard.events.events_screen import EventsScreen
from ovtui.dashboard.frame_timer import FrameTimer
from ovtui.dashboard.free_heap import HeapTrimmer
from ovtui.dashboard.keys.commands import Scope, bindings, in_scope, palette_name
from ovtui.dashboard.leaving import Leaving
from ovtui.dashboard.overview.overview_view import OverviewView
from ovtui.dashboard.pace import Pace
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.replay_controls import ReadOn, ReplayControls
from ovtui.dashboard.settings_pane.preset_desk import PresetDesk
from ovtui.dashboard.settings_pane.presets_screen import PresetsScreen
from ovtui.dashboard.staging import Staging
from ovtui.dashboard.stuck.stuck_screen import StuckScreen
from ovtui.dashboard.terminal.quiet_driver import make_up_for_lost_resize
from ovtui.dashboard.tour.tour_desk import Section, TourDesk
from ovtui.dashboard.views.covered_view import CoveredView
from ovtui.dashboard.views.help import HelpScreen
from ovtui.dashboard.views.too_small import TooSmallScreen
from ovtui.dashboard.views.view import View, ViewContext, make_view
from ovtui.metrics.digest import Digest
from ovtui.records.session_file.replay import Replay
from ovtui.records.source import Source, Update

LOW_BANDWIDTH_HZ = 1.0
FREEZE_AFTER_S = 3.0
"""When the garbage collector is to leave alone what lives on: full collections every ten seconds took 53 to 64 ms."""


class Dashboard(CommonApp, inherit_bindings=False):
    """Owner of the digest and the staging, which views draw. Its result: the signal that ended it, 0 or DETACHED."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [*sorted(Path(__file__).parent.rglob("*.tcss"))]
    BINDINGS: ClassVar[list[BindingType]] = [
        each for scope in (Scope.ANYWHERE, Scope.VIEWS, Scope.REPLAY, Scope.TOUR) for each in bindings(scope)
    ]

    def __init__(
        self,
        source: Source,
        preferences: Preferences | None = None,
        *,
        refresh_hz: float | None = None,
        section: Section | None = None,
    ) -> None:
        """`refresh_hz` overrides the preferences: tests need a dashboard that polls only on demand. `section`: of
        `ovtui learn`, that the session is for."""
        super().__init__(preferences or Preferences())
        self._heap = HeapTrimmer()
        self.source = source
        self.digest = Digest()
        self.advisor = Advisor(self.digest)
        self.staging = Staging()
        self.advice_desk = AdviceDesk(self)
        self.preset_desk = PresetDesk(self)
        self._orders = EngineOrders(source, self.digest, self.keys)
        self.context = ViewContext(self.digest, self.advisor, self.staging, source, self.preferences)
        self.overview = OverviewView(self.context)
        self.views: dict[int, View] = {1: self.overview}
        """The views that have been opened, by digit; the overview lies below the others."""
        self._refresh_hz = refresh_hz
        self.change_bell = ChangeBell()
        self._leaving = Leaving(self, self.exit)
        self.tour_desk = TourDesk(self.digest, self.keys, self._leaving.begin, section)
        self.replay_controls = ReplayControls(source) if isinstance(source, Replay) else None
        self._read_on = ReadOn(self, source, self.digest)
        self._tell_at_start()
        pace = Pace(len(os.sched_getaffinity(0)), adapts=not source.replayed)
        self._frames = FrameTimer(self, pace, lambda: self._chosen_hz, self.poll, lambda: self.line_is_slow)
        self._covered = CoveredView(self, self._draw_view)
        self._tick = 0
        self._last_update: Update | None = None
        self._final_frame_drawn = False
        """The source stands still, and the frame for its present state is drawn."""

    def attend(self) -> None:
        self._frames.attend()

    def tell_elsewhere(self, key: str) -> None:
        if self.view is not None:
            self.view.tell_elsewhere(key)

    async def on_mount(self) -> None:
        self.watch_for_errors(asyncio.get_running_loop())
        if self.end_watch is not None and self.end_watch.signal:
            self.exit(self.end_watch.signal)
        self.install_screen(self.overview, "view-1")
        await self.push_screen(self.overview)
        self.overview.use_look(self.look, self.glyphs)
        self.check_size(self.size)
        self.poll()
        self.set_timer(FREEZE_AFTER_S, gc.freeze)

    def _tell_at_start(self) -> None:
        """In the event line: where a recording comes from, and problems with the keys of the config file."""
        if self.replay_controls is not None and self.tour_desk.section is None:
            self.context.answers.notice("REPLAY", self.replay_controls.provenance)
        if problems := self.keys.problems:
            told = "; ".join(map(str, problems))
            text = f"{told}; {self.keys.first('help')} shows it ([keys] in the config file)"
            self.context.answers.notice("KEYS", text, "warning")

    @property
    def _chosen_hz(self) -> float:
        if self._refresh_hz is not None:
            return self._refresh_hz
        return min(self.look.refresh_hz, LOW_BANDWIDTH_HZ) if self.look.low_bandwidth else self.look.refresh_hz

    @property
    def _saves_bytes(self) -> bool:
        return self.look.low_bandwidth or self._frames.line_is_slow

    def poll(self) -> None:
        """Reads the source's news, sends it live changes, draws one frame."""
        make_up_for_lost_resize(self)
        update = self.source.poll()
        if (update.host_gone or update.host.ended) and self.terminal_takes_nothing:
            self.exit(0)  # nobody sees that the session has ended, and nobody could leave
        self._frames.follow(update.readings, update.now_ns, idle=self._final_frame_drawn)
        if (settings := self.staging.take_live()) is not None:
            self.source.apply(settings)
        still = self._last_update is not None and update.is_unchanged_since(self._last_update)
        if still and self._final_frame_drawn:
            return
        self._final_frame_drawn, self._last_update = still, update
        self.digest.feed(update)
        self._heap.trim_if_due()
        self._read_on.follow(update)
        self.advice_desk.follow()
        self.staging.update(self.digest.session_state)
        if update.restarted:
            self.change_bell.forget()
            self.context.answers.rewind(update.now_ns)
        if isinstance(self.screen, View):
            self._draw_view(self.screen, whole=still or self._frames.slowed)
        else:
            changed = isinstance(self.screen, (TrialScreen, StuckScreen, EventsScreen)) and self.screen.show(
                update.now_ns
            )
            newest = next(reversed(self.digest.session_state.log), None)
            self._covered.follow(update, newest, at_once=changed or still, slow_line=self._saves_bytes)
        if self.change_bell.new_changes(self.digest.session_state, update.now_ns) and self.change_bell.rings:
            self.bell()
        self._tick += 1
        if update.host.ended:  # the summary tells by whom
            self.exit(0)

    def _draw_view(self, view: View, *, whole: bool = True) -> None:
        view.replay_text = self.replay_controls.status_text if self.replay_controls else ""
        view.low_bandwidth = self._saves_bytes
        view.read_only, view.pace_text = self.source.read_only, self._frames.text
        snapshot = self.digest.snapshot()
        self.tour_desk.follow(snapshot)
        view.draw_frame(snapshot, self._tick, whole=whole)

    @property
    def view(self) -> View | None:
        """The view in front; None while another page covers it."""
        return self.screen if isinstance(self.screen, View) else None

    def show_answer(self, text: str) -> None:
        """Shows the answer to a key in the upper view's event line, for some seconds."""
        view = next((screen for screen in reversed(self.screen_stack) if isinstance(screen, View)), self.overview)
        view.show_answer(text)

    def action_view(self, digit: int) -> None:
        before = self.view
        if before is None or before.number == digit:
            return
        view = self._view_for(digit)
        # A replay that stands still draws no further frame, which would set these.
        view.replay_text, view.read_only = before.replay_text, before.read_only
        # Textual paints a view that comes back as it was left: its figures would be those of then for a moment.
        self._draw_view(view)
        if before is not self.overview:
            self.pop_screen()
        if view is not self.overview:
            self.push_screen(view)
        view.call_after_refresh(view.use_look, self.look, self.glyphs)

    def _view_for(self, digit: int) -> View:
        if digit not in self.views:
            view = make_view(digit, self.context)
            self.install_screen(view, f"view-{digit}")
            self.views[digit] = view
            self.set_timer(FREEZE_AFTER_S, gc.freeze)
        return self.views[digit]

    def action_settings(self) -> None:
        """Opens or closes the settings pane. It is part of the overview, which comes to the front."""
        before = self.view
        self.action_view(1)
        if before is self.overview or (before is not None and not self.overview.has_class("-settings")):
            self.overview.toggle_settings()

    def show_settings(self) -> None:
        if self.view is not self.overview or not self.overview.has_class("-settings"):
            self.action_settings()

    def action_apply(self) -> None:
        settings = None if self.staging.why_not else self.staging.apply()
        if settings is None:
            shown = self.view is self.overview and self.overview.has_class("-settings")
            hint = "" if shown else f"; {self.keys.first('settings')} opens the settings"
            self.show_answer(self.staging.why_not or f"nothing is staged{hint}")
            return
        self.source.apply(settings)
        self.overview.pane.redraw()

    async def action_adopt(self) -> None:
        if self.view is not None:
            await self.view.adopt()

    def action_advice(self) -> None:
        if self.view is not None:
            self.advice_desk.open(ascii_only=self.glyphs == "ascii")

    def show_advice_page(self, page: AdviceScreen) -> None:
        self.push_screen(page, self.advice_desk.choose)

    def action_trial(self) -> None:
        if self.view is not None:
            self.advice_desk.open_trial()

    def show_trial_page(self, page: TrialScreen) -> None:
        self.push_screen(page)

    def redraw_settings(self) -> None:
        self.overview.pane.redraw()

    def action_presets(self) -> None:
        if self.view is not None:
            self.preset_desk.open()

    def show_presets_page(self, page: PresetsScreen) -> None:
        self.push_screen(page, self.preset_desk.loaded)

    def action_restart(self) -> None:
        self.show_answer(self._orders.restart())

    def action_measure_idle(self) -> None:
        self.show_answer(self._orders.measure_idle())

    def action_leave(self) -> None:
        self._leaving.begin(0)

    def action_detach(self) -> None:
        self._leaving.detach()

    def action_replay(self, what: str) -> None:
        controls = self.replay_controls
        text = "this is not a replay; ovtui replay shows a recording" if controls is None else controls.perform(what)
        self.show_answer(text)
        if controls is not None and not controls.reading:  # else the next piece and the next frame come anyway
            self.poll()

    def action_tour(self, what: str) -> None:
        self.tour_desk.act(what)
        if self.view is not None:
            self.view.redraw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of the caption are free while none is shown, and under pages."""
        if isinstance(self.screen, TooSmallScreen):  # it goes when it is in front
            return action not in ("command_palette", "tour")
        return action != "tour" or (self.view is not None and self.tour_desk.can(str(parameters[0])))

    def action_bell_at_changes(self) -> None:
        self.change_bell.rings = not self.change_bell.rings
        self.show_answer(f"the bell {'rings' if self.change_bell.rings else 'does not ring'} at changes of device")

    def action_interrupt(self) -> None:
        self._leaving.begin(int(signal.SIGINT))

    def action_help(self) -> None:
        if not isinstance(self.screen, TooSmallScreen):
            self.push_screen(HelpScreen(self._active_scopes(self.view or self.overview)))

    def use_look(self) -> None:
        if self.view is not None:
            self.view.use_look(self.look, self.glyphs)
        self._frames.keep_pace()

    def _active_scopes(self, view: View) -> list[Scope]:
        """The scopes whose commands work in a view."""
        replay = [Scope.REPLAY] if self.replay_controls is not None else []
        tour = [Scope.TOUR] if self.tour_desk.shown else []
        return [*view.SCOPES, *tour, *replay, Scope.VIEWS, Scope.ANYWHERE]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette's entries: the commands that work in the view in which it was opened."""
        view, tour = screen if isinstance(screen, View) else self.overview, self.tour_desk.offered(())
        for command in in_scope(*self._active_scopes(view)):
            if command.id == "palette" or (command.scope is Scope.TOUR and command.id not in tour):
                continue
            target = view if command.scope in view.SCOPES else self
            yield SystemCommand(
                palette_name(command, self.keys.listed(command.id)),
                command.help,
                partial(self.run_action, command.action, target),
            )
