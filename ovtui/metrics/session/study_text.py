"""A study in words: where it stands, for the dashboard."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.session.session_state import SessionState, TrialState
from ovtui.metrics.session.study_state import StudyState
from ovtui.records.study_events import BesideSpec, FindRateSpec, LayersSpec, RankSpec, StudySpec, SweepSpec

STOPPING = "stops, ends with what it has"
POINT_NAMES = {"find-rate": "probe", "sweep": "point", "beside": "turn", "layers": "device", "rank": "row"}


def kind_of(spec: StudySpec) -> str:
    """'find-rate', 'sweep', 'beside'."""
    match spec:
        case FindRateSpec():
            return "find-rate"
        case BesideSpec():
            return "beside"
        case SweepSpec():
            return "sweep"
        case LayersSpec():
            return "layers"
        case RankSpec():
            return "rank"


def place_text(study: StudyState) -> str:
    """'point 7 of 32', 'probe 8 of about 14'; empty before the first one."""
    if study.step is None or not study.step.point:
        return ""
    kind = kind_of(study.began.spec)
    about = "about " if kind == "find-rate" else ""  # how many probes a search takes shows only in the end
    of = f" of {about}{study.step.planned}" if study.step.planned else ""
    return f"{POINT_NAMES[kind]} {study.step.point}{of}"


def points_measured(study: StudyState) -> int:
    """One that was measured again counts once; of layers the devices of which all are told."""
    told = sum(device.head is not None for device in study.layers.values())
    return len({point.point for point in study.points}) or told


def left_text(study: StudyState, now_ns: int) -> str:
    """'about 38 s left'; empty where that is not known."""
    left_s = study.left_s(now_ns)
    return "" if left_s is None else f"about {number_format.rough_seconds(left_s)} left"


def doing_text(study: StudyState) -> str:
    """'measuring 412/s'; empty before the first step."""
    step = study.step
    return "" if step is None else f"{step.doing} {step.text}".strip()


def progress_text(study: StudyState, now_ns: int) -> str:
    """'sweep: point 7 of 32 · measuring streams 2 · about 38 s left'; of a study that runs."""
    name = kind_of(study.began.spec)
    if study.stopping:
        return f"{name}: {STOPPING}"
    parts = [place_text(study), doing_text(study), left_text(study, now_ns)]
    return f"{name}: {' · '.join(filter(None, parts)) or 'begins'}"


def brief_progress(study: StudyState) -> str:
    """For the header: 'sweep 7/32', 'find-rate 8'."""
    name, step = kind_of(study.began.spec), study.step
    if study.stopping:
        return f"{name} stops"
    if step is None or not step.point:
        return name
    return f"{name} {step.point}/{step.planned}" if step.planned else f"{name} {step.point}"


def ending_text(study: StudyState) -> str:
    """The answer, or how it ended without one; empty while it runs. A search that was stopped says so first."""
    ended = study.ended
    if ended is None:
        return ""
    how = {"done": "", "time": "its time was over", "stopped": "stopped", "failed": "failed"}[ended.reason]
    return ": ".join(filter(None, (how, ended.text))) or "ended"


Work = StudyState | TrialState


def all_work(state: SessionState) -> list[Work]:
    """Studies and trials, in the order in which they began. The trial that a study consists of stands for no work of
    its own."""
    trials: list[Work] = [trial for trial in state.trials if study_of(trial, state) is None]
    return sorted([*state.studies, *trials], key=lambda work: work.began.t_ns)


def study_of(trial: TrialState, state: SessionState) -> StudyState | None:
    """The study whose turns the trial counts: a model beside another one."""
    for study in state.studies:
        ended_ns = study.ended.t_ns if study.ended is not None else trial.began.t_ns
        if isinstance(study.began.spec, BesideSpec) and study.began.t_ns <= trial.began.t_ns <= ended_ns:
            return study
    return None


def trial_of(study: StudyState, state: SessionState) -> TrialState | None:
    """The newest trial that is a study's own."""
    return next((trial for trial in reversed(state.trials) if study_of(trial, state) is study), None)
