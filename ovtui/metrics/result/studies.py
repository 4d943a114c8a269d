"""The studies of a session in its Result: what each was about, and what it found."""

from __future__ import annotations

import msgspec

from ovtui.metrics import number_format
from ovtui.metrics.session.session_state import SessionState
from ovtui.metrics.session.study_event_text import study_name
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.session.study_text import POINT_NAMES, ending_text, kind_of, points_measured
from ovtui.records.layers import LayersHead
from ovtui.records.study_events import BesideSpec, StudyAnswer, StudyEnding

_COUNTED = ("sweep", "rank")
"""Kinds whose answer does not say itself how many points there were."""


class StudyResult(msgspec.Struct, frozen=True, kw_only=True):
    """A search for the rate, a sweep, the times of layers or a leaderboard. A second model beside this one is told as
    `beside`."""

    study: int
    kind: str
    """`find-rate`, `sweep`, `layers`, `rank`."""
    about: str
    """`find-rate p99<20ms`."""
    t_s: float
    """When it began."""
    points: int
    """Measured ones; one that was measured again counts once. Of layers the devices of which all are told."""
    ended: StudyEnding | None
    """Null where it had not ended yet, or the session broke off before."""
    answer: StudyAnswer | None
    text: str
    """What it found in one sentence."""
    layers: list[LayersHead] = []
    """Of each device whose layers were profiled: an inference with profiling and without, and what the layers explain
    of it. The layers themselves are in the recording, and in what `ovtui layers --json` writes."""


def layers_heads(study: StudyState) -> list[LayersHead]:
    return [device.head for device in study.layers.values() if device.head is not None]


def studies_result(state: SessionState) -> list[StudyResult]:
    """Oldest first."""
    return [
        StudyResult(
            study=study.began.study,
            kind=kind_of(study.began.spec),
            about=study_name(study.began.spec),
            t_s=study.began.t_ns / 1e9,
            points=points_measured(study),
            ended=study.ended.reason if study.ended is not None else None,
            answer=study.ended.answer if study.ended is not None else None,
            text=ending_text(study) or "it had not ended",
            layers=layers_heads(study),
        )
        for study in state.studies
        if not isinstance(study.began.spec, BesideSpec)
    ]


def study_texts(studies: list[StudyResult]) -> list[str]:
    """What is said of them in the summary and the reports: 'find-rate p99<20ms: holds 412/s, fails 438/s, …'."""
    return [
        f"{study.about}: {study.text}"
        + (f" ({number_format.quantity(study.points, POINT_NAMES[study.kind])})" if study.kind in _COUNTED else "")
        for study in studies
    ]
