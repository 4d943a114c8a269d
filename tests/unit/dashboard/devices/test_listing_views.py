"""The devices view and the history, with a fake session."""

from __future__ import annotations

from fake_source import SECOND, FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.devices.devices_view import DevicesView
from ovtui.dashboard.devices.event_list import EventList
from ovtui.dashboard.devices.phase_table import PhaseTable
from ovtui.dashboard.devices.startup_panel import StartupPanel, startup_lanes
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.row_list import RowList
from ovtui.dashboard.segments.history_view import HistoryView, SegmentList, fitting_columns
from ovtui.dashboard.views.event_line import EventLine
from ovtui.metrics.handover.startup import StartupTimeline
from ovtui.records.events import AcceleratorChanged, DeviceChanged, LogLine, Note
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings


def with_auto_log() -> FakeSource:
    """A handover at 3 s, with AUTO's log lines on it."""
    source = FakeSource()
    source._script += [
        *(LogLine(t_ns=int(0.46 * SECOND), engine=1, text=f"AUTO line {i}") for i in range(3)),
        AcceleratorChanged(t_ns=int(2.95 * SECOND), engine=1, device="GPU.0", state="compiled", compile_ms=2490.0),
        AcceleratorChanged(t_ns=int(3.01 * SECOND), engine=1, device="CPU", state="released"),
    ]
    source._script.sort(key=lambda event: event.t_ns)
    return source


def text(stage: Stage, panel: type[Panel]) -> str:
    return stage.app.screen.query_one(panel).render().plain


def row(stage: Stage, panel: type[Panel], start: str) -> str:
    return next(line for line in text(stage, panel).splitlines() if line.strip().startswith(start))


def test_the_start_up_is_drawn_in_lanes_during_and_after_the_compile() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        await stage.press("5")
        assert isinstance(stage.app.screen, DevicesView)
        assert row(stage, StartupPanel, "CPU").rstrip().endswith("→")
        assert "(CPU)" in row(stage, StartupPanel, "CPU")
        assert "compiles" in row(stage, StartupPanel, "GPU.0")
        assert "handover" not in text(stage, StartupPanel)
        await stage.advance(3)
        assert row(stage, StartupPanel, "CPU").rstrip().endswith("┤")
        assert "compiled in 2.49 s" in row(stage, StartupPanel, "GPU.0")
        assert "serves" in row(stage, StartupPanel, "GPU.0")
        for moment in ("first inference 0.50", "handover 3.00", "first by GPU.0 3.00", "(CPU) released 3.01"):
            assert moment in text(stage, StartupPanel)

    on_stage(act, with_auto_log())


def test_figures_by_device_and_around_the_handover() -> None:
    async def act(stage: Stage) -> None:
        await stage.press("5")
        assert "no request completed yet" in text(stage, PhaseTable)
        await stage.advance(10)
        assert row(stage, PhaseTable, "(CPU)").split()[1] == "999"
        assert "GPU.0" in text(stage, PhaseTable)
        handover = row(stage, PhaseTable, "HANDOVER")
        assert "(CPU) → GPU.0 at 00:03" in handover
        assert "settled after" in handover
        assert row(stage, PhaseTable, "before").split()[1] == "998"
        heads = [line.split() for line in text(stage, PhaseTable).splitlines()[:2]]
        assert heads[0] == ["BY", "DEVICE", "requests", "share", "throughput", *["inference"] * 2, *["response"] * 3]
        assert heads[1] == ["/s", "p50", "ms", "p99", "ms", "p50", "ms", "p99", "ms", "max", "ms"]
        assert row(stage, PhaseTable, "after").split()[2] == "400.0"
        table = stage.app.screen.query_one(PhaseTable)
        assert table.size.height == len(text(stage, PhaseTable).splitlines())

    on_stage(act, with_auto_log())


