"""Views on digits, keys in force, and how the dashboard looks."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from fake_source import FakeSource
from stage import Stage, keys_handled, on_stage
from textual.widgets import Static

from ovtui.dashboard.drawing.themes import COLOURS
from ovtui.dashboard.keys.commands import VIEW_KEYS
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.requests.request_detail import RequestDetail
from ovtui.dashboard.requests.request_table import RequestTable
from ovtui.dashboard.requests.requests_view import RequestsView
from ovtui.dashboard.terminal.few_colours import NoColours
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.help import HelpScreen
from ovtui.records.events import LoadEnded
from ovtui.settings.files.config import load
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.fields import fields_of
from ovtui.terminal import terminal_kind
from ovtui.terminal.terminal_kind import Terminfo


def help_text(stage: Stage) -> str:
    assert isinstance(stage.app.screen, HelpScreen)
    return stage.app.screen.query_one("Static").render().plain


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
def test_each_view_opens_by_its_digit_and_is_marked_in_the_footer(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        for entry in (*VIEW_KEYS, *reversed(VIEW_KEYS)):
            await stage.press(str(entry.number))
            await stage.advance(0.5)
            assert stage.app.view is not None
            assert stage.app.view.number == entry.number
            assert f"[{entry.number} {entry.name}]" in stage.text(Footer)
            assert "quit" in stage.text(Footer)

    on_stage(act, size=size)


def test_the_requests_view_shows_the_details_of_the_request_under_the_cursor() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("2", "j", "j", "j")
        view = stage.app.view
        assert isinstance(view, RequestsView)
        record = view.table.cursor_record
        text = stage.text(RequestDetail)
        assert f"REQUEST {record['seq']:,}" in text
        assert f"infer request {record['request']}" in text
        assert "submitted" in text
        assert "response" in text
        await stage.press("G")
        assert "REQUEST 0 " in stage.text(RequestDetail)
        assert "first inference" in stage.text(RequestDetail)
        await stage.press("home")
        assert view.table.following

    on_stage(act)


def test_a_click_in_the_table_chooses_the_row_and_the_wheel_scrolls() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("2")
        view = stage.app.view
        newest = stage.text(RequestDetail).split()[1]
        await stage.pilot.click(RequestTable, offset=(10, 6))
        chosen = view.table.cursor_record["seq"]
        assert stage.text(RequestDetail).split()[1] == f"{chosen:,}" != newest
        before = view.table._cursor.top
        await stage.pilot._post_mouse_events([_wheel_down()], RequestTable, offset=(10, 6))
        await stage.pilot.pause()
        assert view.table._cursor.top < before

    on_stage(act)


def test_settings_open_from_every_view() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("3", "s")
        assert stage.app.view is stage.app.overview
        assert stage.app.overview.has_class("-settings")

    on_stage(act)


def test_the_config_files_keys_are_in_force_and_shown() -> None:
    keys = {"freeze": "F5", "settings": ["o", "ctrl+t"], "metric": [], "zoom": "ctrl+g", "span": "q"}

    async def act(stage: Stage) -> None:
        await stage.advance(5)
        assert " o settings" in stage.text(Footer)
        await stage.press("s")
        assert not stage.app.overview.has_class("-settings")
        await stage.press("ctrl+t")
        assert stage.app.overview.has_class("-settings")
        await stage.press("escape", "space")
        assert not stage.app.overview.query_one(RequestTable).frozen
        await stage.press("f5")
        assert stage.app.overview.query_one(RequestTable).frozen
        commands = [command.title for command in stage.app.get_system_commands(stage.app.screen)]
        assert "settings  (o ctrl+t)" in commands
        assert "latency" in commands
        await stage.press("m")
        assert "latency shown" not in stage.text(EventLine)
        await stage.press("question_mark")
        page = help_text(stage)
        assert "o ctrl+t            Open or close the settings pane." in page
        assert "zoom                'ctrl+g' hides bell there" in page
        assert "span                'q' is the key of quit everywhere" in page
        await stage.press("escape", "ctrl+g")
        assert not stage.app.change_bell.rings
        assert " w span" in stage.text(Footer)

    on_stage(act, preferences=Preferences(keys=keys))


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
def test_a_click_in_the_footer_is_the_key_that_it_shows(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.pilot.click(Footer, offset=(stage.text(Footer).index("settings"), 0))
        await keys_handled(stage.app)
        await stage.advance(0.25)
        assert stage.app.overview.pane.has_focus
        await stage.pilot.click(Footer, offset=(stage.text(Footer).rindex("2"), 0))
        await keys_handled(stage.app)
        await stage.advance(0.25)
        assert isinstance(stage.app.view, RequestsView)

    on_stage(act, size=size)


def test_sentences_name_the_keys_in_force() -> None:
    async def act(stage: Stage) -> None:
        assert "Q quits" in stage.app.screen.query_one(Static).render().plain
        await stage.pilot.resize_terminal(120, 40)
        await stage.advance(5)
        for reason in get_args(get_type_hints(LoadEnded)["reason"]):
            stage.source.tell(LoadEnded(t_ns=5_000_000_000, engine=1, reason=reason, submitted=100))
            await stage.advance(1)
            assert "ENDED" in stage.text(EventLine)
            assert "Q prints the summary" in stage.text(EventLine)

    on_stage(act, size=(60, 20), preferences=Preferences(keys={"quit": "Q"}))


def test_invalid_keys_are_reported_once_and_the_others_work() -> None:
    keys = {"freez": "x", "freeze": "ctrl+a", "zoom": 3, "metric": "j", "settings": "a", "theme": "alt+t"}

    async def act(stage: Stage) -> None:
        assert "KEYS  freez: no such action, did you mean freeze?" in stage.text(EventLine)
        assert "e shows it whole" in stage.text(EventLine)
        await stage.advance(1)
        await stage.press("a")
        assert stage.app.overview.has_class("-settings")
        await stage.advance(16)
        assert "KEYS" not in stage.text(EventLine)
        await stage.press("escape", "question_mark")
        assert "theme" in help_text(stage)

    on_stage(act, preferences=Preferences(keys=keys))


def test_valid_keys_cause_no_report() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        assert "KEYS" not in stage.text(EventLine)

    on_stage(act, preferences=Preferences(keys={"freeze": "f5"}))


def test_themes_and_glyphs_go_round_by_key_in_every_view() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        seen = [stage.app.theme]
        for view in ("1", "2", "3"):
            await stage.press(view, "C")
            seen.append(stage.app.theme)
            assert f"theme: {stage.app.theme}" in stage.text(EventLine)
        assert seen == ["dark", "light", "terminal", "high-contrast"]
        await stage.press("g", "g")
        assert stage.app.look.glyphs == "ascii"
        assert stage.app.view.glyphs == "ascii"
        await stage.press("1")
        await stage.advance(0.5)
        assert stage.app.overview.glyphs == "ascii"
        screen = "".join(segment.text for strip in stage.app.screen._compositor.render_strips() for segment in strip)
        assert {char for char in screen if not 32 <= ord(char) < 127} == set()

    on_stage(act)


def test_the_look_of_the_preferences_applies_from_the_first_frame() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        assert stage.app.theme == "terminal"
        assert stage.app.native_ansi_color
        assert stage.app.overview.glyphs == "block"

    on_stage(act, preferences=Preferences(look=DisplaySettings(theme="terminal", glyphs="block")))


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1", "TERM": "xterm-256color"}, {"TERM": "vt100"}])
def test_no_color_is_no_colour(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    colours = {"vt100": -1, "xterm-256color": 256}
    monkeypatch.setattr(terminal_kind, "terminfo", lambda term: Terminfo(True, b"\x1b[H", colours[term]))

    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("j", "j", "C")
        await stage.advance(0.5)
        for strip in stage.app.screen._compositor.render_strips():
            for segment in strip.apply_filter(stage.app._filters[-1], stage.app.screen.background_colors[1]):
                style = segment.style
                assert style is None or style.color is None
                assert style is None or style.bgcolor is None
        assert "NO_COLOR" in stage.text(EventLine)

    terminal = terminal_kind.terminal_kind(environ)
    stage = on_stage(act, preferences=Preferences(terminal=terminal))
    assert isinstance(stage.app._filters[-1], NoColours)


def test_each_theme_is_registered_and_complete() -> None:
    assert set(COLOURS) == set(fields_of(DisplaySettings)["theme"].choices)
    names = [set(colours.variables) for colours in COLOURS.values()]
    assert all(each >= names[0] for each in names)
    assert {colours.name for colours in COLOURS.values()} == set(COLOURS)


def test_low_bandwidth_draws_less_often_and_can_be_toggled() -> None:
    async def act(stage: Stage) -> None:
        assert stage.app._chosen_hz == 0.001
        stage.app._refresh_hz = None
        assert stage.app._chosen_hz == 1.0
        await stage.advance(2)
        assert stage.app.overview.has_class("-low-bandwidth")
        await stage.press("L")
        assert stage.app._chosen_hz == 4.0
        assert not stage.app.overview.has_class("-low-bandwidth")
        stage.app.change_look(low_bandwidth=True, refresh_hz=0.5)
        assert stage.app._chosen_hz == 0.5

    on_stage(act, preferences=Preferences(look=DisplaySettings(low_bandwidth=True)))


def test_the_look_is_saved_only_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "ovtui" / "config.toml"

    async def act(stage: Stage) -> None:
        await stage.advance(1)
        await stage.press("C", "g")
        assert not path.exists()
        stage.app.action_save_look()
        assert f"saved to {path}" in stage.text(EventLine)
        await stage.press("C", "C", "C")
        stage.app.action_save_look()

    on_stage(act, size=(160, 40))
    assert load().view == {"glyphs": "block"}


def test_no_view_needs_more_than_the_smallest_terminal() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        for entry in VIEW_KEYS:
            await stage.press(str(entry.number))
            await stage.advance(0.5)
            for widget in stage.app.screen.walk_children():
                region = widget.region
                assert region.right <= 80, widget
                assert region.bottom <= 24, widget

    on_stage(act, FakeSource(), size=(80, 24))


def _wheel_down() -> type:
    from textual.events import MouseScrollDown

    return MouseScrollDown
