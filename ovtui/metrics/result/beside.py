"""The Result of a second model beside the session's own."""

from __future__ import annotations

import msgspec

from ovtui.metrics import number_format
from ovtui.metrics.comparison.beside_text import beside_text
from ovtui.metrics.comparison.trial_figures import TrialFigures
from ovtui.metrics.digest import Digest
from ovtui.metrics.number_format import milliseconds
from ovtui.metrics.result.trials import TrialRatio, TrialSideResult, trial_result
from ovtui.records.study_events import BesideAnswer, PointFigures, StudyEnded
from ovtui.settings.schema.arrival import describe_load
from ovtui.settings.schema.settings import Settings


class BesideResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a second model costs this one. The load of this one runs on, that of the second is switched on and off in
    blocks, alone / beside / beside / alone; both sides are part of the run's figures and of the segment in force."""

    model: str
    """The second one."""
    settings: Settings
    """Its settings, its load included."""
    trial: int
    """Its number among the trials; 0 where it did not come to one."""
    pairs: int
    alone: TrialSideResult | None
    beside: TrialSideResult | None
    """Of this session's own model, over all blocks of either side; null where it did not come to a block."""
    ratios: dict[str, TrialRatio]
    """Beside / alone, by figure: throughput, p50, p90, p99 (of the responses)."""
    second: PointFigures | None
    """The second model's own figures in the blocks beside; null until the study has ended. What it loses by that is not
    measured: it never ran alone."""
    session: str
    """Name of the second model's session."""
    recording: str
    """Its recording; empty for none."""
    text: str
    """All of it in one sentence."""


def beside_result(digest: Digest) -> BesideResult | None:
    """Of the newest study of that kind; None where there was none."""
    state = digest.session_state
    beside = state.beside
    if beside is None:
        return None
    study = next((each for each in reversed(state.studies) if each.began.study == beside.study), None)
    ended = study.ended if study is not None else None
    answer = ended.answer if ended is not None and isinstance(ended.answer, BesideAnswer) else None
    figures = _figures(digest, answer)
    told = trial_result(figures) if figures is not None else None
    compared = told if told is not None and told.pairs else None
    return BesideResult(
        model=beside.name,
        settings=beside.settings,
        trial=0 if told is None else told.trial,
        pairs=0 if told is None else told.pairs,
        alone=compared.sides["A"] if compared is not None else None,
        beside=compared.sides["B"] if compared is not None else None,
        ratios=compared.ratios if compared is not None else {},
        second=answer.second if answer is not None else None,
        session=answer.session if answer is not None else "",
        recording=answer.recording if answer is not None else "",
        text=_text(ended, figures if answer is None else None),
    )


def _text(ended: StudyEnded | None, broken_off: TrialFigures | None) -> str:
    """`broken_off`: the figures of a trial of which the study has not told what it found."""
    if broken_off is not None:
        return beside_text(broken_off)
    return ended.text if ended is not None else "the session ended before anything was compared"


def _figures(digest: Digest, answer: BesideAnswer | None) -> TrialFigures | None:
    besides = [figures for figures in digest.trials() if figures.state.began.beside]
    if answer is None:
        return besides[-1] if besides else None
    return next((figures for figures in besides if figures.state.began.trial == answer.trial), None)


def beside_texts(result: BesideResult | None) -> list[str]:
    """What is said of it in the summary and the reports."""
    if result is None:
        return []
    found = result.text  # which has the model with its folder
    for name in (result.settings.model, result.model):
        found = found.removeprefix(f"beside {name}: ")
    texts = [f"{result.model}, {result.settings.device}, {describe_load(result.settings)}: {found}"]
    second = result.second
    if second is not None:
        texts.append(
            f"{result.model} itself, beside: {number_format.rate(second.throughput)} /s, p50"
            f" {milliseconds(second.p50_ms)} p99 {milliseconds(second.p99_ms)} ms"
            + (f", {second.errors:,} failed" if second.errors else "")
            + " (alone it was not measured)"
        )
    return texts
