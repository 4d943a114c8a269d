"""The canvas of the lanes against a slow model, on whatever numbers it is given; and the records that a frame reads."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.dashboard.batches import lanes_picture
from ovtui.dashboard.batches.lanes_picture import LanesInk, LanesScene
from ovtui.dashboard.batches.lanes_window import MARGIN_RECORDS, LanesWindow, read_slice
from ovtui.dashboard.drawing import line_raster
from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import GLYPHS, GlyphSet
from ovtui.dashboard.drawing.line_raster import LineSet
from ovtui.metrics.batching.batch_runs import RunReason, batches_of
from ovtui.metrics.session.request_history import RequestHistory
from ovtui.records.record import Flag, Records, empty_records

MS = 1_000_000
PLACES = st.floats(-30, 60) | st.sampled_from([0.0, -1e12, 1e15, 1e308, -1e308, math.inf, -math.inf, math.nan])
QUARTERS = st.integers(-36, 160).map(lambda number: number / 4)
LINES = st.lists(st.tuples(PLACES, PLACES, st.integers(0, 3)), max_size=12)
SIZES = st.tuples(st.integers(0, 30), st.integers(0, 6))
SETS = st.sampled_from(sorted(GLYPHS))


def made(lines: list[tuple[float, float, int]]) -> LineSet:
    upper, lower, layer = zip(*lines, strict=True) if lines else ((), (), ())
    return LineSet(np.array(upper, float), np.array(lower, float), np.array(layer, np.int64))


@settings(max_examples=200)
@given(LINES, SIZES, SETS)
def test_any_lines_fill_the_canvas_with_its_own_glyphs(
    lines: list[tuple[float, float, int]], size: tuple[int, int], name: GlyphSet
) -> None:
    width, height = size
    codes, tops = line_raster.draw(made(lines), 4, frozenset({2}), width, height, GLYPHS[name])
    assert codes.shape == tops.shape == (height, width)
    shown = {chr(code) for code in np.unique(codes)}
    if name == "braille":
        assert all(c == " " or 0x2800 < ord(c) <= 0x28FF for c in shown)
    elif slopes := GLYPHS[name].slopes:
        assert all(c in f" {slopes}" for c in shown)
    else:
        assert all(c in " ▗▖▄▝▐▞▟▘▚▌▙▀▜▛█" for c in shown)
    assert ((tops >= 0) | (codes == ord(" "))).all()
    assert set(np.unique(tops).tolist()) <= {-1, *(layer for _, _, layer in lines)}


@settings(max_examples=150)
@given(st.lists(st.tuples(QUARTERS, QUARTERS, st.integers(0, 2)), max_size=6), st.integers(1, 30))
def test_dots_are_those_of_the_plain_model(lines: list[tuple[float, float, int]], width: int) -> None:
    height = 3
    rows = height * 4
    dots = np.zeros((rows, width * 2), bool)
    for upper, lower, _ in lines:
        for y in range(rows):
            # From where the line enters the row of dots to where it leaves it.
            ends = sorted(math.floor(2 * upper + (2 * lower - 2 * upper) * at) for at in (y / rows, (y + 1) / rows))
            for x in range(max(ends[0], 0), min(ends[1], width * 2 - 1) + 1):
                dots[y, x] = True
    codes, tops = line_raster.draw(made(lines), 3, frozenset(), width, height, GLYPHS["braille"])
    bits = [(0, 0, 1), (1, 0, 2), (2, 0, 4), (0, 1, 8), (1, 1, 16), (2, 1, 32), (3, 0, 64), (3, 1, 128)]
    for y in range(height):
        for x in range(width):
            wanted = sum(bit for dy, dx, bit in bits if dots[4 * y + dy, 2 * x + dx])
            assert codes[y, x] == (0x2800 + wanted if wanted else ord(" "))
            assert (tops[y, x] >= 0) == bool(wanted)


@st.composite
def histories(draw: st.DrawFn) -> Records:
    """Runs of a made-up session in the order of completion."""
    rows: list[tuple[int, int, int, int, int]] = []
    runs = draw(
        st.lists(
            st.tuples(st.integers(0, 2000), st.integers(1, 4), st.integers(0, 60), st.integers(1, 50), st.booleans()),
            min_size=1,
            max_size=40,
        )
    )
    for number, (at, size, spread, took, timer) in enumerate(runs, 1):
        submits = [(at + spread * member // size) * MS for member in range(size)]
        done = submits[-1] + took * MS
        rows += [(submit, done + member * 1000, size, number, timer) for member, submit in enumerate(submits)]
    records = empty_records(len(rows))
    for i, (submit, done, size, number, timer) in enumerate(rows):
        records["submit_ns"][i], records["done_ns"][i], records["batch_size"][i] = submit, done, size
        records["batch_id"][i] = number if size > 1 else 0
        records["flags"][i] = Flag.TIMED_OUT if timer and size == 1 else 0
    records["seq"] = np.argsort(np.argsort(records["submit_ns"], kind="stable"))
    return records[np.argsort(records["done_ns"], kind="stable")]


@settings(max_examples=150)
@given(histories(), st.integers(0, 2500), st.integers(1, 3000), st.integers(0, 140), st.integers(0, 30), SETS)
def test_any_stretch_of_any_session_is_drawn(
    records: Records, end_ms: int, span_ms: int, width: int, height: int, name: GlyphSet
) -> None:
    batches = batches_of(records)
    end_ns = end_ms * MS
    for picked in (None, 0, len(batches) - 1):
        scene = LanesScene(records, batches, end_ns - span_ms * MS, end_ns, picked)
        cells = CellGrid(width, height)
        lanes_picture.draw(cells, lanes_picture.LanesLayout(0, height), scene, GLYPHS[name])
        text = "".join(cells.text(y) for y in range(height))
        assert len(text) == width * height
        assert name != "ascii" or text.isascii()
        assert cells.styles.max(initial=0) < len(LanesInk)


@settings(max_examples=100)
@given(histories(), st.integers(1, 2500), st.integers(1, 2500), st.integers(3, 5000))
def test_a_stretch_has_all_that_was_under_way_in_it(records: Records, end_ms: int, span_ms: int, capacity: int) -> None:
    history = RequestHistory(capacity)
    history.add(records)
    kept = records[-capacity:]
    begin_ns, end_ns = (end_ms - span_ms) * MS, end_ms * MS
    stretch = read_slice(history, begin_ns, end_ns, {}, {})
    under_way = kept[(kept["done_ns"] >= begin_ns) & (kept["submit_ns"] < end_ns)]
    assert len(kept) < MARGIN_RECORDS
    assert set(under_way["seq"].tolist()) <= set(stretch.records["seq"].tolist())
    for index in np.flatnonzero(stretch.batches.reason == RunReason.FULL).tolist():
        batch = stretch.batches.batch(index, stretch.records)
        assert batch.whole == ((kept["batch_id"] == batch.id).sum() == batch.size)


@settings(max_examples=100)
@given(
    histories(),
    st.lists(st.sampled_from(["zoom", "back", "scroll", "on", "show", "keep", "follow", "stand"]), max_size=30),
)
def test_the_window_is_never_lost(records: Records, steps: list[str]) -> None:
    history = RequestHistory()
    history.add(records)
    window = LanesWindow()
    oldest_ns, newest_ns = int(records["done_ns"][0]), int(records["done_ns"][-1])
    for step in steps:
        match step:
            case "zoom" | "back":
                window.zoom(1 if step == "zoom" else -1, 70)
            case "scroll" | "on":
                window.scroll(-1 if step == "scroll" else 1, 70)
            case "keep":
                window.clamp_to(oldest_ns, newest_ns, 70)
                if window.end_ns is not None:
                    assert oldest_ns <= window.end_ns
                    assert window.end_ns - window.span_ns <= newest_ns
            case "show":
                window.pin(window.visible_end_ns(newest_ns, newest_ns, 70))
                run = records[len(records) // 2]
                window.scroll_to(int(run["submit_ns"]), int(run["done_ns"]), 70)
                assert window.end_ns - window.span_ns <= run["done_ns"] < window.end_ns
            case "follow":
                window.follow()
                window.choose_span(history, 70)
            case "stand":
                window.pin(window.visible_end_ns(newest_ns, newest_ns, 70))
        assert window.span_ns > 0
        end_ns = window.visible_end_ns(newest_ns + MS, newest_ns, 70)
        assert end_ns > 0
        read_slice(history, end_ns - window.span_ns, end_ns, {}, {})
