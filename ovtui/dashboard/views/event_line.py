"""The event line, in every view: failures, refusals, changes, advice, and answers to keys, the most important first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import cut, one_line
from ovtui.dashboard.keys.flag_words import with_rows, without_flags
from ovtui.dashboard.keys.keymap import KeyBindings, keys_of
from ovtui.metrics import number_format
from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.comparison.trial_figures import TrialFigures
from ovtui.metrics.comparison.trial_text import progress_text, trial_text
from ovtui.metrics.handover.event_text import ENDINGS, EventText, describe_event, describe_refusal
from ovtui.metrics.session import study_text
from ovtui.metrics.session.session_state import SessionState
from ovtui.metrics.session.standstill import session_standstill
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.events import EngineExited, OtherLoadBegan, Refused, ThrottleBegan
from ovtui.records.last_words import words_text
from ovtui.records.study_events import LayersSpec

ADVICE_LABEL, ENDED_LABEL = "ADVICE", "ENDED"
TRIAL_LABEL, BESIDE_LABEL, STUDY_LABEL = "TRIAL", "BESIDE", "STUDY"
STALLED_LABEL = "STALLED"
FAILED_LABEL, REFUSED_LABEL = "FAILED", "REFUSED"
_SUGGESTING = (FAILED_LABEL, REFUSED_LABEL)
_LABEL_STYLES = {"info": "", "warning": "$warning", "error": "$error"}
_LONG_LINES = 2
_LABELLED_NS = 2_000_000_000
_ANSWER_NS = 4_000_000_000
_ANSWER_LEAST_NS = 1_000_000_000
"""How long an answer to a key is shown, and how long it stays where something happens meanwhile: where both come with
one frame, nobody would see it. A failure takes its place at once."""
_RECENT_NS = 10_000_000_000
"""How long an event takes precedence over advice."""
_REFUSAL_NS = 30_000_000_000
"""How long a refusal takes precedence over all but failures: its reason has to be read, and the old settings remain
in force meanwhile."""


class EventLine(Panel):
    """One line, or two for a long text; what suggests settings is shown whole."""

    _snapshot: Snapshot | None = None
    _advice: Sequence[Advice] = ()
    _answer = ""
    _answered_ns = 0
    _happened_since = False
    """Something has happened since the answer."""
    _entry = ("", "", "")

    def __init__(self, *, shows: str = "") -> None:
        """`shows`: the command that opens this view, where that shows studies: it need not send anybody to itself."""
        super().__init__()
        self._shows = shows

    def show(
        self,
        snapshot: Snapshot,
        advice: Sequence[Advice] = (),
        *,
        notice: EventText | None = None,
        replayed: bool = False,
    ) -> None:
        """`notice`: what the dashboard has to tell by itself; `replayed`: of a recording, in which nothing can be
        started or changed."""
        self._snapshot, self._advice = snapshot, advice
        label, style, text = newest_entry(snapshot, keys_of(self), advice, notice=notice, replayed=replayed)
        study = snapshot.session_state.studies[-1] if snapshot.session_state.studies else None
        if label == STUDY_LABEL and study is not None and _view_of(study) == self._shows:
            for ends in (False, True):
                text = text.removesuffix(_shown_in(keys_of(self), study, ends=ends))
        entry = label, style, text
        # The figures in advice change with every frame, which makes it no new entry.
        happened = (
            entry != self._entry and entry[0] not in (ADVICE_LABEL, STALLED_LABEL) and not _goes_on(self._entry, entry)
        )
        self._happened_since = self._happened_since or happened
        shown_ns = _ANSWER_LEAST_NS if self._happened_since else _ANSWER_NS
        if snapshot.now_ns - self._answered_ns > shown_ns or (happened and entry[1] == "$error"):
            self._answer = ""
        self._entry = entry
        self.redraw()

    def redraw(self) -> None:
        super().redraw()
        lines = self._content.plain.count("\n") + 1
        self.set_class(lines > 1, "-long")
        self.styles.height = lines if lines > _LONG_LINES else None

    def show_answer(self, text: str) -> None:
        """Shows an answer to a key for some seconds, or until something happens."""
        self._answer = one_line(text)
        self._happened_since = False
        self._answered_ns = self._snapshot.now_ns if self._snapshot else 0
        self.redraw()

    def end_answer(self) -> None:
        """What the answer told is no longer so."""
        self._answer = ""
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._snapshot is None:
            return Content()
        if self._answer:
            return self._answer_line(width)
        label, style, text = self._entry
        if not label:
            return Content()
        if label == ADVICE_LABEL:
            return self._one_line_of_advice(width, label, style, text)
        if label == ENDED_LABEL and self._advice:
            # A load of some seconds ends before anyone has seen what it was to teach.
            ended = Content.assemble((f" {label}  ", f"bold {style}".rstrip()), cut(text, width - len(label) - 4))
            return Content("\n").join([ended, self._one_line_of_advice(width, *_advice_entry(self._advice[0]))])
        lines = Content(text).wrap(max(width - len(label) - 4, 10))
        if self._whole:
            return self._wrapped(label, style, lines)
        shown = [lines[0], self._second_line(" ".join(line.plain for line in lines[1:]), width - len(label) - 4)]
        gap = " " * (len(label) + 3)
        first = Content.assemble((f" {label}  ", f"bold {style}".rstrip()), shown[0])
        return first if len(lines) == 1 else Content("\n").join([first, Content(gap) + shown[1]])

    def _answer_line(self, width: int) -> Content:
        more = f"  {keys_of(self).first('events')} shows it whole" if cell_len(self._answer) > width - 2 else ""
        return Content.assemble(" ", cut(self._answer, width - 2 - len(more)), (more, "$dim"))

    def _second_line(self, text: str, width: int) -> Content:
        """What is too long for it ends with …, and the key that shows all of it."""
        more = f"  {keys_of(self).first('events')} shows it whole" if cell_len(text) > width else ""
        return Content.assemble(cut(text, max(width - len(more), 10)), (more, "$dim"))

    @property
    def _whole(self) -> bool:
        """The entry is a failure or a refusal that suggests settings: a person has to be able to read and copy them."""
        snapshot = self._snapshot
        return snapshot is not None and bool(snapshot.session_state.suggestion) and self._entry[0] in _SUGGESTING

    def _wrapped(self, label: str, style: str, lines: Sequence[Content]) -> Content:
        gap, most = " " * (len(label) + 3), max(self.screen.size.height // 2, _LONG_LINES)
        shown = [*lines[: most - 1], Content("…")] if len(lines) > most else lines
        first = Content.assemble((f" {label}  ", f"bold {style}".rstrip()), shown[0])
        return Content("\n").join([first, *(Content(gap) + line for line in shown[1:])])

    def _one_line_of_advice(self, width: int, label: str, style: str, text: str) -> Content:
        """As much of the first advice as fits, and the key that opens the list."""
        count = len(self._advice)
        key = keys_of(self).first("advice")
        rest = f"  {key} shows {f'all {count}' if count > 1 else 'more'}"
        line = cut(text, max(width - len(label) - len(rest) - 4, 10))
        return Content.assemble((f" {label}  ", f"bold {style}".rstrip()), line, (rest, "$dim"))


def _shown_in(keys: KeyBindings, study: StudyState, *, ends: bool) -> str:
    """Behind what is told of a study: the view that shows it."""
    shown = f"{keys.first(_view_of(study))} shows it"
    return f"  ({shown})" if ends else f" · {shown}"


def _view_of(study: StudyState) -> str:
    """The command that opens the view of a study."""
    return "view-layers" if isinstance(study.began.spec, LayersSpec) else "view-studies"


def _goes_on(before: tuple[str, str, str], entry: tuple[str, str, str]) -> bool:
    """Whether it is the study of before, of which only the time left and the point have changed."""
    return before[0] == entry[0] == STUDY_LABEL


def newest_entry(
    snapshot: Snapshot,
    keys: KeyBindings,
    advice: Sequence[Advice] = (),
    *,
    notice: EventText | None = None,
    replayed: bool = False,
) -> tuple[str, str, str]:
    """Label, style and text of the most important entry: failures, then a recent refusal, a warning of the dashboard's
    own, the end of the load; then a recent event, advice, an older event. Empty strings where there is none."""
    session_state = snapshot.session_state
    if snapshot.host_gone:
        what = snapshot.host.unreadable or "nothing more will be measured"
        return "HOST GONE", "$error", f"{what}; {keys.first('quit')} prints what was"
    if snapshot.host.silent:
        return "HOST", "$error", snapshot.host.silent
    if session_state.phase == "died" and session_state.died is not None:
        return (
            "DIED",
            "$error",
            death_text(session_state, session_state.died, "" if replayed else keys.first("restart")),
        )
    if session_state.phase == "failed":
        return FAILED_LABEL, "$error", _told_with_keys(session_state.failure, session_state, keys, replayed=replayed)
    if session_state.stalled is not None:
        text = session_standstill(session_state, snapshot.now_ns, replayed=replayed)
        return STALLED_LABEL, "$error", f"{one_line(text)}  ({keys.first('stuck')} shows all)"
    if (
        session_state.refused is not None
        and not session_state.refused.called_off
        and snapshot.now_ns - session_state.refused.t_ns <= _REFUSAL_NS
    ):
        label, style, text = _refusal_entry(session_state.refused)
        return label, style, _told_with_keys(text, session_state, keys, replayed=replayed)
    if notice is not None and notice.severity != "info":
        return notice.label, _LABEL_STYLES[notice.severity], one_line(notice.text)
    if snapshot.trial is not None and session_state.trial is not None:
        return (
            _trial_label(snapshot.trial),
            _LABEL_STYLES["info"],
            f"{progress_text(snapshot.trial, snapshot.now_ns)} · {keys.first('trial')} shows it",
        )
    if session_state.study is not None and session_state.ended is None:
        text = study_text.progress_text(session_state.study, snapshot.now_ns)
        return STUDY_LABEL, _LABEL_STYLES["info"], f"{one_line(text)}{_shown_in(keys, session_state.study, ends=False)}"
    if session_state.ended is not None:
        left = f", {session_state.ended.unsent:,} unsent" if session_state.ended.unsent else ""
        ending = f"{ENDINGS[session_state.ended.reason]}{left}"
        summary = f"{keys.first('quit')} prints the summary"
        return ENDED_LABEL, _LABEL_STYLES["info"], f"{ending}; {'here the recording ends; ' * replayed}{summary}"
    found = [*_recent_entries(session_state), *_trial_entry(snapshot, keys), *_study_entry(session_state, keys)]
    if notice is not None:
        found.append((notice.t_ns, notice.label, _LABEL_STYLES["info"], one_line(notice.text)))
    t_ns, *happened = max(found, default=(-1, "", "", ""))
    if advice and (t_ns < 0 or snapshot.now_ns - t_ns > _RECENT_NS):
        return _advice_entry(advice[0])
    return happened[0], happened[1], happened[2]


def _trial_entry(snapshot: Snapshot, keys: KeyBindings) -> Iterator[tuple[int, str, str, str]]:
    """The end of the newest trial."""
    ended = snapshot.trial.state.ended if snapshot.trial is not None else None
    if snapshot.trial is not None and ended is not None:
        # It comes with the segment that follows the trial, and says more.
        yield (
            ended.t_ns + _LABELLED_NS,
            _trial_label(snapshot.trial),
            _LABEL_STYLES["info"],
            f"{one_line(trial_text(snapshot.trial)).removeprefix('beside ')}  ({keys.first('trial')} shows it)",
        )


def _trial_label(trial: TrialFigures) -> str:
    return BESIDE_LABEL if trial.state.began.beside else TRIAL_LABEL


def _study_entry(session_state: SessionState, keys: KeyBindings) -> Iterator[tuple[int, str, str, str]]:
    """The answer of the newest study."""
    study = session_state.studies[-1] if session_state.studies else None
    if study is not None and study.ended is not None:
        text = f"{study_text.kind_of(study.began.spec)}: {study_text.ending_text(study)}"
        style = _LABEL_STYLES["warning" if study.ended.reason == "failed" else "info"]
        # The segment that follows it comes with its end, and says less.
        yield (
            study.ended.t_ns + _LABELLED_NS,
            STUDY_LABEL,
            style,
            f"{one_line(text)}{_shown_in(keys, study, ends=True)}",
        )


def _advice_entry(advice: Advice) -> tuple[str, str, str]:
    return (
        ADVICE_LABEL,
        _LABEL_STYLES["warning"] if advice.severity == "warning" else _LABEL_STYLES["info"],
        one_line(advice.text),
    )


def _refusal_entry(refused: Refused) -> tuple[str, str, str]:
    label, text, severity = describe_refusal(refused)
    return label, "$error" if severity == "error" else _LABEL_STYLES["info"], one_line(text)


def _told_with_keys(text: str, session_state: SessionState, keys: KeyBindings, *, replayed: bool) -> str:
    """A failure or a refusal, with the key that stages what it suggests, or those of the setting that it names."""
    if replayed:
        return without_flags(one_line(text))
    if session_state.suggestion:
        adopt, apply = keys.first("adopt"), keys.first("apply")
        return f"{without_flags(one_line(text))}  ({adopt} puts it into the settings, {apply} applies them)"
    told = with_rows(one_line(text), keys)
    if session_state.phase == "failed" and told == one_line(text):
        told += f"  ({keys.first('settings')} opens the settings, {keys.first('apply')} applies them)"
    return told


def death_text(session_state: SessionState, exited: EngineExited, restart_key: str) -> str:
    """`restart_key`: empty where no engine can be started, as in a replay."""
    engine = session_state.engines.get(exited.engine)
    lived_s = (exited.t_ns - engine.spawned_ns) / 1e9 if engine else exited.t_ns / 1e9
    by = f": killed {exited.killed_by}" if exited.killed_by else ""
    how = f"{exited.signal} ({-exited.code}{by})" if exited.signal else f"exit code {exited.code}"
    output = words_text(one_line(exited.last_words))
    lived = number_format.run_length(lived_s)
    again = f"; {restart_key} starts it again" if restart_key else ""
    return f"engine died: {how} after {lived}; everything measured is kept{again}{output}"


def _recent_entries(session_state: SessionState) -> Iterator[tuple[int, str, str, str]]:
    """Time, label, style and text of the newest entry of each kind."""
    if session_state.notes:
        note = session_state.notes[-1]
        label = "NOTE" if note.severity == "info" else note.severity.upper()
        yield note.t_ns, label, _LABEL_STYLES[note.severity], one_line(note.text)
    if session_state.refused is not None:
        yield session_state.refused.t_ns, *_refusal_entry(session_state.refused)
    engine = session_state.engines.get(session_state.serving)
    if engine is not None and engine.device_changes:
        change = describe_event(engine.device_changes[-1], session_state)
        style = _LABEL_STYLES["info"] if change.severity == "info" else "$warning"
        yield change.t_ns, change.label, style, f"{one_line(change.text)}  ({number_format.elapsed(change.t_ns / 1e9)})"
    disturbed = session_state.disturbances.news
    if disturbed is not None:
        told = describe_event(disturbed, session_state)
        style = _LABEL_STYLES["warning"] if told.severity == "warning" else _LABEL_STYLES["info"]
        # An ended one says itself from when to when it lasted.
        began = isinstance(disturbed, ThrottleBegan | OtherLoadBegan)
        when = f", since {number_format.elapsed(told.t_ns / 1e9)}" if began else ""
        yield told.t_ns, told.label, style, f"{one_line(told.text)}{when}"
    if session_state.segment is not None and session_state.segment.segment and session_state.segment.changes:
        changed = one_line(", ".join(session_state.segment.changes))
        when = number_format.elapsed(session_state.segment.t_ns / 1e9)
        yield (
            session_state.segment.t_ns,
            "CHANGED",
            _LABEL_STYLES["info"],
            f"{changed}  (segment {session_state.segment.segment}, {when})",
        )
