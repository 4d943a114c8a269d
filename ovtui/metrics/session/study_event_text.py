"""The events of studies as text: one line of the event list."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.records.events import (
    Severity,
    StudyBegan,
    StudyEnded,
    StudyLayers,
    StudyPoint,
    StudyStep,
    StudyStopping,
    TurnBegan,
    TurnEnded,
    TurnRefused,
)
from ovtui.records.study_events import BesideSpec, FindRateSpec, LayersSpec, PointOutcome, RankSpec, StudySpec

StudyEvent = (
    StudyBegan | StudyStep | StudyPoint | StudyLayers | StudyStopping | StudyEnded | TurnBegan | TurnRefused | TurnEnded
)
OUTCOMES: dict[PointOutcome, str] = {
    "held": "held",
    "likely held": "likely held",
    "likely missed": "likely missed",
    "missed": "MISSED",
    "unknown": "not known",
    "overload": "overloaded",
    "measured": "measured",
    "dropped": "dropped",
    "refused": "refused",
    "failed": "failed",
}


def reason_beside_outcome(point: StudyPoint) -> str:
    """Why, for a place where the outcome stands before it: 'p99<20ms: 18.20 ms (…)' of 'p99<20ms held: 18.20 ms (…)',
    which says the outcome itself."""
    return point.reason.replace(f" {OUTCOMES[point.outcome]}: ", ": ", 1)


def study_name(spec: StudySpec) -> str:
    """'find-rate p99<20ms', 'sweep of nireq, nstreams', 'beside demo-cnn'."""
    match spec:
        case FindRateSpec():
            return f"find-rate {spec.slo}"
        case BesideSpec():
            return f"beside {spec.settings.model}"
        case LayersSpec():
            return f"layers on {' and '.join(spec.devices)}"
        case RankSpec():
            return f"rank of {', '.join(spec.devices)}"
    return f"sweep of {', '.join(spec.vary)}"


def _layers_text(event: StudyLayers) -> str:
    if event.head is None:
        return f"{event.device}: {number_format.quantity(len(event.layers), 'layer')}, measured on"
    return f"{event.device}: all layers are told, of {number_format.quantity(event.head.inferences, 'inference')}"


def describe_study_event(event: StudyEvent) -> tuple[str, str, Severity]:
    """Label, text and severity."""
    match event:
        case StudyBegan():
            return "STUDY", f"{study_name(event.spec)} begins", "info"
        case StudyStep():
            return "STUDY", f"{event.doing}: {event.text}" if event.text else event.doing, "info"
        case StudyPoint():
            why = reason_beside_outcome(event)
            return "POINT", f"{event.text} {OUTCOMES[event.outcome]}{why and f': {why}'}", "info"
        case StudyLayers():
            return "LAYERS", _layers_text(event), "info"
        case StudyStopping():
            return "STUDY", "the study is stopped, and ends with what it has", "info"
        case StudyEnded():
            return "STUDY", event.text, "warning" if event.reason == "failed" else "info"
        case TurnBegan():
            return "TURN", f"turn {event.turn} is served by engine {event.engine}", "info"
        case TurnRefused():
            return "TURN", f"turn {event.turn} cannot be served: {event.reason}", "warning"
        case TurnEnded(turn=0):
            return "TURN", "the load halts for the study", "info"
        case TurnEnded():
            return "TURN", f"turn {event.turn} has ended", "info"
