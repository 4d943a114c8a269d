"""A study as it stands, folded from its events: the same for a script, the dashboard, an attached view and a replay."""

from __future__ import annotations

from dataclasses import dataclass, field

from ovtui.metrics.session.layers_state import DeviceLayers, fold_layers
from ovtui.records.events import (
    Event,
    StudyBegan,
    StudyEnded,
    StudyLayers,
    StudyPoint,
    StudyStep,
    StudyStopping,
)

STUDY_EVENTS = (StudyBegan, StudyStep, StudyPoint, StudyLayers, StudyStopping, StudyEnded)


@dataclass(slots=True)
class StudyState:
    """Owner: the SessionState."""

    began: StudyBegan
    step: StudyStep | None = None
    """What it does now, or did last."""
    points: list[StudyPoint] = field(default_factory=list)
    """In the order in which they were measured; a point that was measured again is there again."""
    layers: dict[str, DeviceLayers] = field(default_factory=dict)
    """By device, in the order in which they were measured."""
    stopping: bool = False
    """A person has stopped it, and it ends with what it has."""
    ended: StudyEnded | None = None

    def left_s(self, now_ns: int) -> float | None:
        """The time that it is expected to take yet; None where that is not known, and once it has ended."""
        if self.ended is not None or self.step is None or self.step.ends_ns is None:
            return None
        return max(self.step.ends_ns - now_ns, 0) / 1e9


def fold_study(studies: list[StudyState], event: Event) -> None:
    """Adds one of STUDY_EVENTS to the studies of a session, oldest first."""
    if isinstance(event, StudyBegan):
        studies.append(StudyState(event))
    elif isinstance(event, STUDY_EVENTS):
        study = next((each for each in reversed(studies) if each.began.study == event.study), None)
        if study is None:
            return
        match event:
            case StudyStep():
                study.step = event
            case StudyPoint():
                study.points.append(event)
            case StudyLayers():
                fold_layers(study.layers, event)
            case StudyStopping():
                study.stopping = True
            case StudyEnded():
                study.ended = event
