"""The answer of one kind: its best point, how sure that is, its preset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ovtui.fleet.sweep.repeats import choose, repeat_sentences
from ovtui.metrics import number_format
from ovtui.metrics.sweep.answer_text import answer_text
from ovtui.metrics.sweep.rows import front
from ovtui.records.events import StudyEnded
from ovtui.records.study_events import StudyEnding, SweepAnswer
from ovtui.studies.sweep_preset import save_best

if TYPE_CHECKING:
    from ovtui.fleet.sweep.kind_points import KindPoints

STUDY_ENDINGS: dict[str, StudyEnding] = {"done": "done", "time": "time", "no boxes": "stopped", "failed": "failed"}


def end_kind(points: KindPoints, folder: Path, ending: str, lasted_s: float, problem: str) -> None:
    """Closes the kind's study with its answer, and saves the preset of its best point."""
    study, chosen = points.study, choose(points.study)
    best = next((point for point in study.points if point.point == chosen.best), None)
    preset, note = save_best(points.spec, study.began.settings, best)
    answer = SweepAnswer(
        best=chosen.best,
        front=[point.point for point in front(study)],
        points=len({point.point for point in study.points}),
        lasted_s=lasted_s,
        compiling_s=points.compiling_s,
        measuring_s=sum(point.figures.measured_s for point in study.points if point.figures is not None),
        preset=preset,
        tied=chosen.tied,
        runner_up=chosen.runner_up,
        folder=str(folder),
    )
    told = [answer_text(study, answer) + note, *repeat_sentences(study, chosen.best)]
    if ending != "done" and not points.left and not points.done:
        told.append("it is not at its end: not all that may be the best was measured again")
    if points.left:
        told.append(f"{number_format.quantity(points.left, 'point')} not measured")
    text = "; ".join([*told, problem] if problem else told)
    study.ended = StudyEnded(
        t_ns=int(lasted_s * 1e9), study=1, reason=STUDY_ENDINGS.get(ending, "stopped"), text=text, answer=answer
    )
