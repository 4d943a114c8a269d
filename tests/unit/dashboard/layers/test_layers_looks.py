"""What view 8 looks like, cell by cell. After a wanted change: pytest --snapshot-update, and look at the diff."""

from __future__ import annotations

from collections.abc import Callable

import layer_scenes as scenes
import pytest
from stage import keys_handled
from textual.pilot import Pilot

from ovtui.dashboard.app import Dashboard
from ovtui.records.events import Event


def nothing(now_ns: int) -> list[Event]:
    return []


def one(now_ns: int) -> list[Event]:
    return scenes.profiled(now_ns, "CPU")


def two(now_ns: int) -> list[Event]:
    return scenes.profiled(now_ns, "CPU", "GPU.0")


@pytest.mark.parametrize(
    ("events", "size", "keys"),
    [
        pytest.param(nothing, (80, 24), (), id="nothing-narrow"),
        pytest.param(one, (80, 24), ("j", "j"), id="one-narrow"),
        pytest.param(one, (120, 40), ("j", "slash", *"conv"), id="one-filtered"),
        pytest.param(two, (200, 60), ("j",), id="two-large"),
    ],
)
def test_layers(
    snap_compare: Callable[..., bool], events: Callable[[int], list[Event]], size: tuple[int, int],
    keys: tuple[str, ...], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    source = scenes.source()
    app = Dashboard(source, refresh_hz=0.001)

    def advance(seconds: float) -> None:
        for _ in range(round(seconds * 4)):
            source.advance(0.25)
            app.poll()

    async def play(pilot: Pilot[int]) -> None:
        advance(5)
        source.tell(*events(source.now_ns))
        advance(0.5)
        for key in ("8", *keys):
            await pilot.press(key)
            await keys_handled(app)
            await pilot.pause()
        advance(0.5)
        await pilot.pause()

    assert snap_compare(app, run_before=play, terminal_size=size)
