"""The points of a study that broke off, from its recording: they are not measured again."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import msgspec

from ovtui.metrics.session.study_state import STUDY_EVENTS, StudyState, fold_study
from ovtui.records.events import StudyPoint
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.study_events import StudySpec


@dataclass(frozen=True, slots=True)
class Earlier:
    study: StudyState
    points: list[StudyPoint]
    """Each with the recording that its requests are in."""
    lasted_s: float
    """Until the last of them, with the studies that it went on with itself."""


def read_earlier(path: str, kind: type[StudySpec]) -> Earlier | None:
    """The newest study of this kind in a recording; None where it holds none. Raises SessionFileError."""
    studies: list[StudyState] = []
    with closing(SessionReader(path)) as file:
        for _, event in file.events():
            if isinstance(event, STUDY_EVENTS):
                fold_study(studies, event)
    study = next((each for each in reversed(studies) if isinstance(each.began.spec, kind)), None)
    if study is None:
        return None
    points = [point if point.recording else msgspec.structs.replace(point, recording=path) for point in study.points]
    own_ns = [point.until_ns for point in study.points if not point.recording]
    before_s = sum(point.figures.measured_s for point in study.points if point.recording and point.figures is not None)
    return Earlier(study, points, before_s + max((max(own_ns, default=0) - study.began.t_ns) / 1e9, 0.0))
