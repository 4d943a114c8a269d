"""The boxes of a run on the fleet's screen, and what is told once it is gone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ovtui.cli.crash import report_crash
from ovtui.cli.dashboard import after_the_screen, preferences_from, terminal_gone
from ovtui.cli.exits import Exit, notify
from ovtui.cli.interrupts import INTERRUPTS

if TYPE_CHECKING:
    from ovtui.dashboard.fleet.run_fleet_screen import Outcome
    from ovtui.fleet.running.controller import FleetController


def show_boxes(controller: FleetController) -> int | None:
    """The exit code where the boxes run on without this command; None where all of them are over. Raises FleetError."""
    outcome: Outcome | None = None
    comes_back = f"the boxes go on; ovtui fleet resume {controller.name} comes back to them"
    try:
        from ovtui.dashboard.fleet.run_fleet_screen import run_fleet_screen

        outcome = run_fleet_screen(
            controller,
            preferences_from(),
            attach_command=lambda name: attach_words(controller.name, name),
            tell=notify,
            signal_before=lambda: INTERRUPTS.first,
        )
        crash = outcome.crash or outcome.failure
    except Exception as error:  # before the screen was up, or after it
        crash = error
    if outcome is not None:
        after_the_screen(outcome, gone=terminal_gone())
    if crash is not None:
        return report_crash(crash, "the fleet's screen", f"; {comes_back}")
    assert outcome is not None
    if not outcome.detached:
        controller.interrupted = bool(outcome.signal)  # who quits has not interrupted it
        return None
    notify(comes_back)
    return Exit.INTERRUPTED if outcome.signal else Exit.FINE


def attach_words(run: str, box: str) -> list[str]:
    """What opens a box's own dashboard in this terminal, up to the box's name."""
    return [sys.executable, "-m", "ovtui", "fleet", "attach", "--run", run, "--", box]
