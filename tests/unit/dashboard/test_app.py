"""The dashboard in a terminal that is not there, over a session that never ran."""

from __future__ import annotations

import pytest
from fake_source import SECOND, FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.overview.figures import FiguresPanel
from ovtui.dashboard.overview.latency_table import LatencyTable
from ovtui.dashboard.requests.request_table import RequestTable
from ovtui.dashboard.settings_pane.pane_foot import PaneFoot
from ovtui.dashboard.settings_pane.setting_row import SettingRow
from ovtui.dashboard.tour.tour_desk import Section
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.dashboard.views.help import HelpScreen
from ovtui.dashboard.views.too_small import TooSmallScreen
from ovtui.records.events import DeviceChanged, LoadPaused, Note
from ovtui.settings.schema.settings import Settings


def test_the_first_frame_needs_no_engine() -> None:
    class Silent(FakeSource):
        def _begin(self) -> None:
            pass

    async def act(stage: Stage) -> None:
        assert "waiting for the session" in stage.text(Header)
        assert "engine" not in stage.text(DeviceLine)
        await stage.advance(1)
        assert "▌–▐" in stage.text(DeviceLine)

    on_stage(act, Silent())


def test_the_indicator_flips_at_the_handover() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(0.25)
        assert "compiling for AUTO:GPU,CPU" in stage.text(DeviceLine) or "reading" in stage.text(DeviceLine)
        await stage.advance(2)
        assert "▌(CPU)▐  standing in; GPU.0 compiling" in stage.text(DeviceLine)
        await stage.advance(1)
        assert "▌GPU.0▐  handover after 2.90 s" in stage.text(DeviceLine)
        await stage.advance(11)
        assert "▌GPU.0▐  (CPU) stood in 2.90 s" in stage.text(DeviceLine)

    on_stage(act)


def test_the_figures_show_what_was_measured() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(10.5)
        figures = stage.text(FiguresPanel)
        assert "400.0 /s" in figures
        assert "4,000" in figures
        assert "batch 16" in figures
        table = stage.text(LatencyTable)
        assert "p99.9" in table
        assert "response" in table

    on_stage(act)


def test_names_reach_the_screen_as_they_are() -> None:
    name = "[bold red]CPU[/] [x"
    source = FakeSource(settings=Settings(model=name, device="CPU"), handover_s=None, available={"CPU": name})

    async def act(stage: Stage) -> None:
        await stage.advance(0.1)
        assert name in stage.text(Header)
        stage.source.tell(Note(t_ns=stage.source.now_ns, severity="warning", text="[b]careful\x1b[2J\n[/b]"))
        await stage.advance(2)
        assert name in stage.text(DeviceLine)
        assert "WARNING  [b]careful" in stage.text(EventLine)
        assert "\x1b" not in stage.text(EventLine)

    on_stage(act, source)


def test_a_replay_takes_no_settings() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("s", "h")
        assert "read-only" in stage.row("hint")
        assert "edit" not in stage.text(Footer)
        assert "search" in stage.text(Footer)

    on_stage(act, FakeSource(replayed=True))


def test_the_footer_of_a_live_session_offers_what_changes_it() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("s")
        assert "enter edit" in stage.text(Footer)

    on_stage(act)


def test_a_dead_engine_is_reported_and_restarted() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("R")
        assert stage.source.restarts == 0
        stage.source.die()
        await stage.advance(0.5)
        assert "engine died: SIGKILL (9) after 5.0 s; everything measured is kept" in " ".join(
            stage.text(EventLine).split()
        )
        assert "R restart" in stage.text(Footer)
        await stage.press("R")
        assert stage.source.restarts == 1

    on_stage(act)


def test_the_idle_machine_is_measured_on_request() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("I")
        assert stage.source.idle_asked == 1
        assert "idle machine" in stage.text(EventLine)
        stage.source.tell(LoadPaused(t_ns=stage.source.now_ns, engine=1, until_ns=stage.source.now_ns + 5 * SECOND))
        await stage.advance(0.5)
        assert "the load pauses" in stage.text(DeviceLine)

    on_stage(act)


