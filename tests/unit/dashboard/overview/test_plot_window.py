"""The span of the plot: over the time of a young load, by keys; its axis by a key."""

from __future__ import annotations

import pytest
from samples import started, update
from stage import Stage, on_stage

from ovtui.dashboard.overview.latency_plot import LatencyPlot
from ovtui.dashboard.overview.plot_window import SPANS_S, YOUNG_SPANS_S, PlotWindow
from ovtui.dashboard.views.event_line import EventLine
from ovtui.metrics.digest import Digest
from ovtui.metrics.session.session_state import EventMark
from ovtui.records.record import empty_records

SECOND = 1_000_000_000


def window_at(age_s: float, span_s: int = 60) -> PlotWindow:
    """Of a load that began at 0.3 s."""
    digest = Digest()
    digest.feed(update(empty_records(), *started(device="CPU", execution=["CPU"]), now_s=1.0))
    began_ns = digest.session_state.segments[0].t_ns
    assert began_ns > 0
    window = PlotWindow()
    window.span_s = span_s
    window.look(digest, began_ns + round(age_s * SECOND))
    return window


@pytest.mark.parametrize(
    ("age_s", "span_s", "shown_s"),
    [(0, 60, 5), (3, 60, 5), (6, 60, 10), (20, 60, 20), (41, 60, 60), (3600, 60, 60), (6, 10, 10), (6, 900, 10),
     (70, 900, 90), (700, 900, 900)],
)  # fmt: skip
def test_a_young_load_is_shown_over_its_own_time(age_s: float, span_s: int, shown_s: int) -> None:
    assert window_at(age_s, span_s).shown_s == shown_s


def test_at_least_half_of_the_width_is_in_use_from_three_seconds_on() -> None:
    window = window_at(6, 900)
    for tenths in range(30, 9000):
        window._age_s = tenths / 10
        assert window.shown_s <= 2 * window._age_s
    assert sorted({*YOUNG_SPANS_S, *SPANS_S}) == [*YOUNG_SPANS_S, 900]


def test_before_the_load_begins_the_session_is_shown() -> None:
    window = PlotWindow()
    window.look(Digest(), 4 * SECOND)
    assert window.shown_s == 5


def test_keys_shorten_and_lengthen_the_span() -> None:
    window = window_at(1000)
    assert [window.zoom(step) for step in (-1, -1, 1, 1, 1, 1)] == [
        "time span: 10 s", "time span: 10 s, the shortest", "time span: 60 s", "time span: 5 min", "time span: 15 min",
        "time span: 15 min, the longest",
    ]  # fmt: skip


def test_a_young_load_says_that_it_is() -> None:
    window = window_at(6)
    assert window.zoom(1) == "time span: 5 min; 10 s for now, the load is younger"
    window = window_at(33, 900)
    assert window.zoom(-1) == "time span: 10 s", "a span between would show what is shown now"


def test_around_a_handover_the_keys_change_what_is_shown_of_it() -> None:
    window = window_at(1000)
    mark = EventMark(t_ns=500 * SECOND, kind="handover", text="GPU.0")
    assert window.toggle_handover([mark]).startswith("3 s before and after the change to GPU.0")
    assert window.shown_s == 6
    assert [window.zoom(step) for step in (-1, -1, 1, 1, 1, 1, 1)] == [
        "time span around the change: ±1.5 s", "time span around the change: ±1.5 s, the shortest",
        "time span around the change: ±3 s", "time span around the change: ±6 s",
        "time span around the change: ±15 s", "time span around the change: ±30 s",
        "time span around the change: ±30 s, the longest",
    ]  # fmt: skip
    assert (window.shown_s, window.end_ns(0, 60)) == (60, 530 * SECOND)
    assert window.text.endswith(" ±30 s")
    assert window.toggle_handover([mark]) == "back to the present"
    assert window.shown_s == 60, "the span of the present is as it was"
    assert window.toggle_handover([mark]).startswith("3 s before and after")


def plot_text(stage: Stage) -> str:
    return "\n".join(cells.rstrip() for cells in map(stage.app.overview.query_one(LatencyPlot).cells.text, range(9)))


def test_the_keys_of_span_and_axis() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(13)
        answers = []
        for key in ("z", "minus", "Z", "plus", "equals_sign"):
            await stage.press(key)
            answers.append(stage.text(EventLine).strip().partition(";")[0])
        assert answers == [
            "time span: 10 s", "time span: 60 s", "time span: 5 min", "time span: 10 s",
            "time span: 10 s, the shortest",
        ]  # fmt: skip
        assert "-10 s" in plot_text(stage)
        answers = []
        for _ in range(3):
            await stage.press("l")
            logarithmic = "ms log" in plot_text(stage)
            answers.append((stage.text(EventLine).strip(), logarithmic))
        assert answers[0] == ("plot axis: logarithmic", True)
        assert answers[1] == ("plot axis: linear", False)
        text, logarithmic = answers[2]
        assert text == f"plot axis: automatic, {'logarithmic' if logarithmic else 'linear'} now"

    on_stage(act)


def test_in_the_pane_plus_and_minus_step_the_setting() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        window = stage.app.overview._plot_window
        await stage.press("s", "minus", "plus")
        assert window.span_s == 60

    on_stage(act)