def test_events_are_listed_newest_first_and_the_cursor_stays_on_its_event() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(4)
        await stage.press("5")
        lines = text(stage, EventList).splitlines()
        assert lines[1].split()[:2] == ["00:03.0", "AUTO"]
        assert "HANDOVER" in lines[2]
        await stage.press("j", "j")
        events = stage.app.screen.query_one(EventList)
        assert events.cursor == 1
        stage.source.tell(Note(t_ns=stage.source.now_ns, severity="warning", text="[b]look\x1b here[/b]"))
        await stage.advance(0.5)
        assert events.cursor == 2
        assert "WARNING   [b]look" in text(stage, EventList)
        assert "\x1b" not in text(stage, EventList)
        await stage.press("escape")
        assert events.cursor is None

    on_stage(act, with_auto_log())


def test_late_events_are_sorted_in() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(4)
        await stage.press("5")
        stage.source.tell(Note(t_ns=3 * SECOND + 5_000_000, severity="info", text="read afterwards"))
        await stage.advance(0.5)
        lines = text(stage, EventList).splitlines()
        assert [line.split()[0] for line in lines[1:4]] == ["00:03.0", "00:03.0", "00:03.0"]

    on_stage(act, with_auto_log())


def test_the_lines_of_the_log_are_hidden_and_shown() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(4)
        await stage.press("5")
        assert "AUTO line 2" in text(stage, EventList)
        await stage.press("l")
        assert "AUTO line" not in text(stage, EventList)
        assert "GPU.0 compiled in 2.49 s" in text(stage, EventList)
        assert "without" in text(stage, EventLine)
        await stage.press("l")
        assert "AUTO line 0" in text(stage, EventList)

    on_stage(act, with_auto_log())


def test_a_cut_reason_is_shown_in_full_under_the_cursor() -> None:
    reason = "a driver said " + "very much " * 12 + "in the end"

    async def act(stage: Stage) -> None:
        await stage.advance(1)
        stage.source.tell(
            AcceleratorChanged(t_ns=stage.source.now_ns, engine=1, device="GPU.0", state="failed", reason=reason),
            DeviceChanged(t_ns=stage.source.now_ns, engine=1, before=["(CPU)"], after=["CPU"], since_compile_ms=500.0),
        )
        await stage.advance(0.5)
        await stage.press("5")
        assert "STAYS     the CPU stays: GPU.0 failed to compile: a driver said" in text(stage, EventList)
        assert "in the end" not in text(stage, EventList)
        await stage.press("j")
        assert "in the end" in " ".join(text(stage, EventList).split())
        assert "fails to compile" in text(stage, StartupPanel)
        assert "stays" in row(stage, StartupPanel, "CPU")

    on_stage(act, FakeSource(handover_s=60.0), size=(80, 40))


def test_the_start_up_of_an_earlier_engine_can_be_shown() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(4)
        stage.source.apply(with_changes(stage.source.settings, {"hint": "latency"}))
        await stage.advance(4)
        await stage.press("5")
        assert "engine 2," in text(stage, StartupPanel)
        await stage.press("n")
        assert "engine 1," in text(stage, StartupPanel)
        await stage.press("n")
        assert "engine 2," in text(stage, StartupPanel)

    on_stage(act)


def test_a_machine_with_one_device_has_a_start_up_and_no_handover() -> None:
    source = FakeSource(settings=Settings(device="CPU"), handover_s=None, available={"CPU": "Test CPU"}, batch=1)

    async def act(stage: Stage) -> None:
        await stage.advance(3)
        await stage.press("5")
        assert "serves" in row(stage, StartupPanel, "CPU")
        assert "HANDOVER" not in text(stage, PhaseTable)

    on_stage(act, source, size=(80, 24))


def test_devices_that_serve_side_by_side_have_a_lane_each() -> None:
    """Which of the devices served a request is not known."""
    line = StartupTimeline(engine=1, spawned_ns=0, model_read_ns=10, ready_ns=20, together=("GPU.0", "CPU"))
    lanes = dict(startup_lanes(line))
    assert [bar.label for bar in lanes["GPU.0"]] == [bar.label for bar in lanes["CPU"]] == ["one of several"]
    assert lanes["CPU"][0].end_ms is None


