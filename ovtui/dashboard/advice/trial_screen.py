"""The page of a trial: its progress, then what it found, and the question which settings to keep."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ovtui.dashboard.advice.trial_rows import names_of, pairs_text, trial_rows
from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.metrics.comparison.trial_figures import TrialFigures
from ovtui.metrics.comparison.trial_text import outcome_text, progress_text
from ovtui.metrics.digest import Digest
from ovtui.metrics.handover.event_text import describe_refusal, trial_ending_text
from ovtui.records.events import Refused
from ovtui.records.source import Source
from ovtui.settings.schema.settings import Settings

_NAME, _SIDE = 12, 14


class TrialScreen(ModalScreen[None]):
    """Of the newest trial, or of the one that has been asked for. `show` is called with each frame."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.TRIAL)

    def __init__(self, digest: Digest, source: Source, *, asked: Settings | None = None) -> None:
        """`asked`: the settings of a trial that is asked for now and has not begun; None: the newest trial."""
        super().__init__()
        self._digest, self._source, self._asked = digest, source, asked
        state = digest.session_state
        self._after = len(state.trials) if asked is not None else 0
        """How many trials there were before this one."""
        self._last_event = state.log[-1] if state.log else None
        """The newest event when it was asked for."""
        self._refused: Refused | None = None
        """Its refusal. Kept here: to the session it is over with the next segment, which a handover begins too."""
        self._shown: tuple[str, Content] | None = None

    def compose(self) -> ComposeResult:
        page = VerticalScroll()
        page.border_title = "Trial"
        with page:
            yield Static(id="trial", markup=False)

    def on_mount(self) -> None:
        self.show(0)

    @property
    def _figures(self) -> TrialFigures | None:
        trials = self._digest.trials()
        return trials[-1] if len(self._digest.session_state.trials) > self._after else None

    @property
    def _decidable(self) -> bool:
        """True while a person may still choose: the trial is over with pairs enough to tell, no engine was lost in it,
        and nothing has been put in force since."""
        state, figures = self._digest.session_state, self._figures
        ended = figures.state.ended if figures is not None else None
        return (
            figures is not None
            and ended is not None
            and ended.reason != "failed"
            and figures.comparable
            and not figures.state.began.beside
            and not self._source.read_only
            and state.phase == "serving"
            and state.settings == state.trials[-1].began.in_force
        )

    def _refusal(self) -> Refused | None:
        """The refusal of the settings that were asked for, since they were."""
        if self._refused is None and self._asked is not None:
            for event in reversed(self._digest.session_state.log):
                if event is self._last_event:
                    break
                if isinstance(event, Refused) and event.settings == self._asked:
                    self._refused = event
        return self._refused

    def show(self, now_ns: int) -> bool:
        """Returns whether anything on the page has changed."""
        shown = self._drawn(now_ns)
        if shown == self._shown:
            return False
        self._shown = shown
        self.query_one(VerticalScroll).border_subtitle, text = shown
        self.query_one("#trial", Static).update(text)
        return True

    def _drawn(self, now_ns: int) -> tuple[str, Content]:
        """The keys that do something, and the page."""
        figures, keys = self._figures, keys_of(self)
        running = keys.hint("trial-back", "trial-hide")
        over = f"{keys.first('trial-back')} close"
        if figures is None:
            refused = self._refusal()
            if refused is not None:
                return over, Content.styled(one_line(describe_refusal(refused)[1]), "$warning")
            if self._digest.snapshot().host_gone:
                return over, Content.styled("the host is gone: no trial begins", "$warning")
            return running, Content("the trial begins")
        lines = [Content.styled(one_line(", ".join(figures.state.began.changes) or "the same settings"), "bold")]
        ended = figures.state.ended
        if ended is None:
            lines += [Content(progress_text(figures, now_ns))]
        elif ended.reason in ("failed", "cancelled"):
            lines += [Content.styled(one_line(trial_ending_text(ended)), "$warning"), Content(outcome_text(figures))]
        else:
            lines += [Content.styled(outcome_text(figures), "bold")]
        lines += [Content(), *_table(figures)]
        if self._decidable:
            enter, escape = keys.first("trial-keep"), keys.first("trial-back")
            pinned = figures.state.began.pinned
            tried, kept = (
                ("go back to A, pinned", "keep B") if pinned else ("keep the settings on trial", "keep what was")
            )
            lines += [Content(), Content(f"{enter}: {tried} · {escape}: {kept}")]
        return running if ended is None else over, Content("\n").join(lines)

    def action_keep(self) -> None:
        """Puts the settings that were tried in force."""
        figures = self._figures
        if figures is not None and self._decidable:
            self._source.apply(figures.state.began.tried)
            self.dismiss()

    def action_back(self) -> None:
        """Cancels a trial that runs; after it, the settings that were in force stay."""
        trial = self._digest.session_state.trial
        if not self._source.replayed and not self._source.read_only:
            if trial is not None and trial.began.beside:
                self._source.end_study()
            else:
                self._source.end_trial()
        if self._digest.session_state.trial is None:
            self.dismiss()


def _table(figures: TrialFigures) -> list[Content]:
    a, b = names_of(figures.state.began)
    against = " against ".join(name.partition(",")[0] for name in (b, a))
    head = f"{'':<{_NAME}}{a:>{_SIDE}}{b:>{_SIDE}}   {against}"
    lines = [Content.styled(head, "$dim")]
    for row in trial_rows(figures):
        values = f"{row.name:<{_NAME}}{row.a:>{_SIDE}}{row.b:>{_SIDE}}   "
        lines.append(Content.assemble(values, (row.found, "bold" if row.known else "$dim")))
    return [*lines, Content.styled(pairs_text(figures), "$dim")]
