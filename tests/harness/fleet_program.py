"""The fleet's screen as a program of its own, over made-up boxes: `python fleet_program.py CHILD`.

CHILD is the Python text of what is opened in the place of a box's dashboard. How it ended is printed."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from harness.fake_fleet import FakeFleet
from harness.fleet_stage import attach_of

from ovtui.dashboard.fleet.run_fleet_screen import run_fleet_screen
from ovtui.dashboard.preferences import Preferences


class Draining(FakeFleet):
    """Its boxes are drained at once."""

    def stop(self, *names: str) -> None:
        super().stop(*names)
        if not names:
            asyncio.get_running_loop().call_soon(self.finish)


def main() -> None:
    fleet = Draining()
    fleet.began_s = time.time() - 30
    fleet.advance(30)
    fleet.advance(2)
    outcome = run_fleet_screen(fleet, Preferences(), attach_command=attach_of(sys.argv[1]), tell=print)
    print(f"detached={outcome.detached} signal={outcome.signal} left={fleet.left} stopped={fleet.stopped}")
    if outcome.crash is not None:
        raise outcome.crash


if __name__ == "__main__":
    main()
