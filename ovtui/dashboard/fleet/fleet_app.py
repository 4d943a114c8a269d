"""The fleet's screen: follows the controller's states once a second, and runs the commands."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path, PurePath
from typing import ClassVar

import msgspec
from rich.console import RenderableType
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.screen import ModalScreen, Screen

from ovtui.dashboard.common_app import CommonApp
from ovtui.dashboard.fleet.answer_line import newest_entry
from ovtui.dashboard.fleet.fleet_box import FleetBox, fleet_boxes
from ovtui.dashboard.fleet.fleet_source import FleetSource
from ovtui.dashboard.fleet.fleet_view import FleetFrame, FleetView
from ovtui.dashboard.fleet.lent_terminal import LentTerminal
from ovtui.dashboard.fleet.prompts import Question
from ovtui.dashboard.frame_timer import FrameTimer
from ovtui.dashboard.keys.commands import Scope, bindings_of, in_scope, palette_name
from ovtui.dashboard.keys.lists.fleet import FLEET_SCOPES, SHARED
from ovtui.dashboard.leaving import DETACHED
from ovtui.dashboard.pace import Pace
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.terminal.quiet_driver import make_up_for_lost_resize
from ovtui.dashboard.views.help import HelpScreen
from ovtui.dashboard.views.too_small import TooSmallScreen
from ovtui.metrics import number_format
from ovtui.metrics.fleet.odd_one import OddOne, odd_ones
from ovtui.records.fleet import FINAL_PHASES, BoxState

FLEET_HZ = 1.0
"""Frames a second at most: boxes tell every 2 s or less often."""
_FOLDER = Path(__file__).parent.parent
_STYLES = ("fleet/fleet", "views/help", "views/too_small", "prompts/live_filter", "keys/palette")
_COMPARE_LEAST_S, _COMPARE_SHARE = 2.0, 0.01
"""From one comparison of the boxes to the next: at least so long, and so long that it takes at most this share of a
core; 0.1 s for 200 boxes."""
_SCOPES = (Scope.FLEET, Scope.LISTS, *FLEET_SCOPES[1:], Scope.VIEWS, Scope.ANYWHERE)
_OFFERED = frozenset(c.id for c in in_scope(Scope.LISTS, *FLEET_SCOPES)) | frozenset(SHARED)
AttachCommand = Callable[[str], Sequence[str]]
"""The words of `ovtui fleet attach` up to the box's name, which is the last one; the session's ID comes behind it."""
_ATTACH, _ALLOWING = "attach", "--write"


class FleetApp(CommonApp, inherit_bindings=False):
    """Its result: the signal that ended it, 0 or DETACHED. The controller's task is begun with it, and outlives it."""

    TITLE = "ovtui fleet"
    CSS_PATH: ClassVar[list[str | PurePath]] = [_FOLDER / f"{name}.tcss" for name in _STYLES]
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(
        c for c in in_scope(Scope.VIEWS, Scope.ANYWHERE) if c.id in SHARED
    )

    def __init__(
        self,
        source: FleetSource,
        preferences: Preferences | None = None,
        *,
        attach_command: AttachCommand,
        refresh_hz: float | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """`refresh_hz` overrides the preferences: tests need a screen that draws only on demand. `now_s`: the clock of
        `FleetSource.began_s`."""
        super().__init__(preferences or Preferences())
        self.source = source
        self.view = FleetView()
        self.following: asyncio.Task[object] | None = None
        """The controller's."""
        self.failure: BaseException | None = None
        """Of the controller; it has ended the screen."""
        self.terminal_lent = LentTerminal(self)
        self.visit: asyncio.Task[None] | None = None
        """To the dashboard of a box."""
        self._attach_command, self._now_s = attach_command, now_s
        self._refresh_hz = refresh_hz
        pace = Pace(len(os.sched_getaffinity(0)), adapts=False)
        self._frames = FrameTimer(self, pace, lambda: self._chosen_hz, self.poll, lambda: self.line_is_slow)
        self._boxes: list[FleetBox] = []
        self._seen: tuple[object, ...] = ()
        self._odd: dict[str, OddOne] = {}
        self._compared_version = -1
        self._compare_due_s = 0.0
        self._comparing: asyncio.Task[None] | None = None
        self._ended_s: float | None = None
        self._leaves_with: int | None = None
        """Once all is over: the runs are being ended."""

    async def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        self.watch_for_errors(loop)
        if self.end_watch is not None and self.end_watch.signal:
            self.exit(self.end_watch.signal)
            return
        await self.push_screen(self.view)
        self.use_look()
        self.check_size(self.size)
        self.poll()
        self.following = loop.create_task(self._follow())

    async def _follow(self) -> object:
        try:
            return await self.source.run()
        except Exception as error:
            self.failure = error
            self.exit(1)
            return None

    # Frames

    @property
    def _chosen_hz(self) -> float:
        return self._refresh_hz or min(FLEET_HZ, self.look.refresh_hz)

    def poll(self) -> None:
        """Draws what is new; ends where it was asked to, and all is over."""
        if self._exit:
            return
        self._frames.follow((), 0, idle=self.source.finished)
        if self.source.finished and (self._leaves_with is not None or self.terminal_takes_nothing):
            self.exit(self._leaves_with or 0)
            return
        self._compare_if_due()
        if self.terminal_lent.is_lent:
            return
        make_up_for_lost_resize(self)
        if isinstance(self.screen, Question):
            self.screen.ask_again()
        self.draw()

    def draw(self) -> None:
        """Draws a frame of the present state."""
        front = self.screen
        self.view.draw_frame(self._frame())
        if isinstance(front, ModalScreen) and self._is_new(front):
            front.refresh()  # the view behind it has changed

    def _is_new(self, front: Screen[object]) -> bool:
        seen = (id(front), self._seen)
        before, self._front_seen = getattr(self, "_front_seen", None), seen
        return before != seen

    def _frame(self) -> FleetFrame:
        source, keys = self.source, self.keys
        seen = (source.version, id(self._odd))
        if seen != self._seen:
            self._seen, self._boxes = seen, fleet_boxes(source.states, self._odd)
        if source.finished and self._ended_s is None:
            self._ended_s = self._now_s()
        elapsed_s = (self._now_s() if self._ended_s is None else self._ended_s) - source.began_s
        ending = self._leaves_with is not None and not source.finished
        state = "ended" if source.finished else "ending" if ending else ""
        stopping = self._waits_for() if ending else ""
        entry = newest_entry(self._boxes, keys, source.problem, finished=source.finished, stopping=stopping)
        return FleetFrame(source.name, source.settings, self._boxes, elapsed_s, state, entry)

    def _waits_for(self) -> str:
        left = number_format.quantity(self._left, "box", "boxes")
        return f"the runs end: {left} drained and fetched before the screen goes; ctrl+c ends at once"

    # The odd one

    def _compare_if_due(self) -> None:
        now_s, version = time.monotonic(), self.source.version
        if self._comparing is None and version != self._compared_version and now_s >= self._compare_due_s:
            self._compared_version = version
            self._comparing = asyncio.get_running_loop().create_task(self._compare())

    async def _compare(self) -> None:
        """In a thread: nothing that follows the boxes waits for it."""
        try:
            began_s = time.monotonic()
            self.take_odd(await asyncio.to_thread(odd_ones, self._copies()))
            took_s = time.monotonic() - began_s
            self._compare_due_s = time.monotonic() + max(_COMPARE_LEAST_S, took_s / _COMPARE_SHARE)
        finally:
            self._comparing = None

    def compare_now(self) -> None:
        """At once, for a picture."""
        self.take_odd(odd_ones(self._copies()))

    def take_odd(self, odd: dict[str, OddOne]) -> None:
        if odd != self._odd:
            self._odd = odd

    def _copies(self) -> list[BoxState]:
        return [msgspec.structs.replace(state, blocks=list(state.blocks)) for state in self.source.states]

    # For CommonApp

    def show_answer(self, text: str) -> None:
        self.view.show_answer(text)

    def attend(self) -> None:
        self._frames.attend()

    def use_look(self) -> None:
        self.view.use_glyphs(self.glyphs)

    # Leaving

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        self.terminal_lent.end()
        super().exit(result, return_code, message)

    def action_leave(self) -> None:
        if self.source.finished or self._leaves_with is not None:
            self.exit(self._leaves_with or 0)
            return
        question = Question(
            "Leave",
            self._not_done,
            (
                ("fleet-answer-end", "ends the runs, fetches what was measured and prints the table"),
                (
                    "fleet-answer-leave",
                    f"leaves them running; ovtui fleet resume {self.source.name} comes back",
                ),
                ("fleet-answer-stay", "stays here"),
            ),
        )
        self.push_screen(question, self._answered)

    @property
    def _left(self) -> int:
        return sum(state.phase not in FINAL_PHASES for state in self.source.states)

    def _not_done(self) -> str:
        left = self._left
        if not left:
            return ""
        return f"{number_format.quantity(left, 'box', 'boxes')} {'is' if left == 1 else 'are'} not done yet."

    def _answered(self, answer: str | None) -> None:
        if answer == "end":
            self._end_all(0)
        elif answer == "leave":
            self.exit(DETACHED)
        elif answer == "over":
            self.show_answer(f"all boxes are done or failed meanwhile: {self.keys.hint('leave')}")

    def _end_all(self, code: int) -> None:
        self._leaves_with = code
        self.source.stop()
        self.poll()

    def action_detach(self) -> None:
        self.exit(0 if self.source.finished else DETACHED)

    def action_interrupt(self) -> None:
        """First: as `end` of the question; again: at once; once more: without waiting for anything."""
        code = int(signal.SIGINT)
        if self.source.finished or self._interrupts > 1:
            self.exit(code)
        elif self._interrupts == 1:
            self._leaves_with = code
            self.source.stop_at_once()
            self.poll()
        else:
            if isinstance(self.screen, Question):
                self.screen.dismiss("stay")
            self._end_all(code)
        self._interrupts += 1

    _interrupts = 0

    # Boxes

    def action_stop_box(self) -> None:
        box = self.view.chosen
        if box is None or box.state.phase in FINAL_PHASES:
            self.show_answer(self._no_box if box is None else f"{box.name} is {box.state.phase} already")
            return
        question = Question(
            "Stop one box",
            lambda: self._stop_asked(box.name),
            (("fleet-answer-end", "ends it"), ("fleet-answer-stay", "lets it run")),
        )
        self.push_screen(question, partial(self._stop_answered, (box.state.name,)))

    def action_stop_all(self) -> None:
        if not self._left:
            self.show_answer("all boxes are done or failed already")
            return
        question = Question(
            "Stop all boxes",
            self._stop_all_asked,
            (("fleet-answer-end", "ends them"), ("fleet-answer-stay", "lets them run")),
        )
        self.push_screen(question, partial(self._stop_answered, ()))

    def _stop_asked(self, name: str) -> str:
        over = any(state.name == name and state.phase in FINAL_PHASES for state in self.source.states)
        return "" if over else f"End the run on {name}? What it measured is fetched."

    def _stop_all_asked(self) -> str:
        if not self._left:
            return ""
        boxes = number_format.quantity(self._left, "box", "boxes")
        return f"End the runs on {boxes}? What they measured is fetched, and the screen stays."

    def _stop_answered(self, names: tuple[str, ...], answer: str | None) -> None:
        if answer == "end":
            self.source.stop(*names)
            self.show_answer(f"{', '.join(names) or 'all boxes'}: the run ends, and is fetched")

    @property
    def _no_box(self) -> str:
        return f"no box is chosen: {self.keys.hint('list-down')}"

    def action_open(self, commands: bool) -> None:
        box = self.view.chosen
        if box is None:
            self.show_answer(self._no_box)
            return
        state = box.state
        if state.recording and state.phase in FINAL_PHASES:
            words: Sequence[str] = (sys.executable, "-m", "ovtui", "replay", state.recording)
            notice = f"{box.name}: the replay of its recording; q comes back to the fleet"
        elif state.phase in FINAL_PHASES:
            self.show_answer(f"{box.name} is {state.phase}, and nothing of it is here to be shown")
            return
        elif not state.session:
            self.show_answer(f"{box.name} has no session yet: it is {state.phase}")
            return
        else:
            words = attach_words(self._attach_command(state.name), state.session, commands=commands)
            back = "D comes back to the fleet, q ends the run" if commands else "read-only, q comes back to the fleet"
            notice = f"{box.name}: opening its dashboard ({back}; where it hangs ctrl+] three times)"
        if self.visit is None or self.visit.done():
            self.visit = asyncio.get_running_loop().create_task(self._visit(box.name, words, notice))

    async def _visit(self, name: str, words: Sequence[str], notice: str) -> None:
        why = await self.terminal_lent.lend(words, notice)
        if self.is_running:
            self.poll()
            self.repaint_whole()
            if why:
                self.show_answer(f"{name}: {why.removeprefix(f'{name}: ')}")

    # Pages

    def action_help(self) -> None:
        if not isinstance(self.screen, TooSmallScreen):
            self.push_screen(HelpScreen(_SCOPES, only=_OFFERED))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002
        """The command palette's entries."""
        for command in in_scope(Scope.FLEET, Scope.LISTS, Scope.VIEWS, Scope.ANYWHERE):
            if command.id in _OFFERED and command.id != "palette":
                target = self.view if command.scope in FleetView.SCOPES else self
                yield SystemCommand(
                    palette_name(command, self.keys.listed(command.id)),
                    command.help,
                    partial(self.run_action, command.action, target),
                )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        return not isinstance(self.screen, TooSmallScreen) or action != "command_palette"


def attach_words(words: Sequence[str], session: str, *, commands: bool) -> list[str]:
    """An option stands before the names, which may follow a --."""
    at = words.index(_ATTACH) + 1 if _ATTACH in words else len(words)
    return [*words[:at], *((_ALLOWING,) if commands else ()), *words[at:], session]