def test_a_read_only_view_measures_nothing_and_says_so() -> None:
    source = FakeSource()
    source.read_only = True

    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("I")
        assert stage.source.idle_asked == 0
        assert "read-only" in stage.text(EventLine)

    on_stage(act, source)


def test_the_last_frame_of_a_finished_session_is_complete() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        stage.source.advance(0.25)
        stage.app.poll()
        stage.source.finished = True
        completed = stage.app.digest.snapshot().completed
        await stage.advance(1)
        assert f"{completed:,}" in stage.text(FiguresPanel)

    on_stage(act)


def test_the_footer_follows_without_a_frame() -> None:
    """After the end there are no more frames, and the keys go on working."""

    async def act(stage: Stage) -> None:
        await stage.advance(5)
        stage.source.finished = True
        await stage.advance(1)
        await stage.press("s")
        assert "enter edit" in stage.text(Footer)
        await stage.press("h")
        assert "x apply 1 " in stage.text(Footer)
        await stage.press("j", "d")
        assert "enter accept" in stage.text(Footer)
        await stage.press("escape", "u", "escape")
        assert "x apply" not in stage.text(Footer)
        assert "s settings" in stage.text(Footer)

    on_stage(act)


def test_a_lost_host_is_reported() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        stage.source.host_gone = stage.source.finished = True
        await stage.advance(0.5)
        assert stage.text(EventLine).startswith(" HOST GONE")

    on_stage(act)


@pytest.mark.parametrize(("key", "ended_by"), [("q", 0), ("ctrl+c", 2)])
def test_the_outcome_shows_how_the_dashboard_ended(key: str, ended_by: int) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        await stage.press(key)

    stage = on_stage(act)
    assert stage.app.return_value == ended_by
    assert not stage.source.closed


def test_ctrl_c_quits_while_a_value_is_edited() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        await stage.press("s", "d", "ctrl+c")

    assert on_stage(act).app.return_value == 2


def test_a_terminal_that_is_too_small_shows_a_page_until_it_grows() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        await stage.pilot.resize_terminal(79, 24)
        await stage.pilot.pause()
        assert isinstance(stage.app.screen, TooSmallScreen)
        sentence = stage.app.screen.query_one("Static").render().plain
        assert "needs 80x24; this terminal is 79x24" in sentence
        await stage.pilot.resize_terminal(5, 2)
        await stage.advance(1)
        await stage.pilot.resize_terminal(120, 40)
        await stage.pilot.pause()
        assert stage.app.screen is stage.app.overview
        await stage.advance(1)
        assert "GPU" in stage.text(DeviceLine)

    on_stage(act)


def test_under_the_page_for_small_terminals_the_palette_neither_opens_nor_opens_twice() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        await stage.pilot.resize_terminal(60, 10)
        await stage.press("colon")
        assert isinstance(stage.app.screen, TooSmallScreen)
        await stage.pilot.resize_terminal(120, 40)
        await stage.press("colon")
        palette = stage.app.screen
        await stage.pilot.resize_terminal(60, 10)
        await stage.press("colon")
        await stage.pilot.resize_terminal(120, 40)
        await stage.pilot.pause()
        assert stage.app.screen is palette

    on_stage(act)


def test_the_dashboard_starts_in_a_terminal_that_is_too_small() -> None:
    async def act(stage: Stage) -> None:
        await stage.pilot.pause()
        assert isinstance(stage.app.screen, TooSmallScreen)
        await stage.press("q")

    assert on_stage(act, size=(40, 10)).app.return_value == 0


