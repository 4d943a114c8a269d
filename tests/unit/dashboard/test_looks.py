"""What the screen looks like, cell by cell. After a wanted change: pytest --snapshot-update, and look at the diff."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from fake_source import FakeSource
from machine_samples import BusyMachine, shared, throttled
from stage import keys_handled
from textual.pilot import Pilot

from ovtui.dashboard.app import Dashboard

Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The colours of whoever runs the tests are not to matter."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


def after(
    seconds: float, *keys: str, then_s: float = 0.5, source: FakeSource | None = None
) -> tuple[Dashboard, Callable[[Pilot[int]], Awaitable[None]]]:
    """A dashboard, and what brings it to `seconds` of its session, presses keys and goes on for `then_s`."""
    source = source or FakeSource(together=True)
    app = Dashboard(source, refresh_hz=0.001)

    async def play(pilot: Pilot[int]) -> None:
        for pressed, length_s in (((), seconds), (keys, then_s)):
            await pilot.press(*pressed)
            await keys_handled(app)
            await pilot.pause()  # what a key has opened or closed has its size before the next frame
            for _ in range(round(length_s * 4)):
                source.advance(0.25)
                app.poll()
            await pilot.pause()

    return app, play


@pytest.mark.parametrize(
    ("seconds", "keys", "size"),
    [
        pytest.param(2.0, (), (80, 24), id="standing-in"),
        pytest.param(20.0, (), (120, 40), id="after-the-handover"),
        pytest.param(20.0, ("s", "h", "t", "2", "enter"), (120, 40), id="settings-staged"),
        pytest.param(20.0, ("s", "d", "C", "P", "U", "enter"), (80, 24), id="settings-at-80-columns"),
        pytest.param(20.0, ("s", "h", "x", "escape"), (120, 40), id="a-second-engine-compiles"),
        pytest.param(20.0, ("g", "g"), (80, 40), id="ascii"),
        pytest.param(20.0, ("3",), (120, 40), id="batches-following"),
        pytest.param(20.0, ("3", "b", "b", "b"), (80, 24), id="batches-picked"),
        pytest.param(20.0, ("3", "g", "g", "b"), (80, 24), id="batches-ascii"),
        pytest.param(20.0, ("4", "c"), (120, 40), id="distribution-by-device"),
        pytest.param(20.0, ("4", "l"), (80, 24), id="distribution-linear"),
        pytest.param(20.0, ("v",), (80, 24), id="advice"),
        pytest.param(20.0, ("m", "e"), (120, 40), id="events"),
        pytest.param(20.0, ("5",), (120, 40), id="devices"),
        pytest.param(2.0, ("5",), (80, 24), id="devices-standing-in"),
        pytest.param(20.0, ("5", "g", "g"), (80, 24), id="devices-ascii"),
        pytest.param(20.0, ("H",), (120, 40), id="around-the-handover"),
    ],
)
def test_looks(snap_compare: Compare, seconds: float, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    app, play = after(seconds, *keys)
    assert snap_compare(app, run_before=play, terminal_size=size)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_looks_of_history(snap_compare: Compare, size: tuple[int, int]) -> None:
    app, play = after(8.0, "s", "h", "x", "escape", "6", then_s=6.0)
    assert snap_compare(app, run_before=play, terminal_size=size)


@pytest.mark.parametrize(
    ("keys", "size"),
    [
        pytest.param((), (80, 24), id="strip-at-80-columns"),
        pytest.param((), (120, 40), id="strip"),
        pytest.param(("g", "g"), (120, 40), id="strip-ascii"),
        pytest.param((), (200, 60), id="strip-on-a-large-terminal"),
        pytest.param(("5",), (80, 24), id="machine-at-80-columns"),
        pytest.param(("5",), (120, 40), id="machine"),
        pytest.param(("5", "M"), (80, 24), id="machine-whole"),
    ],
)
def test_looks_of_the_machine(snap_compare: Compare, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    source = BusyMachine(together=True, handover_s=12.0)
    source._script += [
        *throttled(5, 9), *shared(20, 26), *throttled(22, 29, source="gpu", reasons=("thermal",)), *throttled(27, 60),
    ]  # fmt: skip
    source._script.sort(key=lambda event: event.t_ns)
    app, play = after(30.0, *keys, then_s=1.0, source=source)
    assert snap_compare(app, run_before=play, terminal_size=size)
