"""The dashboard: polls a source at its own pace and draws what it finds."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.geometry import Size
from textual.screen import Screen

from ovtui.dashboard.commands import COMMANDS, Scope, bindings, in_scope
from ovtui.dashboard.device_news import DeviceNews
from ovtui.dashboard.fitting import one_line
from ovtui.dashboard.playing import Player
from ovtui.dashboard.screens.batches import BatchesScreen
from ovtui.dashboard.screens.help import HelpScreen
from ovtui.dashboard.screens.session import SessionScreen
from ovtui.dashboard.screens.too_small import TooSmallScreen, is_too_small
from ovtui.dashboard.screens.view import View
from ovtui.dashboard.staging import Staging
from ovtui.dashboard.themes import DARK
from ovtui.metrics.digest import Digest
from ovtui.records.replay import Recording
from ovtui.records.source import Source, Update

REFRESH_HZ = 4.0
TOAST_S = 8.0
_STYLES = Path(__file__).parent / "styles"
DETACHED = -1
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
    """Owner of the digest and the staging; the screens draw them. Returns the signal that ended it, or 0."""

    TITLE = "ovtui"
    CSS_PATH: ClassVar[list[str | PurePath]] = [*sorted(_STYLES.glob("*.tcss"))]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.ANYWHERE), *bindings(Scope.VIEWS)]
    COMMAND_PALETTE_BINDING = "colon"

    def __init__(self, source: Source, *, refresh_hz: float = REFRESH_HZ) -> None:
        super().__init__()
        self.source = source
        self.digest = Digest()
        self.staging = Staging()
        self.refresh_hz = refresh_hz
        self.animation_level = "none"
        self.session = SessionScreen(
            self.digest, self.staging, source.apply, source.restart, read_only=source.read_only
        )
        self.views: dict[int, View] = {1: self.session, 3: BatchesScreen(self.digest)}
        """By the digit that opens it; the dashboard lies below the others."""
        self.bell_at_changes = False
        """Whether the terminal's bell rings when the device changes."""
        self._device_news = DeviceNews()
        self.player = Player(source) if isinstance(source, Recording) else None
        self._tick = 0
        self._last: Update | None = None
        self._still = False
        """The last frame of a finished session is drawn."""
        self.register_theme(DARK)
        self.theme = DARK.name

    async def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.exit, int(number))
        if self.player is not None:
            for command in in_scope(Scope.REPLAY):
                self.bind(",".join(command.keys), command.action, show=False)
        for digit, view in self.views.items():
            self.install_screen(view, f"view-{digit}")
        await self.push_screen(self.session)
        if self.player is not None:
            self.notify(self.player.provenance, title="replay", timeout=TOAST_S, markup=False)
        self._look_at_size(self.size)
        self.poll()
        self.set_interval(1 / self.refresh_hz, self.poll)

    def poll(self) -> None:
        """One tick: what is new from the source, live changes to it, one frame."""
        update = self.source.poll()
        settings = self.staging.live()
        if settings is not None:
            self.source.apply(settings)
        still = self._last is not None and _nothing_new(self._last, update)
        if still and self._still:
            return
        self._still, self._last = still, update
        self.digest.feed(update)
        self.staging.follow(self.digest.story)
        if update.restarted:
            self._device_news = DeviceNews()
        if isinstance(self.screen, View):
            self.screen.replay_words = self.player.words if self.player else ""
            self.screen.draw(self.digest.snapshot(), self._tick, last=still)
        self._tell_device_news(update.now_ns)
        self._tick += 1

    def _tell_device_news(self, now_ns: int) -> None:
        for told in self._device_news.take(self.digest.story, now_ns):
            severity = "information" if told.severity == "info" else told.severity
            self.notify(one_line(told.text), title=told.word, severity=severity, timeout=TOAST_S, markup=False)
            if self.bell_at_changes:
                self.bell()

    def on_resize(self, event: events.Resize) -> None:
        self._look_at_size(event.size)

    def _look_at_size(self, size: Size) -> None:
        shown = isinstance(self.screen, TooSmallScreen)
        if is_too_small(size) and not shown:
            self.push_screen(TooSmallScreen())
        elif shown and not is_too_small(size):
            self.pop_screen()

    def action_leave(self) -> None:
        self.exit(0)

    def action_detach(self) -> None:
        self.exit(0 if self.source.replayed else DETACHED)

    def action_replay(self, what: str) -> None:
        if self.player is not None and isinstance(self.screen, View):
            self.screen.say(self.player.act(what))
            self.poll()

    def action_bell_at_changes(self) -> None:
        self.bell_at_changes = not self.bell_at_changes
        if isinstance(self.screen, View):
            self.screen.say(f"the bell {'rings' if self.bell_at_changes else 'does not ring'} at changes of device")

    def action_interrupt(self) -> None:
        self.exit(int(signal.SIGINT))

    def action_view(self, digit: int) -> None:
        before, view = self.screen, self.views[digit]
        if not isinstance(before, View) or before is view:
            return
        if before is not self.session:
            self.pop_screen()
        if view is not self.session:
            self.push_screen(view)
        view.call_after_refresh(view.use_glyphs, before.glyphs)

    def action_help(self) -> None:
        if not isinstance(self.screen, TooSmallScreen):
            self.push_screen(HelpScreen())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002
        """The palette's entries: the registry's commands of the session and of everywhere."""
        for command in COMMANDS:
            if command.scope in (Scope.SESSION, Scope.ANYWHERE) and command.id != "palette":
                node = self if command.scope is Scope.ANYWHERE else self.session
                yield SystemCommand(
                    f"{command.label}  ({command.keys_listed})",
                    command.help,
                    lambda action=command.action, node=node: self.run_action(action, node),
                )


def _nothing_new(last: Update, update: Update) -> bool:
    """Whether a finished session stands still: then nothing is drawn, and the dashboard costs next to nothing."""
    return (
        update.finished
        and last.finished
        and last.host_gone == update.host_gone
        and last.submitted == update.submitted
        and last.lost == update.lost
        and not update.events
        and len(update.records) == 0
    )


def run_dashboard(source: Source, *, refresh_hz: float = REFRESH_HZ) -> Outcome:
    """Shows the session until a person quits or a signal ends it; the terminal is as before afterwards.

    The source stays open: closing the session is the caller's."""
    app = Dashboard(source, refresh_hz=refresh_hz)
    ended_by = app.run()
    app.digest.feed(source.poll())
    detached = ended_by == DETACHED
    ended_by = 0 if detached else ended_by or 0
    return Outcome(app.digest, ended_by, crashed=bool(app.return_code), detached=detached)
