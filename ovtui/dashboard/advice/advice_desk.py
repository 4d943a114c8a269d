"""What a person does with advice: stage its settings, or try them against those in force and then decide."""

from __future__ import annotations

from typing import Protocol

from ovtui.dashboard.advice.advice_screen import AdviceChoice, AdviceScreen, remedy_text
from ovtui.dashboard.advice.advisor import Advisor
from ovtui.dashboard.advice.trial_screen import TrialScreen
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.dashboard.staging import Staging
from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.digest import Digest
from ovtui.records.source import Source
from ovtui.settings.changes import with_changes
from ovtui.settings.errors import SettingsError


class DeskHost(Protocol):
    """What the desk needs of the dashboard."""

    source: Source
    digest: Digest
    advisor: Advisor
    staging: Staging
    keys: KeyBindings

    def show_answer(self, text: str) -> None: ...

    def show_advice_page(self, page: AdviceScreen) -> None:
        """Shows the page; its result goes to `AdviceDesk.choose`."""

    def show_trial_page(self, page: TrialScreen) -> None: ...

    def redraw_settings(self) -> None: ...


class AdviceDesk:
    """Owner: the dashboard."""

    def __init__(self, host: DeskHost) -> None:
        self._host = host
        self._narrow_sent = 0
        """The newest trial that was ended because its intervals are narrow enough."""

    def follow(self) -> None:
        """To be called with each update: ends a trial that has nothing more to find out."""
        trial, source = self._host.digest.session_state.trial, self._host.source
        if trial is None or source.replayed or source.read_only or trial.began.trial <= self._narrow_sent:
            return
        if self._host.digest.trials()[-1].narrow:
            self._narrow_sent = trial.began.trial
            source.end_trial(narrow=True)

    def open(self, *, ascii_only: bool) -> None:
        changeable, phase = not self._host.source.read_only, self._host.digest.session_state.phase
        page = AdviceScreen(
            self._host.advisor.advice,
            ascii_only=ascii_only,
            can_stage=changeable,
            can_try=changeable and phase == "serving",
        )
        self._host.show_advice_page(page)

    def open_trial(self) -> None:
        """The page of the newest trial."""
        if self._host.digest.session_state.trials:
            self._host.show_trial_page(TrialScreen(self._host.digest, self._host.source))
        else:
            keys = self._host.keys
            self._host.show_answer(f"no trial yet; {keys.first('advice-try')} on a piece of advice begins one")

    def choose(self, choice: AdviceChoice | None) -> None:
        """The result of the page."""
        if choice is None:
            return
        advice = choice.advice
        if not advice.remedy:
            self._host.show_answer("no setting solves this by itself")
        elif self._host.source.replayed and choice.try_it:
            self._host.show_answer("a trial needs a load that runs; this is a recording")
        elif self._host.source.read_only:
            self._host.show_answer("nothing can be changed here")
        else:
            try:
                self._try(advice) if choice.try_it else self._stage(advice)
            except SettingsError as error:
                self._host.show_answer(str(error))

    def _stage(self, advice: Advice) -> None:
        """Stages the settings that a piece of advice suggests; another key applies them."""
        fresh = self._host.staging.stage(advice.remedy)
        remedy, applies = remedy_text(advice), self._host.keys.first("apply")
        self._host.show_answer(f"staged: {remedy}; {applies} applies" if fresh else f"already so: {remedy}")
        self._host.redraw_settings()

    def _try(self, advice: Advice) -> None:
        in_force = self._host.staging.in_force
        if in_force is None:
            raise SettingsError("no settings are in force yet")
        wanted = with_changes(in_force, advice.remedy)
        if wanted == in_force:
            self._host.show_answer(f"already so: {remedy_text(advice)}")
            return
        page = TrialScreen(self._host.digest, self._host.source, asked=wanted)
        self._host.source.try_settings(wanted)
        self._host.show_trial_page(page)
