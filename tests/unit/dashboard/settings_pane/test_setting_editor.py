"""The editor over a row of the settings pane."""

from __future__ import annotations

from listed import telling
from stage import Stage, on_stage, opened
from textual import events

from ovtui.dashboard.requests.request_table import RequestTable
from ovtui.dashboard.settings_pane.setting_row import EditLine, SettingRow


def lines(stage: Stage) -> list[str]:
    return [row.render().plain for row in stage.app.overview.query(SettingRow)]


def test_an_edit_survives_a_switch_to_another_window() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        pane.select("nireq")
        await stage.press("1", "2")
        stage.app.post_message(events.AppBlur())
        await stage.pilot.pause()
        assert pane.editing == "nireq"
        stage.app.post_message(events.AppFocus())
        await stage.press("8", "enter")
        assert stage.app.staging.value("nireq") == 128
        assert pane.has_focus

    on_stage(act, telling())


def test_a_row_stays_below_its_editor_when_the_list_gets_room() -> None:
    """The staged changes come into force meanwhile, and the list gets their lines of the foot."""

    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        stage.app.staging.stage({"hint": "latency", "nthreads": 2, "precision": "f32", "seed": 3})
        await stage.advance(1)
        pane.select("add-property")
        pane.select("warm_up")
        pane.select("slo")
        await stage.press("enter", *"p99<8ms")
        row = pane.query_one(EditLine).parent
        assert isinstance(row, SettingRow)
        assert row.line_id == "slo"
        height = pane.rows.size.height
        stage.app.staging.undo_all()
        await stage.advance(1)
        assert pane.rows.size.height > height
        assert row.line_id == pane.editing == "slo"

    on_stage(act, telling())


def test_an_editor_without_room_gives_the_focus_back() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        pane.action_row_end(1)
        await stage.press("enter", *"A=1")
        assert pane.editing
        await stage.pilot.resize_terminal(120, 24)
        await stage.advance(1)
        assert not pane.editing
        assert pane.has_focus
        await stage.press("space")
        assert not stage.app.overview.query_one(RequestTable).frozen

    on_stage(act, telling())
