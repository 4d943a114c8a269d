"""What the pane, the presets page, the requests and the themes look like, cell by cell. After a wanted change:
pytest --snapshot-update, and look at the diff."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from fake_source import FakeSource
from listed import told
from stage import keys_handled
from textual.pilot import Pilot

from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.preferences import Preferences
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.settings import Settings

Compare = Callable[..., bool]
SMALL, USUAL, LARGE = (80, 24), (120, 40), (200, 60)


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the colours nor the presets of whoever runs the tests are to matter."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    presets = tmp_path / "ovtui" / "presets"
    presets.mkdir(parents=True)
    (presets / "evening.toml").write_text("title = 'What the evening runs'\n[settings]\nnireq = 4\nhint = 'latency'\n")


def after_keys(
    *keys: str, look: DisplaySettings | None = None
) -> tuple[Dashboard, Callable[[Pilot[int]], Awaitable[None]]]:
    """A dashboard 20 s into its session, and what presses keys then."""
    source = FakeSource(settings=Settings(device="AUTO:GPU,CPU", nireq=16, properties={"GPU.PERF_COUNT": "YES"}))
    source.tell(*told())
    app = Dashboard(source, Preferences(look=look or DisplaySettings()), refresh_hz=0.001)

    def advance(seconds: float) -> None:
        for _ in range(round(seconds * 4)):
            source.advance(0.25)
            app.poll()

    async def play(pilot: Pilot[int]) -> None:
        advance(20)
        await pilot.press(*keys)
        await keys_handled(app)
        advance(1)
        await pilot.pause()
        # A pane that was resized draws itself again.
        advance(0.25)
        await pilot.pause()

    return app, play


@pytest.mark.parametrize(
    ("keys", "size"),
    [
        pytest.param(("s", "slash", *"pu", "enter", "j"), SMALL, id="searched"),
        pytest.param(("s", *["pagedown"] * 4, "k", "k", "enter", *"jj", "space"), USUAL, id="properties"),
        pytest.param(("p", "j"), USUAL, id="presets"),
        pytest.param(("2", "j", "j"), USUAL, id="requests"),
        pytest.param(("question_mark",), SMALL, id="help"),
    ],
)
def test_pages(snap_compare: Compare, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    app, play = after_keys(*keys)
    assert snap_compare(app, run_before=play, terminal_size=size)


@pytest.mark.parametrize("theme", ["light", "terminal", "high-contrast"])
def test_themes(snap_compare: Compare, theme: str) -> None:
    app, play = after_keys("s", "h", look=DisplaySettings(theme=theme))
    assert snap_compare(app, run_before=play, terminal_size=USUAL)


def test_a_large_terminal_is_used(snap_compare: Compare) -> None:
    app, play = after_keys()
    assert snap_compare(app, run_before=play, terminal_size=LARGE)


def test_ascii(snap_compare: Compare) -> None:
    app, play = after_keys("p", look=DisplaySettings(glyphs="ascii"))
    assert snap_compare(app, run_before=play, terminal_size=USUAL)
