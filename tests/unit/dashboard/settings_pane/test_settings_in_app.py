"""Settings changed on the dashboard: staged, applied, undone, refused."""

from __future__ import annotations

from stage import Stage, on_stage

from ovtui.dashboard.settings_pane.pane_foot import PaneFoot
from ovtui.dashboard.settings_pane.setting_row import EditLine
from ovtui.dashboard.settings_pane.settings_pane import SettingsPane
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.header import Header


def test_settings_are_staged_shown_and_applied_together() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("s", "h", "j", "2", "enter")
        assert stage.source.applied == []
        assert "→ cumulative" in stage.row("hint")
        assert "staged" in stage.row("hint")
        assert "by the hint → 2" in stage.row("nstreams")
        await stage.advance(0.25)
        foot = stage.text(PaneFoot)
        assert "2 staged\n" in foot
        assert "hint     throughput → cumulative_throughput" in foot
        assert "streams  by the hint → 2" in foot
        await stage.press("x")
        assert len(stage.source.applied) == 1
        assert stage.source.applied[0].nstreams == "2"
        await stage.advance(1)
        assert "new engine compiles" in stage.text(PaneFoot)
        assert "compiling" in stage.text(Header)
        assert "this one serves" in stage.text(DeviceLine)
        await stage.advance(2)
        assert "staged" not in stage.row("hint")
        assert "segment 2" in stage.text(Header)
        assert "CHANGED" in stage.text(EventLine)

    on_stage(act)


def test_a_live_change_needs_no_apply() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("s", "n", "plus", "plus")
        assert stage.source.applied == []
        await stage.advance(0.75)
        assert [settings.nireq for settings in stage.source.applied] == [18]
        assert "18 in flight" in stage.text(Header)

    on_stage(act)


def test_undo_reverts_one_change_or_all() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("s", "h", "j", "a", "u")
        assert "staged" not in stage.row("auto_batching")
        assert list(stage.app.staging.staged) == ["hint"]
        await stage.press("U")
        assert "staged" not in stage.row("hint")
        await stage.press("x")
        assert stage.source.applied == []
        assert "nothing is staged" in stage.text(EventLine)

    on_stage(act)


def test_a_refusal_shows_the_reason_and_keeps_the_staged_changes() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        stage.source.refuse = 'Device with\n"NPU" name is not registered'
        await stage.press("s", "h", "x")
        await stage.advance(0.5)
        assert 'Device with "NPU" name is not registered' in stage.text(EventLine)
        assert stage.text(EventLine).startswith(" REFUSED")
        assert "staged" in stage.row("hint")

    on_stage(act)


def test_an_invalid_value_is_explained_at_its_row() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("s", "n", "9", "9", "9", "9", "enter")
        assert "at most 4096" in stage.row("nireq")
        await stage.press("escape")
        assert not stage.app.overview.query(EditLine)
        assert "at most" not in stage.row("nireq")
        assert isinstance(stage.app.overview.focused, SettingsPane)
        await stage.press("t", "x", "enter")
        assert "NUMA" in stage.row("nstreams")

    on_stage(act)


def test_a_device_can_be_typed_with_letters_that_are_keys_elsewhere() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("s", "d", "H", "q", "s", "enter")
        assert "no Hqs here" in stage.row("device")
        assert stage.app.is_running

    on_stage(act)


def test_settings_read_at_the_start_are_shown_and_read_only() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press("s")
        stage.app.overview.pane.select("duration_s")
        await stage.press("plus")
        assert "when the session starts" in stage.row("duration_s")
        await stage.press("5")
        assert not stage.app.overview.query(EditLine)

    on_stage(act)
