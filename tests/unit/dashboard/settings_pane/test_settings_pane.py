"""The settings pane: listed properties, search, reset, undo, and staged changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from listed import telling, told
from samples import spawned
from stage import Stage, on_stage, opened, row_state

from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.settings_pane.pane_foot import PaneFoot
from ovtui.dashboard.settings_pane.pane_model import Heading, PaneList
from ovtui.dashboard.settings_pane.pane_rows import SettingItem
from ovtui.dashboard.settings_pane.pane_search import SearchLine
from ovtui.dashboard.settings_pane.setting_row import SettingRow
from ovtui.dashboard.views.header import Header
from ovtui.settings.files import preset_store, presets
from ovtui.settings.layers import resolve
from ovtui.settings.schema.settings import Settings, fields


def lines(stage: Stage) -> list[str]:
    return [row.render().plain for row in stage.app.overview.query(SettingRow)]


def listing(device: str = "AUTO:GPU,CPU", **settings: object) -> PaneList:
    rows = PaneList()
    rows.set_properties(
        {event.device: event.properties for event in told()}, Settings(**{"device": device, **settings})
    )
    return rows


def test_each_setting_has_its_row_and_each_device_a_fold() -> None:
    rows = listing()
    own = {line.id for line in rows.items if isinstance(line, SettingItem)}
    assert own == {name for name, field in fields().items() if field.type is not dict}
    folds = [line for line in rows.lines if isinstance(line, Heading) and line.foldable]
    assert [(fold.group, fold.count, fold.folded) for fold in folds] == [
        ("AUTO properties", 4, True), ("GPU properties", 3, True), ("CPU properties", 8, True),
    ]  # fmt: skip


def test_every_row_is_reached_by_going_down() -> None:
    rows = listing()
    rows.move(-1000)
    seen = [rows.selected]
    while rows.move(1) or rows.selected != seen[-1]:
        seen.append(rows.selected)
        if rows.heading is not None and rows.heading.folded:
            rows.fold(rows.heading.group)
    assert len(set(seen)) == len(seen) == rows.total + 3


def test_the_rows_follow_the_device_that_is_wanted() -> None:
    assert {row.group for row in listing("CPU").items} >= {"CPU properties"} or listing("CPU").lines
    groups = [line.group for line in listing("CPU").lines if isinstance(line, Heading) and line.foldable]
    assert groups == ["CPU properties"]


def test_a_set_property_that_no_device_lists_has_a_row() -> None:
    rows = listing(properties={"CACHE_MODE": "OPTIMIZE_SPEED"})
    rows.search("cache_mode")
    assert [item.id for item in rows.items] == ["AUTO:GPU,CPU properties/CACHE_MODE"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("PINNING", ["CPU properties/CPU.ENABLE_CPU_PINNING"]),
        ("queue gpu", ["GPU properties/GPU.GPU_QUEUE_PRIORITY"]),
        ("in flight size pool", ["nireq"]),
        ("auto_batch_timeout", ["batch_timeout_ms"]),
        ("tomorrow", ["CPU properties/CPU.A_PROPERTY_OF_TOMORROW"]),
        ("no such thing at all", []),
    ],
)
def test_a_search_is_over_names_labels_and_help(words: str, expected: list[str]) -> None:
    rows = listing()
    rows.search(words)
    assert [item.id for item in rows.items] == expected
    rows.search("")
    assert len(rows.items) > 20


def test_searching_by_keys_filters_the_rows_and_escape_shows_all() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        await stage.press("slash", *"pinn")
        assert isinstance(stage.app.overview.focused, SearchLine)
        assert [item.id for item in pane.list.items] == ["CPU properties/CPU.ENABLE_CPU_PINNING"]
        assert "› " in lines(stage)[1]
        assert "ENABLE_CPU_PINNING" in lines(stage)[1]
        await stage.press("enter")
        assert stage.app.overview.focused is pane
        await stage.press("space")
        assert row_state(pane, "CPU properties/CPU.ENABLE_CPU_PINNING").status == "staged"
        await stage.press("escape")
        assert len(pane.list.items) > 20
        assert pane.selected == "CPU properties/CPU.ENABLE_CPU_PINNING"
        await stage.press("escape")
        assert not stage.app.overview.has_class("-settings")

    on_stage(act, telling())


def test_escape_in_the_search_ends_it() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        await stage.press("slash", *"zzz")
        assert pane.list.items == []
        assert "rows has 'zzz' in its name or help" in stage.text(PaneFoot)
        await stage.press("space", "escape")
        assert len(pane.list.items) > 20
        assert stage.app.overview.focused is pane

    on_stage(act, telling())


def test_a_property_is_staged_for_its_device_and_applied() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        pane.select("GPU properties/GPU.GPU_QUEUE_PRIORITY")
        await stage.press("space")
        assert "→ HIGH" in stage.row("GPU properties/GPU.GPU_QUEUE_PRIORITY")
        assert "1 staged: GPU.GPU_QUEUE_PRIORITY not set → HIGH" in stage.text(PaneFoot)
        pane.select("CPU properties/CPU.A_PROPERTY_OF_TOMORROW")
        await stage.press("enter", *["backspace"] * 12)
        await stage.press(*"two  words", "enter")
        await stage.press("x")
        assert stage.source.applied[0].properties == {
            "GPU.GPU_QUEUE_PRIORITY": "HIGH", "CPU.A_PROPERTY_OF_TOMORROW": "two  words",
        }  # fmt: skip
        await stage.advance(3)
        state = row_state(pane, "GPU properties/GPU.GPU_QUEUE_PRIORITY")
        assert (state.value, state.old, state.default) == ("HIGH", None, "MEDIUM")

    on_stage(act, telling())


def test_a_text_with_quotes_survives_the_pane_a_preset_and_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    text = r'"a:0"[1, 3],"it\'s \"[so]\""[],b\c[é]'

    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        pane.select("shape")
        await stage.press("enter", *text, "enter")
        assert stage.app.staging.staged["shape"] == text
        await stage.press("enter", "end", "backspace", "]", "enter", "x")
        assert [each.shape for each in stage.source.applied] == [text]

    stage = on_stage(act)
    settings = stage.source.applied[0]
    preset_store.save("odd", settings)
    assert presets.find("odd").applied_to(Settings()).shape == text
    assert resolve({}, {"OVTUI_SHAPE": text}, "").settings.shape == text
    assert resolve({"shape": text}, {}, "").settings.shape == text


def test_any_property_can_be_set_by_name() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        await stage.press("G", "enter", *"CPU.NEW_ONE=a b", "enter")
        assert stage.app.staging.wanted.properties == {"CPU.NEW_ONE": "a b"}
        pane.select("add-property")
        await stage.press("enter", *"performance_hint=latency", "enter")
        assert stage.app.staging.wanted.hint == "latency"
        pane.select("add-property")
        await stage.press("enter", *"nonsense", "enter")
        assert "KEY=VALUE" in row_state(pane, "add-property").error
        await stage.press("escape", "enter", *"CPU.NEW_ONE=", "enter")
        assert stage.app.staging.wanted.properties == {}

    on_stage(act, telling())


def test_a_device_that_the_machine_does_not_have_is_refused_at_its_row() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        for device, reason in (
            ("CPUU", "no CPUU here (devices: CPU, GPU), did you mean CPU?"),
            ("BATCH:gpu(4)", "no gpu here (devices: CPU, GPU), did you mean GPU?"),
            ("NPU", "no NPU here (devices: CPU, GPU)"),
        ):
            await stage.press("d", *device, "enter")
            assert row_state(pane, "device").error == reason
            await stage.press("escape")
        assert stage.app.staging.staged == {}
        await stage.press("d", *"AUTO:NPU,CPU", "enter")  # AUTO ignores a missing device
        assert stage.app.staging.wanted.device == "AUTO:NPU,CPU"

    on_stage(act, telling())


def test_a_read_only_property_is_shown_as_a_fact() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        for key in ("enter", "space", "plus", "7"):
            pane.select("CPU properties/CPU.FULL_DEVICE_NAME")
            await stage.press(key)
            state = row_state(pane, "CPU properties/CPU.FULL_DEVICE_NAME")
            assert (state.value, state.status, state.dimmed) == ("Test CPU", "fact", True)
            assert "fact" in state.error or key in ("plus", "7")
        assert stage.app.staging.staged == {}

    on_stage(act, telling())


def test_a_property_with_its_own_setting_leads_to_that_row() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        pane.select("AUTO properties/PERFORMANCE_HINT")
        await stage.press("space")
        assert pane.selected == "hint"
        assert stage.app.staging.staged == {}
        # The device lists its own default; the row shows the value of the setting.
        assert row_state(pane, "AUTO properties/PERFORMANCE_HINT").value == "throughput"
        await stage.press("space")
        assert row_state(pane, "AUTO properties/PERFORMANCE_HINT").value == "cumulative_throughput"

    on_stage(act, telling())


def test_a_wrong_value_of_a_property_shows_the_expected_ones_at_its_row() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        row = "CPU properties/CPU.PERFORMANCE_HINT_NUM_REQUESTS"
        pane.select(row)
        await stage.press("1", "x", "enter")
        assert "whole number" in stage.row(row)
        await stage.press("escape", "plus")
        assert row_state(pane, row).value == "1"

    on_stage(act, telling())


def test_a_changed_value_shows_its_default_and_a_key_restores_it() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        assert row_state(pane, "device").default == "CPU"
        assert "*device" in stage.row("device")
        assert "default CPU" in stage.row("device")
        assert row_state(pane, "hint").default == ""
        await stage.press("backspace")
        assert stage.app.staging.staged == {"device": "CPU"}
        pane.select("nireq")
        await stage.press("delete")
        assert stage.app.staging.value("nireq") == 0

    on_stage(act, telling(), preferences=Preferences(defaults=Settings(device="CPU")))


def test_a_property_is_reset_to_the_value_of_the_device() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        row = "GPU properties/GPU.PERF_COUNT"
        assert pane.list.lines[[line.id for line in pane.list.lines].index("group:GPU properties")].changed == 1
        pane.select(row)
        assert (row_state(pane, row).value, row_state(pane, row).default) == ("YES", "NO")
        await stage.press("backspace")
        assert stage.app.staging.wanted.properties == {}
        assert "YES → NO" in stage.row(row)

    on_stage(act, telling(properties={"GPU.PERF_COUNT": "YES"}))


def test_a_live_change_is_undone_too() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        await stage.press("h", "j", "n", "plus", "plus", "plus")
        await stage.advance(0.75)
        assert stage.source.applied[-1].nireq == 19
        await stage.press("u")
        await stage.advance(0.75)
        assert stage.source.applied[-1].nireq == 16
        assert "hint" in stage.app.staging.staged
        await stage.press("u")
        assert stage.app.staging.staged == {}

    on_stage(act, telling())


def test_a_fold_opens_and_closes_by_enter_and_by_mouse() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        pane.list.selected = "group:CPU properties"
        await stage.press("enter")
        assert "CPU properties/CPU.ENABLE_CPU_PINNING" in [line.id for line in pane.list.lines]
        assert any("- CPU properties  8" in line for line in lines(stage))
        heading = next(row for row in stage.app.overview.query(SettingRow) if row.line_id == "group:CPU properties")
        await stage.pilot.click(heading)
        assert "CPU properties/CPU.ENABLE_CPU_PINNING" not in [line.id for line in pane.list.lines]

    on_stage(act, telling())


def test_a_click_selects_a_row_a_second_click_edits_it_and_the_wheel_scrolls() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        row = next(row for row in stage.app.overview.query(SettingRow) if row.line_id == "hint")
        await stage.pilot.click(row)
        assert (pane.selected, stage.app.staging.staged) == ("hint", {})
        await stage.pilot.click(row)
        assert stage.app.staging.staged == {"hint": "cumulative_throughput"}
        before = lines(stage)
        pane.rows.scroll_lines(3)
        assert lines(stage) != before
        assert pane.selected == "hint"

    on_stage(act, telling(), size=(80, 24))


def test_a_compile_that_another_client_started_can_be_cancelled() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        called: list[bool] = []
        stage.source.cancel_change = lambda: called.append(True)
        await stage.press("U")
        assert called == [], "nothing compiles"
        stage.source.tell(spawned(2))
        await stage.advance(0.5)
        assert "U cancels" in stage.text(PaneFoot)
        await stage.press("U")
        assert called == [True]
        assert pane.staging.staged == {}

    on_stage(act, telling())


def test_a_read_only_client_shows_the_rows_and_rejects_changes() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        for id_ in ("nireq", "GPU properties/GPU.PERF_COUNT"):
            pane.select(id_)
            await stage.press("space", "plus", "9", "enter")
            assert "read-only" in row_state(pane, id_).error
        assert (stage.source.applied, stage.app.staging.staged) == ([], {})
        assert "read-only" in stage.text(Header)
        await stage.press("escape", "2")
        assert "read-only" in stage.app.screen.query_one(Header).render().plain

    source = telling()
    source.read_only = True
    on_stage(act, source)


def test_many_staged_changes_are_listed_one_by_one_and_the_rest_is_counted() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        staging = stage.app.staging
        staging.stage(
            {"hint": "latency", "nstreams": "4", "precision": "f16", "batch_size": 2, "nireq": 3, "rate": 5.0}
        )
        await stage.advance(0.25)
        foot = stage.text(PaneFoot)
        assert "6 staged" in foot
        assert "in flight   16 → 3" in foot
        assert "x apply (recompiles" in foot
        await stage.pilot.resize_terminal(80, 24)
        await stage.advance(0.25)
        assert "6 staged" in stage.text(PaneFoot)

    on_stage(act, telling())


def test_staged_live_changes_act_at_once() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        stage.app.staging.stage({"nireq": 3})
        await stage.advance(0.25)
        assert "acts at once" in stage.text(PaneFoot)
        await stage.press("x")
        assert stage.source.applied[-1].nireq == 3

    on_stage(act, telling(), preferences=Preferences())


def test_changing_settings_writes_no_file_of_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    async def act(stage: Stage) -> None:
        await opened(stage)
        await stage.press("h", "j", "a", "j", "c", "backspace", "x", "C", "j", "g", "L")

    on_stage(act, telling())
    assert list(tmp_path.iterdir()) == []
