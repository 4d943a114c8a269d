"""A trial during which the settings in force do not alternate: a second model is switched on and off beside them."""

from __future__ import annotations

import numpy as np
import pytest
from samples import SECOND, began, compiled, records, segment, spawned, update

from ovtui.metrics import number_format
from ovtui.metrics.digest import Digest
from ovtui.metrics.result.beside import beside_texts
from ovtui.metrics.result.build import build_result
from ovtui.metrics.session.beside_state import median_columns
from ovtui.records.events import (
    BesideSecond,
    Event,
    StudyBegan,
    StudyEnded,
    TrialBegan,
    TrialBlock,
    TrialEnded,
    TrialTurn,
)
from ovtui.records.study_events import BesideAnswer, BesideSpec, PointFigures
from ovtui.settings.schema.settings import Settings

SETTINGS, SECOND_MODEL = Settings(device="CPU", nireq=1), Settings(model="demo-mlp", device="CPU", rate=50.0)
BLOCKS_S = [(3.0 + 2 * k, side) for k, side in enumerate("ABBAABBAABBAABBA")]
"""Blocks of 1 s, each with a second before it in which the second model is switched."""


def digest_of(*more: Event, load: bool = True) -> Digest:
    spec = BesideSpec(settings=SECOND_MODEL)
    events: list[Event] = [
        began(SETTINGS),
        spawned(),
        compiled(device="CPU", execution=["CPU"]),
        segment(1, settings=SETTINGS),
        StudyBegan(t_ns=SECOND, study=1, spec=spec, settings=SETTINGS),
        TrialBegan(
            t_ns=2 * SECOND, trial=1, engine=1, a=SETTINGS, b=SETTINGS, changes=["beside demo-mlp"], limit_s=60,
            beside="demo-mlp",
        ),
    ]  # fmt: skip
    for number, (begin_s, side) in enumerate(BLOCKS_S, 1):
        block = TrialBlock(int(begin_s * SECOND), int((begin_s + 1) * SECOND))
        events.append(
            TrialTurn(
                t_ns=int((begin_s - 0.5) * SECOND), trial=1, side=side, engine=1, segment=1, blocks=[block],  # type: ignore[arg-type]
                first_block=number, planned_blocks=len(BLOCKS_S),
            )
        )  # fmt: skip
    events.sort(key=lambda event: event.t_ns)
    digest = Digest()
    digest.feed(update(rows() if load else None, *events, *more, now_s=40.0, submitted=len(rows())))
    return digest


def rows() -> np.ndarray:
    """4 ms alone, 10 ms beside."""
    done_ms, took_ms, at_ms = [], [], 1000.0
    while at_ms < 36_000:
        beside = any(begin_s - 1 <= at_ms / 1e3 < begin_s + 1 for begin_s, side in BLOCKS_S if side == "B")
        took_ms.append(10.0 if beside else 4.0)
        at_ms += took_ms[-1]
        done_ms.append(at_ms)
    return records(np.array(done_ms), np.array(took_ms), segment=1)


def test_blocks_of_one_segment_are_told_apart_by_their_time() -> None:
    (trial,) = digest_of().trials()
    assert trial.pairs == 8
    assert trial.sides["A"].response.p50 == pytest.approx(4, rel=0.01)
    assert trial.sides["B"].response.p50 == pytest.approx(10, rel=0.01)
    assert trial.verdicts["p50"].ratio.estimate == pytest.approx(2.5, rel=0.01)
    assert trial.verdicts["throughput"].finding == "slower"


def test_the_segment_in_force_goes_on() -> None:
    digest = digest_of()
    snapshot, segment_now = digest.snapshot(), digest.segment(1)
    assert not snapshot.session_state.in_turns
    assert snapshot.trial is not None
    assert segment_now.span_s == pytest.approx(39, rel=0.05), "the load's, not only until the first turn"
    assert snapshot.segment_throughput == pytest.approx(len(rows()) / 39, rel=0.05)
    assert snapshot.segment_throughput == snapshot.mean_throughput


