"""Settings that a person has changed and that are not in force yet: live changes are sent at once, the others wait
until they are applied together.

State only, no Textual: the settings pane draws it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import Refused
from ovtui.settings.changes import NOT_SET as NOT_SET
from ovtui.settings.changes import changed_fields, effect_of, with_changes
from ovtui.settings.changes import value_text as value_text
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.settings import Settings, fields

_UNDO_STEPS = 200
BEING_APPLIED = "it is being applied already"
TOO_LATE = "the load has ended: no setting acts any more; start ovtui again with it"
STUDY_RUNS = "a study runs, which sets what it measures: change settings after it, or stop it (7, H)"

ChangeText = tuple[str, str, str]
"""Label, old value and new value of a change, for a person."""


class BeingAppliedError(SettingsError):
    """Only a cancel of the compile reverts it now."""


@dataclass(frozen=True, slots=True)
class _UndoStep:
    """What one undo restores."""

    staged: dict[str, Any]
    """Every staged value before the change."""
    live: tuple[str, Any] | None = None
    """Name of the live setting that was changed, and its value before the change."""


class Staging:
    """Owner: the dashboard's thread. Nothing can be changed before `update` has seen a session with settings."""

    def __init__(self) -> None:
        self.in_force: Settings | None = None
        self.staged: dict[str, Any] = {}
        """Field name to wanted value, in the order in which they were staged."""
        self.load_ended = self.study_runs = False
        self.applying = False
        """True from `apply` until the settings are in force or refused."""
        self._applied: dict[str, Any] = {}
        """What was staged at the last `apply` and is not in force yet."""
        self.version = 0
        """Counts up whenever `wanted` may have changed."""
        self._undo: deque[_UndoStep] = deque(maxlen=_UNDO_STEPS)
        self._live_sent: dict[str, Any] = {}
        """Live changes that are sent or about to be sent, and not in force yet."""
        self._just_changed = self._unsent = False
        self._refused: Refused | None = None
        self._wanted_cache: tuple[int, Settings] | None = None

    def value(self, name: str) -> Any:
        """The wanted value of a field, which its row shows: staged, sent or in force."""
        if name in self.staged:
            return self.staged[name]
        return self._live_sent.get(name, getattr(self.in_force, name))

    @property
    def wanted(self) -> Settings:
        """The settings in force with every live and staged change on top."""
        if self._wanted_cache is None or self._wanted_cache[0] != self.version:
            self._wanted_cache = self.version, self._settings_with({**self._live_sent, **self.staged})
        return self._wanted_cache[1]

    def effect(self, name: str) -> Effect:
        """How a change of this field would take effect now: live, by a recompile, or only at the next start."""
        assert self.in_force is not None
        return effect_of(name, self.in_force)

    def propose(self, name: str, value: Any) -> None:
        """Sets the wanted value of a field: a live change is queued, any other one is staged.

        Raises SettingsError for a value that is not valid, while a study runs, and after the load has ended; it then
        changes nothing."""
        self._require_changeable()
        settings = self._settings_with({**self._live_sent, **self.staged, name: value})
        value, before = getattr(settings, name), self.value(name)
        effect = self.effect(name)
        if effect is Effect.START:
            raise SettingsError(f"{fields()[name].label}: read once, when the session starts")
        if value == before:
            return
        if effect is Effect.LIVE and name not in self.staged:
            newest = self._undo[-1].live if self._undo else None
            if not (self._unsent and newest and newest[0] == name):  # a held key makes one undo step
                self._undo.append(_UndoStep(dict(self.staged), (name, before)))
            self._queue_live(name, value)
            return
        self._undo.append(_UndoStep(dict(self.staged)))
        self._set_staged(name, value)

    def stage(self, changes: Mapping[str, Any]) -> list[str]:
        """Stages several values at once, live settings included, so that a person can look at them before they act.

        One undo reverts them all. Returns the names whose wanted value has changed. Raises SettingsError for a value
        that is not valid, while a study runs, and after the load has ended; it then changes nothing."""
        self._require_changeable()
        settings = self._settings_with({**self._live_sent, **self.staged, **changes})
        for name in changes:
            if self.effect(name) is Effect.START:
                raise SettingsError(f"{fields()[name].label}: read once, when the session starts")
        fresh = [name for name in changes if getattr(settings, name) != self.value(name)]
        if fresh:
            self._undo.append(_UndoStep(dict(self.staged)))
        for name in fresh:
            self._set_staged(name, getattr(settings, name))
        return fresh

    @property
    def why_not(self) -> str:
        """Why nothing can be changed now; empty where it can."""
        return TOO_LATE if self.load_ended else STUDY_RUNS if self.study_runs else ""

    def _require_changeable(self) -> None:
        if self.why_not:
            raise SettingsError(self.why_not)

    @property
    def can_undo(self) -> bool:
        """True where `undo` would revert a change."""
        return bool(self._undo) and not self._is_applying_last

    @property
    def _is_applying_last(self) -> bool:
        """True while the last change is being applied."""
        before = self._undo[-1].staged
        return self.applying and any(before.get(name) != value for name, value in self._applied.items())

    def undo(self) -> None:
        """Reverts the last change, staged or live, if there is one.

        Raises BeingAppliedError while that change is being applied."""
        if self._undo:
            if self._is_applying_last:
                raise BeingAppliedError(BEING_APPLIED)
            step = self._undo.pop()
            self.staged = {n: value for n, value in step.staged.items() if value != getattr(self.in_force, n)}
            self.version += 1
            if step.live is not None:
                self._queue_live(*step.live)

    def undo_all(self) -> bool:
        """Reverts every staged change.

        Returns True, and changes nothing, where all of them are being applied: the caller has to ask the host to cancel
        the compile, and the host's answer (an event) clears them."""
        if self.applying and self.staged == self._applied:
            return True
        self.staged = dict(self._applied) if self.applying else {}
        self._undo = deque((step for step in self._undo if step.live is not None), maxlen=_UNDO_STEPS)
        self.version += 1
        return False

    def take_live(self) -> Settings | None:
        """The settings to send now, or None. To be called once a tick: a change is sent after a tick without a further
        change, so that a held key makes one change and one segment, not thirty."""
        if not self._unsent or self._just_changed:
            self._just_changed = False
            return None
        self._unsent = False
        return self._settings_with(self._live_sent)

    def apply(self) -> Settings | None:
        """The settings to send with all staged and live changes, or None where nothing is staged.

        The changes stay staged until they are in force."""
        if not self.staged:
            return None
        settings = self._settings_with({**self._live_sent, **self.staged})
        if settings == self.in_force:  # staged to revert what is being applied, once that is in force
            return None
        self._unsent = False
        self.applying, self._applied = True, dict(self.staged)
        return settings

    def update(self, session_state: SessionState) -> None:
        """Takes over the settings in force, and unstages the changes that are in force now."""
        settings = session_state.settings
        self.load_ended, self.study_runs = session_state.phase == "ended", session_state.study is not None
        if settings is None:
            return
        if session_state.refused is not self._refused:
            self._refused = session_state.refused
            if self._refused is not None:
                if self._refused.called_off:
                    self._unstage_applied()
                self._drop_sent()
        if session_state.phase in ("failed", "died") and (self.applying or self._live_sent):
            self._drop_sent()
        if settings is self.in_force:
            return
        changed = fields() if self.in_force is None else changed_fields(self.in_force, settings)
        self.in_force = settings
        for wanted in (self.staged, self._live_sent):
            for name in [n for n in changed if n in wanted and wanted[n] == getattr(settings, n)]:
                del wanted[name]
        self._prune_undo()
        self.version += 1
        self._applied = {name: value for name, value in self._applied.items() if self.staged.get(name) == value}
        if not self._applied:
            self.applying = False

    def staged_changes(self) -> list[ChangeText]:
        staged = self.staged.items()
        return [text for name, value in staged for text in change_texts(name, getattr(self.in_force, name), value)]

    def _unstage_applied(self) -> None:
        self.staged = {name: value for name, value in self.staged.items() if self._applied.get(name) != value}
        self._prune_undo()

    def _drop_sent(self) -> None:
        """Forgets the changes that were sent: they were refused, or the engine is gone."""
        self.applying, self._applied = False, {}
        self._live_sent.clear()
        self.version += 1

    def _prune_undo(self) -> None:
        """Removes the changes in force from the undo steps, where they stand as staged."""
        steps = []
        for step in self._undo:
            staged = {name: value for name, value in step.staged.items() if name in self.staged}
            if step.live is not None or (self.staged and staged != self.staged):
                steps.append(_UndoStep(staged, step.live))
        self._undo = deque(steps, maxlen=_UNDO_STEPS)

    def _queue_live(self, name: str, value: Any) -> None:
        self._live_sent[name] = value
        self._just_changed = self._unsent = True
        self.version += 1

    def _set_staged(self, name: str, value: Any) -> None:
        if value == getattr(self.in_force, name) and name not in self._applied:
            self.staged.pop(name, None)
        else:
            self.staged[name] = value
        self.version += 1

    def _settings_with(self, changes: dict[str, Any]) -> Settings:
        if self.in_force is None:
            raise SettingsError("no settings are in force yet")
        # What is in force is so: a recording may have been made under other rules.
        return with_changes(self.in_force, changes) if changes else self.in_force


def change_texts(name: str, old: Any, new: Any) -> list[ChangeText]:
    """One text for a changed field; for the field of OpenVINO properties, one for each property that differs."""
    if isinstance(new, dict):
        keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        return [(key, old.get(key) or NOT_SET, new.get(key) or NOT_SET) for key in keys]
    return [(fields()[name].label, value_text(name, old), value_text(name, new))]
