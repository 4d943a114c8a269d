"""The lines above the table of a study or trial: which one it is, where it stands or what it found, what is measured
now."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.cells import cell_len
from textual.content import Content

from ovtui.dashboard.advice.trial_rows import pairs_text
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut, first_that_fits, line_of, one_line, width_of
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.metrics import number_format
from ovtui.metrics.comparison.trial_figures import TrialFigures
from ovtui.metrics.comparison.trial_text import outcome_text, progress_text
from ovtui.metrics.digest import Digest
from ovtui.metrics.handover.event_text import trial_ending_text
from ovtui.metrics.session import study_text
from ovtui.metrics.session.session_state import TrialState
from ovtui.metrics.session.study_event_text import study_name
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.session.study_text import Work
from ovtui.records.study_events import BesideAnswer, BesideSpec, FindRateAnswer, StudyPoint

_PINNED_LEAST = 20
"""Cells that what is pinned has, or it is left out."""


@dataclass(frozen=True, slots=True)
class HeadText:
    name: str
    place: str
    """'2 of 3'; empty for the only one."""
    state: str
    """Where it stands, or what it found."""
    state_style: str
    details: list[str] = field(default_factory=list)
    """The longest that fits stands on the last line."""


class StudyHead(Panel):
    _text: HeadText | None = None
    _pinned = ""

    def show(self, text: HeadText | None, pinned: str = "") -> None:
        """None: there is no study and no trial yet. `pinned`: that something is pinned as A, and what; at the right end
        of the first line."""
        self._text, self._pinned = text, pinned
        self.redraw()

    def draw(self, width: int) -> Content:
        keys = keys_of(self)
        if self._text is None:
            begin = keys.hint("find-rate", "sweep", "beside", "rank")
            compare = (
                f"{keys.first('pin')} pins these settings as A, {keys.first('compare-now')} compares others with it"
            )
            lines: list[list[Piece]] = [
                self._with_pinned([(" STUDIES", "bold"), ("  none in this session yet", "$dim")], width),
                first_that_fits([[(f" {begin}", "")], [(f" {keys.hint('find-rate', 'sweep')}", "")]], width),
                [(f" {cut(compare, width - 2)}", "$dim")],
            ]
            return Content("\n").join(map(line_of, lines))
        text = self._text
        others = f"   {keys.first('study-back')}/{keys.first('study-on')} the others" if text.place else ""
        named = [(f" STUDY {text.place}".rstrip(), "bold"), (f"  {cut(text.name, width - 16)}", "")]
        detail = next(
            (each for each in text.details if len(each) < width - 1), text.details[-1] if text.details else ""
        )
        first = self._with_pinned(first_that_fits([[*named, (others, "$dim")], named], width), width)
        if cell_len(text.state) > width - 2:
            # A long answer has the line of the details, too: nothing else says it.
            told = Content.styled(text.state, text.state_style).wrap(max(width - 2, 10))
            rest = cut(text.state.removeprefix(told[0].plain).strip(), width - 2)
            states: list[list[Piece]] = [[(f" {each}", text.state_style)] for each in (told[0].plain, rest)]
        else:
            states = [[(f" {text.state}", text.state_style)], [(f" {cut(detail, width - 2)}", "$dim")]]
        return Content("\n").join(line_of(line).truncate(width, ellipsis=True) for line in [first, *states])

    def _with_pinned(self, line: list[Piece], width: int) -> list[Piece]:
        room = width - width_of(line) - 4
        if not self._pinned or room < _PINNED_LEAST:
            return line
        text = cut(self._pinned, room)
        return [*line, (" " * (width - width_of(line) - cell_len(text) - 1), ""), (text, "bold")]


def head_text(work: Work, every: list[Work], trial: TrialFigures | None, now_ns: int, measured_now: str) -> HeadText:
    """`every`: all studies and trials; `trial`: the figures of the trial, or of the one that a study consists of;
    `measured_now`: see `now_text`."""
    place = f"{every.index(work) + 1} of {len(every)}" if len(every) > 1 else ""
    if isinstance(work, TrialState):
        state, style = _trial_state(work, trial, now_ns)
        what = ", ".join(work.began.changes) or "the same settings"
        details = [pairs_text(trial)] if trial is not None else ["its figures are no longer kept"]
        return HeadText(one_line(f"trial: {what}"), place, one_line(state), style, details)
    name = one_line(study_name(work.began.spec))
    if work.ended is None:
        state = study_text.progress_text(work, now_ns)
        if trial is not None and not work.stopping:
            state = progress_text(trial, now_ns)
        detail = pairs_text(trial) if trial is not None else measured_now
        return HeadText(name, place, one_line(state), "bold", [detail])
    style = "bold $warning" if work.ended.reason == "failed" else "bold"
    return HeadText(name, place, one_line(study_text.ending_text(work)), style, _after(work, trial))


def _trial_state(work: TrialState, figures: TrialFigures | None, now_ns: int) -> tuple[str, str]:
    """As the page of the trial says it."""
    if figures is None:
        return (trial_ending_text(work.ended) if work.ended is not None else "the trial begins"), ""
    if work.ended is None:
        return progress_text(figures, now_ns), "bold"
    if work.ended.reason in ("failed", "cancelled"):
        return f"{trial_ending_text(work.ended)}; {outcome_text(figures)}", "$warning"
    return outcome_text(figures), "bold"


def now_text(study: StudyState, digest: Digest) -> str:
    """Of the point that is measured: what has come back of it so far."""
    step, segment = study.step, digest.session_state.segment
    if step is None or not step.doing.startswith("measuring") or segment is None or segment.t_ns < study.began.t_ns:
        return ""
    figures = digest.segment(segment.segment)
    response = figures.latency["response"]
    parts = [number_format.quantity(figures.completed, "request")]
    parts += [f"{name} {number_format.milliseconds(ms)} ms" for name, ms in _known(response.p50, response.p99)]
    return f"now {one_line(step.text)}: {', '.join(parts)} so far"


def _known(p50_ms: float | None, p99_ms: float | None) -> list[tuple[str, float]]:
    return [(name, ms) for name, ms in (("p50", p50_ms), ("p99", p99_ms)) if ms is not None]


def _after(study: StudyState, trial: TrialFigures | None) -> list[str]:
    """What is said of a study that has ended beside its answer."""
    assert study.ended is not None
    if trial is not None:
        second = _second_text(study)
        return [f"{pairs_text(trial)} · {second}", second, pairs_text(trial)] if second else [pairs_text(trial)]
    points = study_text.points_measured(study)
    counted = number_format.quantity(points, study_text.POINT_NAMES[study_text.kind_of(study.began.spec)])
    answer = study.ended.answer
    lasted = number_format.run_length((study.ended.t_ns - study.began.t_ns) / 1e9)
    details = f"{counted} in {lasted}" if points or not isinstance(study.began.spec, BesideSpec) else f"after {lasted}"
    if isinstance(answer, FindRateAnswer) and points:
        return [f"{details} · each verdict with {answer.confidence:.0%} confidence".replace("%", " %"), details]
    preset = getattr(answer, "preset", "")
    return [f"{details} · saved as {one_line(preset)}", details] if preset else [details]


def _second_text(study: StudyState) -> str:
    """What the second model served beside this one; empty where that is not known."""
    answer = study.ended.answer if study.ended is not None else None
    if not isinstance(answer, BesideAnswer) or answer.second is None or not isinstance(study.began.spec, BesideSpec):
        return ""
    second = answer.second
    p50, p99 = number_format.milliseconds(second.p50_ms), number_format.milliseconds(second.p99_ms)
    text = f"{study.began.spec.settings.model} itself, beside: {number_format.rate(second.throughput)} /s, "
    return one_line(f"{text}p50 {p50} p99 {p99} ms{f'; {answer.overload}' if answer.overload else ''}")


def opening_text(point: StudyPoint) -> str:
    """Why a point cannot be shown here; empty where it can."""
    if point.recording:
        return f"it was measured before the study went on: ovtui replay {one_line(point.recording)} shows it"
    if not point.segment:
        return f"nothing was measured of it: {one_line(point.reason) or 'it has no requests'}"
    return ""
