"""The dashboard: polls a source at its own pace and draws what it finds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import Any, ClassVar

import msgspec
from textual import events
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.geometry import Size
from textual.notifications import SeverityLevel
from textual.screen import Screen

from ovtui.dashboard import export
from ovtui.dashboard.advice.advice_screen import AdviceScreen, remedy_text
from ovtui.dashboard.advice.advisor import Advisor
from ovtui.dashboard.devices.device_news import DeviceChangeNotices
from ovtui.dashboard.drawing.glyphs import GLYPHS
from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.drawing.themes import COLOURS
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys import palette
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.dashboard.keys.typeahead import InputQueue, is_user_input, message_path
from ovtui.dashboard.overview.overview_view import OverviewView
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.replay_controls import ReplayControls
from ovtui.dashboard.settings_pane.preset_library import PresetLibrary
from ovtui.dashboard.settings_pane.presets_screen import PresetsScreen
from ovtui.dashboard.staging import Staging
from ovtui.dashboard.view_registry import make_view
from ovtui.dashboard.views.context import ViewContext
from ovtui.dashboard.views.help import HelpScreen
from ovtui.dashboard.views.too_small import TooSmallScreen, is_too_small
from ovtui.dashboard.views.view import View
from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.digest import Digest
from ovtui.records.session_file.replay import Replay
from ovtui.records.source import Source, Update
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.fields import fields_of

LOW_BANDWIDTH_HZ = 1.0
TOAST_S = 8.0
DETACHED = -1
_PROBLEMS_SHOWN = 4
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the dashboard ended, and what it had measured."""

    digest: Digest
    signal: int
    """SIGINT for ctrl+c, SIGTERM, SIGHUP; 0 when a person quit."""
    crashed: bool = False
    """The screen itself failed; the traceback is on stderr."""
    detached: bool = False
    """A person left and wants the session to go on."""