def test_the_price_on_every_surface() -> None:
    answer = BesideAnswer(
        trial=1, session="s2", second=PointFigures(requests=400, measured_s=8, throughput=50.0, p50_ms=1.5, p99_ms=None)
    )
    ended = [
        TrialEnded(t_ns=35 * SECOND, trial=1, reason="narrow"),
        StudyEnded(t_ns=36 * SECOND, study=1, reason="done", text="beside demo-mlp: p50 alone 4.00 ms", answer=answer),
    ]
    result = build_result(digest_of(*ended))
    assert result.trials == [], "no trial of settings"
    assert result.beside is not None
    assert (result.beside.model, result.beside.trial, result.beside.session) == ("demo-mlp", 1, "s2")
    assert result.beside.alone is not None
    assert result.beside.alone.p50_ms == pytest.approx(4, rel=0.01)
    assert result.beside.ratios["p50"].finding == "slower"
    assert beside_texts(result.beside) == [
        "demo-mlp, CPU, 50/s (each 20 ms): p50 alone 4.00 ms",
        "demo-mlp itself, beside: 50.0 /s, p50 1.50 p99 – ms (alone it was not measured)",
    ]


def test_why_there_is_no_price_is_told_once_and_by_one_name() -> None:
    spec = BesideSpec(settings=Settings(model="/models/det.xml", device="CPU", rate=50.0))
    digest = Digest()
    digest.feed(update(None, began(SETTINGS), StudyBegan(t_ns=SECOND, study=1, spec=spec, settings=SETTINGS)))
    head = "det.xml, CPU, 50/s (each 20 ms): "
    assert beside_texts(build_result(digest).beside) == [f"{head}the session ended before anything was compared"]
    text = "beside /models/det.xml: its engine died: SIGKILL"
    digest.feed(update(None, StudyEnded(t_ns=SECOND, study=1, reason="failed", text=text)))
    assert beside_texts(build_result(digest).beside) == [f"{head}its engine died: SIGKILL"]


def test_a_run_that_was_broken_off_tells_what_it_has() -> None:
    result = build_result(digest_of())
    assert result.beside is not None
    assert result.beside.text.startswith("beside demo-mlp: p99 ")
    assert "p50 alone 4.00 ms, beside 10.0 ms (+150" in result.beside.text


def test_a_study_whose_process_is_killed_leaves_no_trial_that_runs() -> None:
    died = StudyEnded(t_ns=36 * SECOND, study=1, reason="failed", text="the study's process died: SIGKILL")
    digest = digest_of(died)
    assert digest.session_state.trial is None
    result = build_result(digest).beside
    assert result is not None
    assert result.text.startswith("beside demo-mlp: it ended: the study's process died: SIGKILL; p99 ")
    assert "p50 alone 4.00 ms, beside 10.0 ms" in result.text


def test_a_second_of_the_second_model_is_no_news() -> None:
    seconds = [BesideSecond(t_ns=k * SECOND, study=1, serving=True, completed=50, throughput=50.0) for k in (3, 4)]
    state = digest_of(*seconds).session_state
    assert state.beside is not None
    assert len(state.beside.seconds) == 2
    assert not any(isinstance(event, BesideSecond) for event in state.log)


def test_the_line_on_the_plot() -> None:
    def second(end_s: float, p50_ms: float | None) -> BesideSecond:
        return BesideSecond(
            t_ns=int(end_s * SECOND), study=1, serving=True, completed=1, throughput=1.0, p50_ms=p50_ms
        )  # fmt: skip

    seconds = [second(3.25, 2.0), second(4.25, None), second(5.25, 4.0)]
    narrow = median_columns(seconds, np.arange(2.5, 6.01, 0.5), "response")
    assert np.array_equal(narrow, [2.0, 2.0, np.nan, np.nan, 4.0, 4.0, np.nan], equal_nan=True)
    wide = median_columns(seconds, np.array([0.0, 3.0, 6.0, 9.0]), "response")
    assert np.array_equal(wide, [np.nan, 3.0, np.nan], equal_nan=True)
    assert np.isnan(median_columns(seconds, np.array([0.0, 3.0, 6.0]), "inference")).all()


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (2.2, 2.6, "+120 to +160 %"),
        (0.48, 0.51, "-52 to -49 %"),
        (1.011, 1.02, "+1.1 to +2.0 %"),
        (12.0, 14.0, "12 to 14 times"),
        (1 / 14, 1 / 12, "1/14 to 1/12"),
    ],
)
def test_an_interval_as_a_change(low: float, high: float, text: str) -> None:
    assert number_format.change_range(low, high) == text
