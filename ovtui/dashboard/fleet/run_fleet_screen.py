"""The fleet's screen from its start to its end, and what is left to be waited for after it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass

from ovtui.dashboard.fleet.fleet_app import AttachCommand, FleetApp
from ovtui.dashboard.fleet.fleet_source import FleetSource
from ovtui.dashboard.leaving import DETACHED
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.run_app import run_app

_LAST_S = 5.0
"""How long a controller has to return once nothing is left for it to do."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the screen ended. The states are the controller's."""

    signal: int = 0
    """SIGINT (ctrl+c too), SIGTERM or SIGHUP; 0 where a person left."""
    detached: bool = False
    """The runs go on: a person left them, the terminal is gone, or the screen has crashed."""
    crash: BaseException | None = None
    """The error of the screen itself, with its traceback."""
    failure: BaseException | None = None
    """The error that the controller ended with."""
    terminal_stalled: bool = False
    """The terminal did not take what was to restore it."""
    stderr_text: str = ""
    """What was written to stderr while the screen was up, where that is the same terminal."""


def run_fleet_screen(
    controller: FleetSource,
    preferences: Preferences,
    *,
    attach_command: AttachCommand,
    tell: Callable[[str], object] = lambda _: None,
    signal_before: Callable[[], int] = lambda: 0,
) -> Outcome:
    """Runs the controller and shows it, until a person leaves, or a signal or the end of all boxes ends it.

    `attach_command`: the words that open a box's dashboard in this terminal (`ovtui fleet attach ...`). `tell`: a
    sentence for a person once the screen is gone and something is waited for. `signal_before`: a signal that came
    before; 0 for none. After SIGINT and SIGTERM the runs are ended and fetched before this returns, the second time
    at once; after SIGHUP they are left running."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        app = FleetApp(controller, preferences, attach_command=attach_command)
        ending = run_app(app, mouse=app.look.mouse, signal_before=signal_before, loop=loop)
        number = ending.signal or (0 if ending.result == DETACHED else ending.result or 0)
        left = ending.result == DETACHED and not ending.signal
        left = left or app.crash is not None or number == signal.SIGHUP
        over = controller.finished
        if app.following is not None:
            runner.run(_after_the_screen(app, tell, leave=left))
        failure = app.failure
        return Outcome(
            number if failure is None else 0, left and not over, app.crash, failure,
            ending.terminal_stalled, ending.stderr_text,
        )  # fmt: skip


async def _after_the_screen(app: FleetApp, tell: Callable[[str], object], *, leave: bool) -> None:
    following, controller = app.following, app.source
    assert following is not None
    if app.visit is not None and not app.visit.done():
        app.visit.cancel()
        await asyncio.wait({app.visit})
    if not leave and not following.done() and not controller.finished:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, controller.stop_at_once)
        controller.stop()
        tell("the runs end: what was measured is fetched; ctrl+c again ends at once")
        await asyncio.wait({following})
    elif not leave:
        await asyncio.wait({following}, timeout=_LAST_S)
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following
