"""The strip under the latency plot: its picture, its place on the plot's time axis, its rows in a session."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from fake_source import SECOND
from hypothesis import given, settings
from hypothesis import strategies as st
from machine_samples import BusyMachine, shared, throttled
from stage import Stage, on_stage

from ovtui.dashboard.drawing.cells import CellGrid, ChartInk
from ovtui.dashboard.drawing.glyphs import GLYPHS, GlyphSet
from ovtui.dashboard.overview.disturbance_marks import disturbance_marks
from ovtui.dashboard.overview.latency_plot import LatencyPlot
from ovtui.dashboard.overview.machine_strip import MachineStrip
from ovtui.dashboard.overview.sparkline import Sparkline
from ovtui.dashboard.overview.strip_picture import StripFrame, StripLayout, StripRow, draw_strip, percent_text
from ovtui.dashboard.views.event_line import EventLine
from ovtui.metrics.session.disturbances import Disturbance
from ovtui.settings.schema.settings import Settings

NAN = float("nan")
MINUTE = 60 * SECOND


def frame(*rows: StripRow, spans: tuple[Disturbance, ...] = ()) -> StripFrame:
    kinds = [kind for kind in ("throttle", "other-load") if any(span.kind == kind for span in spans)]
    return StripFrame(rows, 0, MINUTE, MINUTE, spans, kinds)


def row(name: str, *percent: float, now: float | None = 43.0, note: str = "") -> StripRow:
    ink = ChartInk.CPU if name == "CPU" else ChartInk.ACCELERATOR
    return StripRow(name, np.array(percent, float), now, ink, note)


def drawn(
    made: StripFrame, width: int, height: int, glyph_set: GlyphSet = "braille", *, left: bool = True
) -> list[str]:
    cells = draw_strip(made, StripLayout(width, height, left), GLYPHS[glyph_set])
    return [cells.text(y).rstrip() for y in range(cells.height)]


HANDOVER = (row("CPU", *[100.0] * 10, *[0.0] * 10, now=0.0), row("GPU", *[0.0] * 10, *[100.0] * 10, now=100.0))


@pytest.mark.parametrize(
    ("glyph_set", "low", "high", "axis"),
    [("braille", "▁", "█", "│"), ("ascii", "_", "#", "|"), ("console", "_", "█", "│")],
)
def test_at_a_handover_the_one_falls_as_the_other_rises(glyph_set: GlyphSet, low: str, high: str, axis: str) -> None:
    assert drawn(frame(*HANDOVER), 30, 2, glyph_set) == [
        f"CPU   0 %{axis}{high * 10}{low * 10}",
        f"GPU 100 %{axis}{low * 10}{high * 10}",
    ]


def test_the_rows_differ_in_colour_and_in_name() -> None:
    cells = draw_strip(frame(*HANDOVER), StripLayout(30, 2), GLYPHS["braille"])
    assert set(cells.styles[0, 10:].tolist()) == {ChartInk.CPU}
    assert set(cells.styles[1, 10:].tolist()) == {ChartInk.ACCELERATOR}


def test_a_hole_is_blank_and_zero_is_not() -> None:
    assert drawn(frame(row("CPU", 0.0, NAN, 50.0, NAN)), 34, 1) == ["CPU  43 %│▁▁▁▁▁▁      ▅▅▅▅▅▅"]


def test_what_is_not_known_is_said_once_and_never_drawn_as_zero() -> None:
    told = row("GPU", *[NAN] * 20, now=None, note="GPU busy: not told by its driver")
    assert drawn(frame(told), 60, 1) == ["GPU     –│GPU busy: not told by its driver"]
    assert drawn(frame(row("GPU", NAN, now=None)), 60, 1) == ["GPU     –│"]


def test_under_the_sparkline_the_labels_are_to_the_right() -> None:
    lines = drawn(frame(*HANDOVER), 60, 2, left=False)
    assert lines[0] == "█" * 16 + "▁" * 16 + " CPU                     0 %"
    assert lines[1] == "▁" * 16 + "█" * 16 + " GPU                   100 %"


def test_where_there_is_room_a_device_has_two_rows() -> None:
    lines = drawn(frame(replace(row("CPU", 100.0, 50.0, 40.0, 0.0), height=2)), 34, 2)
    assert lines == ["         │██████▁▁▁▁▁▁", "CPU  43 %│████████████▇▇▇▇▇▇▁▁▁▁▁▁"]


def test_throttling_is_a_rule_in_its_time_with_the_reason() -> None:
    spans = (Disturbance("throttle", 15 * SECOND, 45 * SECOND, "cpu", ("PL1",)),)
    lines = drawn(frame(row("CPU", *[50.0] * 60), spans=spans), 70, 2)
    assert lines[1] == "throttled│" + " " * 15 + "━CPU PL1" + "━" * 22
    assert drawn(frame(row("CPU", *[50.0] * 60), spans=spans), 70, 2, "ascii")[1].endswith("=CPU PL1" + "=" * 22)


def test_overlapping_throttles_of_two_sources_are_told_apart() -> None:
    spans = (
        Disturbance("throttle", 10 * SECOND, 30 * SECOND, "cpu", ("PL1",)),
        Disturbance("throttle", 25 * SECOND, 50 * SECOND, "gpu", ("thermal",)),
    )
    lines = drawn(frame(row("CPU", *[50.0] * 60), spans=spans), 70, 2)
    assert lines[1] == "throttled│" + " " * 10 + "━CPU PL1" + "━" * 7 + "╬GPU thermal" + "┅" * 13


def test_another_process_has_a_row_of_its_own() -> None:
    spans = (
        Disturbance("throttle", 0, 10 * SECOND, "quota", percent=40.0),
        Disturbance("other-load", 5 * SECOND, None, name="chrome", pid=1, percent=38.2),
    )
    lines = drawn(frame(row("CPU", *[50.0] * 60), spans=spans), 70, 3)
    assert lines[1] == "throttled│╌╌╌╌╌╌╌╌╌╌"
    assert lines[2] == "others   │" + " " * 5 + "━chrome 38 %" + "━" * 43


def test_a_short_disturbance_has_a_cell_at_least() -> None:
    spans = (Disturbance("throttle", 30 * SECOND, 30 * SECOND, "gpu"),)
    assert drawn(frame(row("CPU", 1.0), spans=spans), 70, 2)[1] == "throttled│" + " " * 30 + "┅"


def test_a_disturbance_outside_of_the_columns_is_not_drawn() -> None:
    spans = (Disturbance("throttle", -20 * SECOND, -10 * SECOND, "cpu"), Disturbance("throttle", MINUTE, None, "cpu"))
    assert drawn(frame(row("CPU", 1.0), spans=spans), 70, 2)[1] == "throttled│"


@pytest.mark.parametrize(
    ("percent", "text"),
    [(None, "–"), (NAN, "–"), (0.0, "0 %"), (42.6, "43 %"), (100.0, "100 %"), (104.0, "100 %"), (-3.0, "0 %")],
)
def test_a_share_has_no_decimals(percent: float | None, text: str) -> None:
    assert percent_text(percent) == text


PERCENT = st.one_of(st.floats(), st.floats(0, 100), st.just(NAN))
SPANS = st.lists(
    st.builds(
        Disturbance, st.sampled_from(["throttle", "other-load"]), st.integers(-(2**40), 2**40),
        st.one_of(st.none(), st.integers(-(2**40), 2**40)), st.sampled_from(["cpu", "gpu", "quota", None]),
        st.lists(st.text(max_size=12), max_size=3).map(tuple), st.text(max_size=30), st.integers(0, 9), st.booleans(),
        st.one_of(st.none(), st.floats(0, 100)),
    ),
    max_size=6,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.lists(PERCENT, max_size=230), st.text(max_size=40), st.none() | PERCENT), max_size=3),
    SPANS, st.integers(-(2**40), 2**40), st.integers(0, 2**40), st.integers(0, 260), st.integers(0, 9), st.booleans(),
    st.sampled_from(sorted(GLYPHS)), st.integers(1, 3),
)  # fmt: skip
def test_any_readings_at_any_size(
    rows: list[tuple[list[float], str, float | None]], spans: list[Disturbance], begin_ns: int, length_ns: int,
    width: int, height: int, left: bool, glyph_set: GlyphSet, tall: int,
) -> None:  # fmt: skip
    strip_rows = [
        StripRow(name, np.array(values, float), now, ChartInk.CPU, note, tall)
        for name, (values, note, now) in zip(("CPU", "GPU", "NPU"), rows, strict=False)
    ]
    made = StripFrame(strip_rows, begin_ns, begin_ns + length_ns, begin_ns, spans, ["throttle", "other-load"])
    cells = draw_strip(made, StripLayout(width, height, left), GLYPHS[glyph_set])
    assert (cells.width, cells.height) == (width, height)
    for y in range(height):
        text = cells.text(y)
        assert text.isprintable()
        assert glyph_set != "ascii" or text.isascii()


@settings(deadline=None)
@given(SPANS)
def test_marks_of_one_source_are_seconds_apart(spans: list[Disturbance]) -> None:
    marks = list(disturbance_marks(sorted(spans, key=lambda span: span.since_ns)))
    assert len(marks) <= len(spans)
    assert all(before.t_ns <= after.t_ns for before, after in pairwise(marks))


# In a session


def strip_lines(stage: Stage) -> list[str]:
    cells: CellGrid = stage.app.overview.query_one(MachineStrip).cells
    return [cells.text(y).rstrip() for y in range(cells.height)]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_a_session_with_a_handover_at_all_sizes(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(24)
        strip = stage.app.overview.query_one(MachineStrip)
        chart = stage.app.overview.query_one(LatencyPlot if size[1] >= 30 else Sparkline)
        assert strip.column_count == chart.column_count
        tall = 2 if size[1] >= 50 else 1
        lines = strip_lines(stage)
        assert len(lines) == 2 * tall
        cpu, gpu = lines[tall - 1], lines[-1]
        assert "CPU" in cpu
        assert "GPU" in gpu
        assert cpu.count("█") > 3
        top_gpu = lines[-tall]
        falls = cpu.rindex("█") if tall == 1 else lines[0].rindex("▇")
        rises = min(top_gpu.index(level) for level in "▇█" if level in top_gpu)
        assert abs(falls - rises) <= 3
        # The step is at the handover, on the axis of the plot.
        assert strip.span_ns == 30 * SECOND, "a young load is shown over its own time"
        begin_ns, end_ns = strip.end_ns - strip.span_ns, strip.end_ns
        at = strip._layout.left + (12 * SECOND - begin_ns) * strip.column_count // (end_ns - begin_ns)
        assert abs(rises - at) <= 1 + strip.column_count // 30

    on_stage(act, BusyMachine(handover_s=12.0), size=size)


def test_a_driver_that_does_not_tell_is_named_once_and_not_before_it_could_know() -> None:
    source = BusyMachine(handover_s=3.0)
    source.tells_gpu = False

    async def act(stage: Stage) -> None:
        await stage.advance(5)
        assert strip_lines(stage)[1].startswith("GPU     –│")
        assert "not told" not in strip_lines(stage)[1]
        await stage.advance(5)
        assert strip_lines(stage)[1] == "GPU     –│GPU busy: not told by its driver"

    on_stage(act, source)


def test_a_cpu_alone_has_one_row() -> None:
    source = BusyMachine(
        settings=Settings(device="CPU"), handover_s=None, available={"CPU": "Test CPU", "GPU": "Test GPU"}
    )

    async def act(stage: Stage) -> None:
        await stage.advance(5)
        assert [line[:3] for line in strip_lines(stage)] == ["CPU"]

    on_stage(act, source)


def test_disturbances_stand_in_the_strip_on_the_plot_and_in_the_event_line() -> None:
    source = BusyMachine(handover_s=3.0)

    async def act(stage: Stage) -> None:
        await stage.advance(4)
        assert len(strip_lines(stage)) == 2
        began, ended = throttled(5, 12)
        stage.source.tell(began)
        await stage.advance(2)
        assert "THROTTLE  the CPU is throttled (PL1), since 00:05" in stage.text(EventLine)
        await stage.advance(6)
        stage.source.tell(ended)
        await stage.advance(1)
        assert "the CPU was throttled from 00:05 to 00:12 (PL1)" in stage.text(EventLine)
        stage.source.tell(shared(13, 20)[0])
        await stage.advance(8)
        assert "OTHER  another process (chrome, 4711) takes 38 % of the cores, since 00:13" in stage.text(EventLine)
        lines = strip_lines(stage)
        assert lines[2].startswith("throttled│")
        assert "CPU PL1" in lines[2]
        assert "chrome" in lines[3]
        plot = stage.app.overview.query_one(LatencyPlot).cells
        text = "\n".join(plot.text(y) for y in range(plot.height))
        assert "CPU throttled PL1" in text
        assert "chrome 38 %" in text

    on_stage(act, source)


def test_the_strip_can_be_hidden_and_comes_back() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        strip, plot = (stage.app.overview.query_one(kind) for kind in (MachineStrip, LatencyPlot))
        before = plot.size.height
        await stage.press("M")
        assert not strip.display
        assert plot.size.height >= before
        await stage.press("M")
        await stage.advance(1)
        assert strip.display
        assert strip_lines(stage)[0].startswith("CPU")

    on_stage(act, BusyMachine())


def test_the_strip_shows_the_window_around_a_handover() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(20)
        await stage.press("H")
        strip = stage.app.overview.query_one(MachineStrip)
        assert strip.end_ns == 15 * SECOND
        cpu, gpu = strip_lines(stage)
        middle = 10 + strip.column_count // 2
        assert (cpu[middle - 1], cpu[middle + 1]) == ("█", "▂")
        assert (gpu[middle - 1], gpu[middle + 1]) == ("▁", "█")

    on_stage(act, BusyMachine(handover_s=12.0))


def test_the_strip_is_drawn_once_a_second_and_follows_a_fast_plot() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(62)
        strip = stage.app.overview.query_one(MachineStrip)
        frames: list[object] = []
        for _ in range(8):
            await stage.advance(0.25)
            frames.append(strip._frame)
        assert len({id(made) for made in frames}) in (2, 3)
        await stage.press("z")  # 10 s: the plot moves by two columns in each frame
        frames.clear()
        for _ in range(4):
            await stage.advance(0.25)
            frames.append(strip._frame)
        assert len({id(made) for made in frames}) == 4

    on_stage(act, BusyMachine())


@pytest.mark.parametrize(
    ("device", "available", "names"),
    [
        ("CPU", ("CPU", "GPU", "NPU"), ["CPU"]),
        ("NPU", ("CPU", "NPU"), ["CPU", "NPU"]),
        ("AUTO", ("CPU", "GPU", "NPU"), ["CPU", "GPU"]),
        ("AUTO:NPU,CPU", ("CPU", "GPU", "NPU"), ["CPU", "NPU"]),
        ("MULTI:GPU.1,NPU", ("CPU", "GPU.0", "GPU.1", "NPU"), ["CPU", "GPU", "NPU"]),
        ("AUTO:GPU,CPU", ("CPU",), ["CPU"]),
    ],
)
def test_the_devices_that_may_serve_have_a_row(device: str, available: tuple[str, ...], names: list[str]) -> None:
    source = BusyMachine(
        settings=Settings(device=device), handover_s=None, available=dict.fromkeys(available, "a device")
    )

    async def act(stage: Stage) -> None:
        await stage.advance(3)
        assert [line[:3] for line in strip_lines(stage)] == names

    on_stage(act, source)


def test_on_a_narrow_terminal_the_settings_take_its_place() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        strip = stage.app.overview.query_one(MachineStrip)
        assert strip.display
        await stage.press("s")
        assert not strip.display
        assert stage.app.overview.pane.size.height >= 10
        await stage.press("s")
        await stage.advance(1)
        assert strip.display
        assert strip_lines(stage)[0].startswith("CPU")

    on_stage(act, BusyMachine(), size=(80, 40))
