"""What the fleet's screen looks like, cell by cell. After a wanted change: pytest --snapshot-update, and look at it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from harness.fake_fleet import FakeFleet
from harness.fleet_stage import FleetStage, attach_of
from textual.pilot import Pilot

from ovtui.dashboard.fleet.fleet_app import FleetApp

Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The colours of whoever runs the tests are not to matter."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


def after(*keys: str) -> tuple[FleetApp, Callable[[Pilot[int]], Awaitable[None]]]:
    """The screen, and what brings it to a minute of its run and presses keys."""
    stage = FleetStage(FakeFleet(), None, attach_of(""))

    async def play(pilot: Pilot[int]) -> None:
        stage.pilot = pilot
        await stage.advance(60)
        await stage.press(*keys)

    return stage.app, play


@pytest.mark.parametrize(
    ("keys", "size"),
    [
        pytest.param((), (80, 24), id="80-columns"),
        pytest.param(("f", "home"), (120, 40), id="trouble"),
    ],
)
def test_looks_of_the_fleet(snap_compare: Compare, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    app, play = after(*keys)
    assert snap_compare(app, run_before=play, terminal_size=size)