def test_at_80_columns_the_pane_covers_the_table_and_nothing_else() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("s")
        assert not stage.app.overview.query_one(RequestTable).display
        for seen in ("DeviceLine", "Sparkline", "LatencyTable", "SettingsPane"):
            assert stage.app.overview.query_one(seen).display
            assert stage.app.overview.query_one(seen).size.height >= 1
        await stage.press("escape")
        assert stage.app.overview.query_one(RequestTable).display
        assert stage.app.overview.focused is None

    on_stage(act, size=(80, 24))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_selected_row_stays_visible(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("s")
        for key in ("end", "home", *["pagedown"] * 2, "k", "G", *"kkkkkkkkkk"):
            await stage.press(key)
            pane = stage.app.overview.pane
            assert stage.row(pane.selected).startswith("›"), key
            chosen = next(row for row in stage.app.overview.query(SettingRow) if row.line_id == pane.selected)
            assert chosen.region.bottom <= stage.app.overview.query_one(PaneFoot).region.y

    on_stage(act, size=size)


def test_help_lists_the_keys_and_closes() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        await stage.press("question_mark")
        assert isinstance(stage.app.screen, HelpScreen)
        page = " ".join(stage.app.screen.query_one("Static").render().plain.split())
        assert "Open or close the settings pane." in page
        assert "from start_async to completion" in page
        await stage.press("q")
        assert stage.app.screen is stage.app.overview

    on_stage(act)


def test_the_palette_runs_the_registrys_commands() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        commands = {command.title: command for command in stage.app.get_system_commands(stage.app.screen)}
        assert "settings  (s)" in commands
        await commands["settings  (s)"].callback()
        await stage.pilot.pause()
        assert stage.app.overview.has_class("-settings")
        await stage.press("colon")
        assert stage.app.screen is not stage.app.overview

    on_stage(act)


def test_the_palette_offers_of_the_captions_keys_those_that_work() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        titles = [command.title for command in stage.app.get_system_commands(stage.app.screen)]
        assert [title for title in titles if title.startswith("caption: ")] == [
            "caption: next  (enter)",
            "caption: back  (bksp)",
        ]

    on_stage(act, section=Section(2, 6, "Of a test", ("A page.",)))


def test_the_table_freezes_and_the_plot_zooms_by_key() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("space")
        assert stage.app.overview.query_one(RequestTable).frozen
        await stage.press("f", "j", "j")
        assert stage.app.overview.query_one(RequestTable).mode == "held"
        await stage.press("home", "z", "m", "g", "w")
        assert "run, mixed" in stage.text(LatencyTable)  # the stand-in's requests and the GPU's
        await stage.advance(1)

    on_stage(act)


def test_polls_of_a_long_session_keep_going() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        stage.source.advance(3600)
        await stage.advance(0.5)
        assert "1:00:0" in stage.text(Header)
        assert stage.source.now_ns > 3600 * SECOND

    on_stage(act)


def test_a_change_of_device_is_told_in_the_event_line_and_rings_the_bell_only_if_enabled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(Dashboard, "bell", lambda _: rung.append(1))

    async def act(stage: Stage) -> None:
        await stage.advance(6)
        assert "HANDOVER  (CPU) → GPU.0, 2.90 s after the compile began" in stage.text(EventLine)
        assert rung == []
        await stage.press("ctrl+g")
        assert "bell rings" in stage.text(EventLine)
        back = DeviceChanged(
            t_ns=stage.source.now_ns, engine=1, before=["GPU.0"], after=["CPU"], since_compile_ms=6000.0
        )
        stage.source.tell(back)
        await stage.advance(2)
        assert rung == [1]
        assert "FALLBACK  GPU.0 failed while running; the CPU serves" in stage.text(EventLine)

    on_stage(act)


def test_an_old_change_of_device_rings_no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(Dashboard, "bell", lambda _: rung.append(1))

    async def act(stage: Stage) -> None:
        stage.app.change_bell.rings = True
        await stage.advance(1)
        assert rung == []

    source = FakeSource()
    source.advance(60)
    on_stage(act, source)
