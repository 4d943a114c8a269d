"""What keys ask of the host about studies and trials: to begin one, to end it, to compare what is in force with
settings that a person has pinned. Each gives the answer to the key, also why nothing was asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.metrics.digest import Digest
from ovtui.metrics.session.study_event_text import study_name
from ovtui.records.source import Source
from ovtui.settings.changes import describe_changes
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.arrival import describe_load
from ovtui.settings.schema.settings import Settings

if TYPE_CHECKING:
    from ovtui.dashboard.study_request import StudyKind


@dataclass(slots=True)
class Pinned:
    """Owner: the dashboard."""

    settings: Settings | None = None
    """What a person has pinned as A."""


@dataclass(frozen=True, slots=True)
class StudyOrders:
    source: Source
    digest: Digest
    pinned: Pinned
    keys: KeyBindings
    staged: bool = False
    """Changes are staged, and not in force yet."""

    def why_not(self, what: str) -> str:
        """Why nothing can be begun; empty where it can. `what`: 'study', 'trial'."""
        state = self.digest.session_state
        if self.source.replayed:
            return f"a recording shows what was measured: no {what} can be begun in it"
        if self.source.read_only:
            return f"read-only: whoever owns the session can begin a {what}"
        if state.study is not None:
            return (
                f"{one_line(study_name(state.study.began.spec))} runs; {self.keys.first('study-stop')} in view "
                f"{self.keys.first('view-studies')} ends it with what it has"
            )
        if state.trial is not None:
            return (
                f"a trial runs; {self.keys.first('trial')} shows it, and {self.keys.first('trial-back')} there ends it"
            )
        if state.phase != "serving" or state.settings is None:
            why = {"starting": "the engine is still starting", "ended": "the load has ended"}.get(
                state.phase, "no engine serves"
            )
            return f"{why}: a {what} needs a load that runs"
        if state.compiling:
            return f"an engine compiles: a {what} can be begun once its settings are in force"
        return ""

    def begin(self, kind: StudyKind, text: str) -> str:
        """Begins it, and returns the answer. Raises SettingsError for a text that is wrong, or where it cannot be
        begun: the text is worth keeping then."""
        if why_not := self.why_not("study"):
            raise SettingsError(why_not)
        # Not needed for the first paint.
        from ovtui.dashboard.study_request import asked_text, spec_of
        from ovtui.host.session_socket import SessionSocketError
        from ovtui.host.state_paths import new_sweep_folder

        in_force = self.digest.session_state.settings
        assert in_force is not None
        try:
            # Checked before a folder is made for it.
            spec = spec_of(kind, text, in_force)
            if kind == "sweep":
                spec = spec_of(kind, text, in_force, new_sweep_folder())
        except SessionSocketError as error:
            raise SettingsError(str(error)) from None
        self.source.begin_study(spec)
        return f"asked for {one_line(asked_text(spec))}"

    def stop(self) -> str:
        state = self.digest.session_state
        if state.study is None and state.trial is None:
            return "nothing runs that could be stopped"
        if self.source.replayed:
            return "a recording shows what was measured: nothing can be stopped in it"
        if self.source.read_only:
            return "read-only: whoever owns the session can stop it"
        if state.study is not None:
            if state.study.stopping:
                return "it stops already, and ends with what it has"
            self.source.end_study()
            return f"{one_line(study_name(state.study.began.spec))} stops, and ends with what it has"
        self.source.end_trial()
        return "the trial stops, and ends with what it has"

    def pin(self) -> str:
        """Remembers the settings in force as A."""
        settings = self.digest.session_state.settings
        if settings is None:
            return "no settings are in force yet"
        if self.source.replayed:
            return "a recording shows what was measured: no trial can be begun in it"
        if self.source.read_only:
            return "read-only: whoever owns the session can begin a trial"
        self.pinned.settings = settings
        key = self.keys.first("compare-now")
        return f"A pinned: {pinned_text(settings)}; {key} compares later settings with it"

    @property
    def pinned_now(self) -> str:
        """'A pinned: hint latency→throughput', as what is pinned differs from what is in force; empty where nothing
        is."""
        pinned, state = self.pinned.settings, self.digest.session_state
        # A study's points are in force for a moment only.
        in_force = state.study.began.settings if state.study is not None else state.settings
        if pinned is None:
            return ""
        return f"A pinned: {'what is in force' if pinned == in_force else pinned_text(pinned, in_force)}"

    def compare(self) -> tuple[Settings | None, str]:
        """Begins a trial of the pinned settings as A against those in force as B. Returns them, or why not."""
        pinned, in_force = self.pinned.settings, self.digest.session_state.settings
        if why_not := self.why_not("trial"):
            return None, why_not
        if pinned is None:
            return None, f"nothing is pinned; {self.keys.first('pin')} pins the settings in force as A"
        if pinned == in_force:
            first = f"{self.keys.first('apply')} applies what is staged" if self.staged else "change something first"
            return None, f"A is just what is in force: {first}"
        self.source.try_settings(pinned, pinned=True)
        return pinned, "asked for a trial of A against what is in force"


def pinned_text(settings: Settings, in_force: Settings | None = None) -> str:
    """'CPU, hint latency, as many in flight as OpenVINO finds best, closed loop'; of settings that differ from those in
    force how they differ."""
    if in_force is not None and in_force != settings:
        return one_line(", ".join(describe_changes(in_force, settings)))
    flight = f"{settings.nireq} in flight" if settings.nireq else "in flight: auto"
    return one_line(f"{settings.device}, hint {settings.hint}, {flight}, {describe_load(settings)}")
