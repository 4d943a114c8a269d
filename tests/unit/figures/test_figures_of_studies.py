"""A figure of a study has one text in view 7, in what a script prints of it, and in the JSON."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from fake_source import SECOND, FakeSource
from figure_texts import count, ms, rate, unequal
from stage import Stage, on_stage

from ovtui.cli.find_rate_result import table_lines as rate_lines
from ovtui.cli.sweep_text import table_lines as sweep_lines
from ovtui.dashboard.studies.study_head import StudyHead
from ovtui.dashboard.studies.study_list import StudyList
from ovtui.metrics.comparison.trial_text import side_value
from ovtui.metrics.report.markdown import render_markdown
from ovtui.metrics.report.report import build_report
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.metrics.result.trials import trial_result
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.rows import sweep_rows
from ovtui.records.events import StudyBegan, StudyEnded, StudyPoint, TrialBegan, TrialBlock, TrialTurn
from ovtui.records.study_events import FindRateSpec, PointFigures, StudySpec, SweepSpec
from ovtui.settings.schema.settings import Settings

SETTINGS = Settings(device="CPU", nireq=4, rate=60.0)
# Where rounding shows: each of them has other digits with one decimal more or less.
FIGURES = (
    PointFigures(requests=1_234, measured_s=5.0, throughput=99.951, p50_ms=9.996, p90_ms=12.345, p99_ms=99.96),
    PointFigures(requests=987, measured_s=5.0, throughput=123.449, p50_ms=0.09996, p90_ms=1.2345, p99_ms=1234.5),
    PointFigures(requests=12, measured_s=0.1, throughput=None, p50_ms=5.0, p90_ms=None, p99_ms=None),
)


def a_study(spec: StudySpec) -> StudyState:
    name, texts = ("rate", ("99.95", "123.4", "436")) if isinstance(spec, FindRateSpec) else ("nireq", ("1", "2", "4"))
    study = StudyState(StudyBegan(t_ns=SECOND, study=1, spec=spec, settings=SETTINGS))
    for number, (text, figures) in enumerate(zip(texts, FIGURES, strict=True), 1):
        figures = msgspec.structs.replace(figures, limited_ms=figures.p99_ms)
        point = StudyPoint(
            t_ns=SECOND, study=1, point=number, text=f"{text}/s", values={name: text}, settings=SETTINGS,
            outcome="held" if isinstance(spec, FindRateSpec) else "measured", figures=figures,
        )  # fmt: skip
        # As the JSON has it: what is read of it again is what was written.
        study.points.append(msgspec.json.decode(msgspec.json.encode(point), type=StudyPoint))
    return study


def in_view_7(study: StudyState) -> list[list[str]]:
    """The words of each row."""
    rows: list[list[str]] = []

    async def act(stage: Stage) -> None:
        await stage.advance(2)
        stage.source.tell(study.began, *study.points)
        await stage.advance(0.5)
        await stage.press("7")
        await stage.advance(0.5)
        rows.extend(line.split() for line in stage.text(StudyList).split("\n") if line.strip())

    on_stage(act, FakeSource(settings=SETTINGS, handover_s=None, batch=1), (220, 60))
    return rows[-len(study.points) :]


def latencies(figures: PointFigures | None) -> list[str]:
    assert figures is not None
    return list(map(ms, (figures.p50_ms, figures.p90_ms, figures.p99_ms)))


def test_the_probes_of_a_search_for_the_rate() -> None:
    study = a_study(FindRateSpec(slo="p99<20ms"))
    wrong: list[str] = []
    printed = [line.split() for line in rate_lines(study.points, FindRateSpec(slo="p99<20ms"))[1:]]
    for point, shown, told in zip(study.points, in_view_7(study), printed, strict=True):
        assert point.figures is not None
        expected = [count(point.figures.requests), *latencies(point.figures)]
        wrong += unequal("view 7", shown[2:6], expected) + unequal("ovtui find-rate", told[2:6], expected)
        wrong += unequal("the rate", [f"{shown[1]}/s"], [told[0]]) if point.point == 3 else []
        wrong += unequal("the verdict", [shown[6]], [told[1]])
    assert not wrong, "\n".join(wrong)


# The second figure is a percentile that all points have: not the p99 here.
@pytest.mark.parametrize(("goal", "columns"), [("throughput", ("throughput", "p50")), ("p50", ("p50", "throughput"))])
def test_the_points_of_a_sweep(goal: str, columns: Sequence[str]) -> None:
    study = a_study(SweepSpec(vary={"nireq": ["1", "2", "4"]}, goal=goal, slo=""))
    rows = sweep_rows(study)
    printed = [line.replace("*", "").split() for line in sweep_lines(study, rows, 200)[1 : 1 + len(rows)]]
    wrong: list[str] = []
    for row, shown, told in zip(rows, in_view_7(study), printed, strict=True):
        figures = row.point.figures
        assert figures is not None
        texts = {"throughput": rate(figures.throughput), "p50": ms(figures.p50_ms)}
        expected = [str(row.number), row.point.values["nireq"]]
        wrong += unequal("view 7", shown[:5], [*expected, *(texts[name] for name in columns), count(figures.requests)])
        every = [texts["throughput"], *latencies(figures), count(figures.requests)]
        wrong += unequal("ovtui sweep", told[:7], [*expected, *every])
    assert not wrong, "\n".join(wrong)


def test_the_sides_of_a_trial() -> None:
    """Against the Result, which the JSON writes."""
    wrong: list[str] = []

    async def act(stage: Stage) -> None:
        await stage.advance(2)
        began = TrialBegan(
            t_ns=stage.source.now_ns, trial=1, engine=1, a=SETTINGS, b=SETTINGS, changes=["rate"], limit_s=30.0
        )
        stage.source.tell(began)
        segment = stage.app.digest.session_state.segments[-1].segment
        for number in range(1, 5):
            now_ns = stage.source.now_ns
            stage.source.tell(
                TrialTurn(
                    t_ns=now_ns, trial=1, side="ABBA"[number - 1], engine=1, segment=segment,  # type: ignore[arg-type]
                    blocks=[TrialBlock(now_ns, now_ns + SECOND)], first_block=number, planned_blocks=8, ends_ns=now_ns,
                )
            )  # fmt: skip
            await stage.advance(1)
        await stage.press("7")
        await stage.advance(0.5)
        (figures,) = stage.app.digest.trials()
        result = trial_result(figures)
        rows = [line.split() for line in stage.text(StudyList).split("\n") if line.strip()][1:]
        assert [row[0] for row in rows] == list(figures.verdicts)
        for row in rows:
            sides = [side_value(row[0], figures.sides[side]) for side in ("A", "B")]  # type: ignore[arg-type]
            wrong.extend(unequal(f"view 7, {row[0]}", [" ".join(row[1:3]), " ".join(row[3:5])], sides))
            of_json = [
                rate(side.throughput) if row[0] == "throughput" else ms(getattr(side, f"{row[0]}_ms"))
                for side in (result.sides["A"], result.sides["B"])
            ]
            wrong.extend(unequal(f"the JSON, {row[0]}", [row[1], row[3]], of_json))

    on_stage(act, FakeSource(settings=SETTINGS, handover_s=None, batch=1), (220, 60))
    assert not wrong, "\n".join(wrong)


def test_what_a_study_found_is_said_alike_everywhere() -> None:
    study = a_study(FindRateSpec(slo="p99<20ms"))
    ended = StudyEnded(t_ns=2 * SECOND, study=1, reason="stopped", text="holds 123.4/s so far, 3 probes, 41 s")
    said = f"stopped: {ended.text}"

    async def act(stage: Stage) -> None:
        await stage.advance(2)
        stage.source.tell(study.began, *study.points, ended)
        await stage.advance(0.5)
        await stage.press("7")
        assert said in stage.text(StudyHead)
        result = build_result(stage.app.digest)
        (told,) = result.studies
        assert (told.about, told.points, told.ended, told.text) == ("find-rate p99<20ms", 3, "stopped", said)
        assert f"find-rate p99<20ms: {said}" in " ".join(" ".join(summary_lines(result)).split())
        assert said in render_markdown(build_report(result, {}))

    on_stage(act, FakeSource(settings=SETTINGS, handover_s=None, batch=1), (220, 60))