def test_without_an_accelerator_there_is_no_empty_lane() -> None:
    line = StartupTimeline(engine=1, spawned_ns=0, model_read_ns=10, ready_ns=20)
    assert [name for name, _ in startup_lanes(line)] == ["engine", "CPU"]
    compiling = StartupTimeline(engine=1, spawned_ns=0, model_read_ns=10)
    assert [name for name, _ in startup_lanes(compiling)] == ["engine", "CPU", "device"]


def test_each_segment_has_a_row() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(6)
        stage.source.apply(with_changes(stage.source.settings, {"hint": "cumulative_throughput"}))
        await stage.advance(4)
        await stage.press("6")
        assert isinstance(stage.app.screen, HistoryView)
        rows = text(stage, SegmentList).splitlines()[3:6]
        assert [line.split()[0] for line in rows] == ["1", "throughput", "2"]
        assert "throughput, 16 in flight" in rows[0]
        assert rows[0].split()[-2:] == ["0.50", "–"]
        assert rows[1].split()[-1] == "3.00"
        assert "hint → cumulative " in rows[2]
        await stage.press("k")
        assert stage.app.screen.query_one(SegmentList).cursor == 2
        await stage.press("home")
        assert stage.app.screen.query_one(SegmentList).cursor == 0

    on_stage(act)


def test_narrow_lists_drop_the_less_important_columns() -> None:
    assert fitting_columns(200)[0] == "hint"
    assert fitting_columns(120) == [
        "hint", "device", "requests", "rate", "inference p50", "response p50", "response p99", "first", "handover",
    ]  # fmt: skip
    assert fitting_columns(120, powered=True)[-1] == "energy"
    assert fitting_columns(80) == ["device", "rate", "inference p50", "response p99", "handover"]

    async def act(stage: Stage) -> None:
        await stage.advance(6)
        await stage.press("6")
        for line in text(stage, SegmentList).splitlines():
            assert len(line) <= 80
        assert "handover" in text(stage, SegmentList)

    on_stage(act, size=(80, 24))


def test_lists_are_drawn_at_any_width() -> None:
    """A widget that is being mounted has no size yet."""

    async def act(stage: Stage) -> None:
        await stage.advance(5)
        for view in ("5", "6"):
            await stage.press(view, "j")
            rows = stage.app.screen.query_one(RowList)
            assert rows.count() > 0
            for width in (1, 5, 20, 39, 79, 300):
                assert rows.draw(width).plain

    on_stage(act)


def test_many_segments_scroll() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        for nireq in range(2, 42):
            stage.source.apply(with_changes(stage.source.settings, {"nireq": nireq}))
            await stage.advance(0.25)
        await stage.press("6")
        assert " 41 " in text(stage, SegmentList)
        assert "  1 " not in text(stage, SegmentList)
        await stage.press("home")
        assert row(stage, SegmentList, "1 ")
        await stage.press("escape")
        assert " 41 " in text(stage, SegmentList)

    on_stage(act, size=(80, 24))


def test_digits_change_the_view_and_keep_the_glyphs() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(4)
        await stage.press("5", "g", "g")
        assert stage.app.screen.glyphs == "ascii"
        await stage.advance(0.5)
        assert text(stage, StartupPanel).isascii()
        await stage.press("6")
        assert isinstance(stage.app.screen, HistoryView)
        assert stage.app.screen.glyphs == "ascii"
        await stage.press("1")
        assert stage.app.screen is stage.app.overview

    on_stage(act, with_auto_log())


def test_a_finished_session_can_be_browsed() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        stage.source.finished = True
        await stage.advance(1)
        await stage.press("5")
        assert "HANDOVER" in text(stage, EventList)
        await stage.press("6")
        assert "GPU.0" in text(stage, SegmentList)

    on_stage(act)