class Dashboard(App[int], inherit_bindings=False):
    """Owner of the digest and the staging; the views draw them. Returns the signal that ended it, or 0."""

    TITLE = "ovtui"
    CSS_PATH: ClassVar[list[str | PurePath]] = [*sorted(Path(__file__).parent.rglob("*.tcss"))]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide"), (160, "-huge")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall"), (50, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.ANYWHERE), *bindings(Scope.VIEWS), *bindings(Scope.REPLAY)]
    COMMAND_PALETTE_BINDING = "colon"

    def __init__(
        self, source: Source, preferences: Preferences | None = None, *, refresh_hz: float | None = None
    ) -> None:
        """`refresh_hz` stands over the preferences: tests want a dashboard that only polls when told to."""
        # Without colours Textual would draw in greys; on the terminal's own it leaves them out.
        self._no_colour = "NO_COLOR" in os.environ
        super().__init__(ansi_color=True if self._no_colour else None)
        preferences = preferences or Preferences()
        self.source = source
        self.preferences = preferences
        self.look = preferences.look
        self.keys = KeyBindings(preferences.keys)
        self.digest = Digest()
        self.advisor = Advisor(self.digest)
        self.staging = Staging()
        self.animation_level = "none"
        self.input_queue = InputQueue(
            self, lambda: message_path(self.focused or self.screen) if self.screen_stack else ()
        )
        self.context = ViewContext(self.digest, self.staging, source, preferences)
        self.session = OverviewView(self.context)
        self.session.number = 1
        self.views: dict[int, View] = {1: self.session}
        """By the digit that opens it, once it has been opened; the dashboard lies below the others."""
        self._refresh_hz = refresh_hz
        self.bell_at_changes = False
        """Whether the terminal's bell rings when the device changes."""
        self._device_news = DeviceChangeNotices()
        self.replay_controls = ReplayControls(source) if isinstance(source, Replay) else None
        self._tick = 0
        self._last_update: Update | None = None
        self._toast_visible = self._final_frame_drawn = False
        """The last frame of a finished session is drawn."""
        for colours in COLOURS.values():
            self.register_theme(colours)
        self.theme = self._theme
        self.set_class(self.look.glyphs == "ascii", "-ascii")
        self.set_keymap(self.keys.textual())

    async def on_event(self, event: events.Event) -> None:
        typed = is_user_input(event)
        if typed and self._toast_visible:  # whoever types has seen it, and may want to see what lies below
            self._toast_visible = False
            self.clear_notifications()
        if typed and getattr(event, "key", "") not in self.keys.of("interrupt"):
            await self.input_queue.take(partial(super().on_event, event))
        else:
            await super().on_event(event)

    async def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.exit, int(number))
        self.install_screen(self.session, "view-1")
        await self.push_screen(self.session)
        self.session.use_look(self.look)
        if self.replay_controls is not None:
            self._toast(self.replay_controls.provenance, "replay")
        self._check_size(self.size)
        self.poll()
        self._timer = self.set_interval(1 / self._frame_rate_hz, self.poll)
        if self.keys.problems:
            told = "\n".join(str(problem) for problem in self.keys.problems[:_PROBLEMS_SHOWN])
            more = len(self.keys.problems) - _PROBLEMS_SHOWN
            rest = f"\nand {more} more; {self.keys.first('help')} shows all" if more > 0 else ""
            self._toast(told + rest, "[keys] in the config file", "warning", timeout=2 * TOAST_S)

    @property
    def _frame_rate_hz(self) -> float:
        if self._refresh_hz is not None:
            return self._refresh_hz
        return min(self.look.refresh_hz, LOW_BANDWIDTH_HZ) if self.look.low_bandwidth else self.look.refresh_hz

    def poll(self) -> None:
        """One tick: what is new from the source, live changes to it, one frame."""
        update = self.source.poll()
        settings = self.staging.live()
        if settings is not None:
            self.source.apply(settings)
        still = self._last_update is not None and update.is_unchanged_since(self._last_update)
        if still and self._final_frame_drawn:
            return
        self._final_frame_drawn, self._last_update = still, update
        self.digest.feed(update)
        self.advisor.follow(update.now_ns)
        self.staging.follow(self.digest.story)
        if update.restarted:
            self._device_news = DeviceChangeNotices()
        if isinstance(self.screen, View):
            self.screen.replay_text = self.replay_controls.words if self.replay_controls else ""
            self.screen.read_only = self.source.read_only
            self.screen.advice = self.advisor.advice
            self.screen.draw(self.digest.snapshot(), self._tick, last=still)
        self._notify_device_changes(update.now_ns)
        self._tick += 1

    def _notify_device_changes(self, now_ns: int) -> None:
        for told in self._device_news.take(self.digest.story, now_ns):
            self._toast(one_line(told.text), told.word, "information" if told.severity == "info" else told.severity)
            if self.bell_at_changes:
                self.bell()

    def _toast(
        self, text: str, title: str, severity: SeverityLevel = "information", *, timeout: float = TOAST_S
    ) -> None:
        if self.look.glyphs == "ascii":
            text = "\n".join(map(GLYPHS["ascii"].text, text.split("\n")))
        self._toast_visible = True
        self.notify(text, title=title, severity=severity, timeout=timeout, markup=False)

    def on_resize(self, event: events.Resize) -> None:
        self._check_size(event.size)

    def _check_size(self, size: Size) -> None:
        shown = isinstance(self.screen, TooSmallScreen)
        if is_too_small(size) and not shown:
            self.push_screen(TooSmallScreen())
        elif shown and not is_too_small(size):
            self.pop_screen()

    @property
    def view(self) -> View | None:
        """The view in front; None where another page lies over it."""
        return self.screen if isinstance(self.screen, View) else None

    def say(self, text: str) -> None:
        """An answer to a key, for some seconds."""
        view = next((screen for screen in reversed(self.screen_stack) if isinstance(screen, View)), self.session)
        view.say(text)

    def action_view(self, digit: int) -> None:
        before = self.view
        if before is None or before.number == digit:
            return
        view = self._view_for(digit)
        # A replay that stands still gives no frame that would say what it is.
        view.replay_text, view.read_only = before.replay_text, before.read_only
        if before is not self.session:
            self.pop_screen()
        if view is not self.session:
            self.push_screen(view)
        view.call_after_refresh(view.use_look, self.look)

    def _view_for(self, digit: int) -> View:
        if digit not in self.views:
            view = make_view(digit, self.context)
            view.number = digit
            self.install_screen(view, f"view-{digit}")
            self.views[digit] = view
        return self.views[digit]

    def action_settings(self) -> None:
        """The pane lies on the dashboard, which comes to the front for it."""
        if self.view is not None and self.view is not self.session:
            self.action_view(1)
            if not self.session.has_class("-settings"):
                self.session.toggle_settings()
        elif self.view is not None:
            self.session.toggle_settings()

    def action_apply(self) -> None:
        settings = self.staging.apply()
        if settings is None:
            shown = self.view is self.session and self.session.has_class("-settings")
            self.say("nothing is staged" + ("" if shown else f"; {self.keys.first('settings')} opens the settings"))
            return
        self.source.apply(settings)
        self.session.pane.redraw()

    def action_advice(self) -> None:
        if self.view is not None:
            self.push_screen(
                AdviceScreen(self.advisor.advice, ascii_only=self.look.glyphs == "ascii"), self._stage_remedy
            )

    def _stage_remedy(self, advice: Advice | None) -> None:
        """Stages what answers a piece of advice; applying it is another key."""
        if advice is None:
            return
        if not advice.remedy:
            self.say("no setting answers this by itself")
        elif self.source.read_only:
            self.say("nothing can be changed here")
        else:
            try:
                fresh = self.staging.stage(advice.remedy)
            except SettingsError as error:
                self.say(str(error))
                return
            words = remedy_text(advice)
            self.say(f"staged: {words}; {self.keys.first('apply')} applies" if fresh else f"already so: {words}")
            self.session.pane.redraw()

    def action_presets(self) -> None:
        """What is loaded is staged, and shown in the settings pane."""
        if self.view is None:
            return
        if self.staging.in_force is None:
            self.say("no settings are in force yet")
            return
        shelf = PresetLibrary(self.staging, self.preferences)
        page = PresetsScreen(shelf, read_only=self.source.read_only, glyphs=self.look.glyphs)
        self.push_screen(page, self._preset_loaded)

    def _preset_loaded(self, told: str | None) -> None:
        if not told:
            return
        if self.staging.staged:
            head, separator, rest = told.partition("; ")
            told = f"{head}; {self.keys.first('apply')} applies{separator}{rest}"
            if self.view is not self.session or not self.session.has_class("-settings"):
                self.action_settings()
        self.say(told)

    def action_restart(self) -> None:
        if self.digest.story.phase in ("died", "failed"):
            self.source.restart()
            self.say("starting the engine again")
        else:
            self.say(f"the engine is alive; {self.keys.first('restart')} is for one that has died")

    def action_leave(self) -> None:
        self.exit(0)

    def action_detach(self) -> None:
        if self.source.unreachable:
            self.say(f"nobody could come back to it: {one_line(self.source.unreachable)}")
            return
        self.exit(0 if self.source.replayed else DETACHED)

    def action_replay(self, what: str) -> None:
        if self.replay_controls is None:
            self.say("this is no replay; ovtui replay shows a recording")
        else:
            self.say(self.replay_controls.perform(what))
            self.poll()

    def action_bell_at_changes(self) -> None:
        self.bell_at_changes = not self.bell_at_changes
        self.say(f"the bell {'rings' if self.bell_at_changes else 'does not ring'} at changes of device")

    def action_interrupt(self) -> None:
        self.exit(int(signal.SIGINT))

    def action_help(self) -> None:
        if not isinstance(self.screen, TooSmallScreen):
            self.push_screen(HelpScreen(self._active_scopes(self.view or self.session)))

    def change_look(self, **changes: Any) -> None:
        """Shows it in another way from now on."""
        before, self.look = self.look, msgspec.structs.replace(self.look, **changes)
        self.theme = self._theme
        self.set_class(self.look.glyphs == "ascii", "-ascii")
        if self.view is not None:
            self.view.use_look(self.look)
        if (self.look.low_bandwidth, self.look.refresh_hz) != (before.low_bandwidth, before.refresh_hz):
            self._timer.stop()
            self._timer = self.set_interval(1 / self._frame_rate_hz, self.poll)

    @property
    def _theme(self) -> str:
        return "terminal" if self._no_colour else self.look.theme

    def action_cycle_look(self, name: str) -> None:
        """The next choice of one of DisplaySettings."""
        field = fields_of(DisplaySettings)[name]
        now = getattr(self.look, name)
        options = field.choices or (False, True)
        value = options[(options.index(now) + 1) % len(options)]
        self.change_look(**{name: value})
        without = "; NO_COLOR is set, so there is none" if name == "theme" and self._no_colour else ""
        self.say(f"{field.label}: {field.show(value)}{without}")

    def action_save_look(self) -> None:
        self.say(export.save_look(self.look))

    # What goes out

    def action_copy(self, what: str) -> None:
        """'row' or 'table' of the view in front, to the clipboard."""
        if self.view is not None:
            copied = self.view.copied_row() if what == "row" else self.view.copied_table()
            self.say(export.copy_to_clipboard(self, copied))

    def action_write_table(self) -> None:
        if self.view is not None:
            self.run_worker(self._write_table(self.view.whole_table()), exclusive=True)

    async def _write_table(self, table: TableExport | None) -> None:
        self.say(await export.save_csv(table))

    def action_picture(self) -> None:
        self.say(export.save_screenshot(self))

    def _active_scopes(self, view: View) -> list[Scope]:
        """The scopes of the commands that work in a view."""
        replay = [Scope.REPLAY] if self.replay_controls is not None else []
        return [*view.SCOPES, *replay, Scope.VIEWS, Scope.ANYWHERE]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette's entries: the registry's commands that work where it was opened."""
        view = screen if isinstance(screen, View) else self.session
        others = set(self._active_scopes(view)) - set(view.SCOPES)
        return palette.entries(self, self.keys, view, view.SCOPES, others)


def run_dashboard(
    source: Source, preferences: Preferences | None = None, *, refresh_hz: float | None = None
) -> Outcome:
    """Shows the session until a person quits or a signal ends it; the terminal is as before afterwards.

    The source stays open: closing the session is the caller's."""
    # Private to Textual: where a release has moved it, escape and a key at once are a chord, and nothing else is lost.
    with contextlib.suppress(ImportError, AttributeError):
        from ovtui.dashboard.keys.escape_parser import install_escape_parser

        install_escape_parser()
    app = Dashboard(source, preferences, refresh_hz=refresh_hz)
    ended_by = app.run(mouse=app.look.mouse)
    app.digest.feed(source.poll())
    detached = ended_by == DETACHED
    ended_by = 0 if detached else ended_by or 0
    return Outcome(app.digest, ended_by, crashed=bool(app.return_code), detached=detached)
