"""Changes on their way into force: live ones go out at once, the others wait to be applied together.

No screen in here: the settings pane draws what this says."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import Refused
from ovtui.settings.changes import changed_fields, effect_of, with_changes
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.settings import Settings, fields

_UNDO_STEPS = 200
_BEING_APPLIED = "it is being applied already; undo all calls it off"
NOT_SET = "not set"


@dataclass(frozen=True, slots=True)
class _UndoStep:
    """What one undo brings back."""

    staged: dict[str, Any]
    """All that was staged before."""
    live: tuple[str, Any] | None = None
    """The live setting that was changed, and its value before."""


class Staging:
    """Owner: the dashboard's thread. `follow` must have seen a story with settings before anything can change."""

    def __init__(self) -> None:
        self.in_force: Settings | None = None
        self.staged: dict[str, Any] = {}
        """Field name to wanted value, in the order of staging."""
        self.applying = False
        """Applied, and neither in force nor refused yet."""
        self._applied: dict[str, Any] = {}
        """What was staged then."""
        self.version = 0
        """Another one whenever `wanted` may have changed."""
        self._undo: deque[_UndoStep] = deque(maxlen=_UNDO_STEPS)
        self._live_sent: dict[str, Any] = {}
        """Sent or about to be, and not in force yet."""
        self._just_changed = self._unsent = False
        self._refused: Refused | None = None
        self._wanted_cache: tuple[int, Settings] | None = None

    def value(self, name: str) -> Any:
        """What the row shows as the wanted value."""
        if name in self.staged:
            return self.staged[name]
        return self._live_sent.get(name, getattr(self.in_force, name))

    @property
    def wanted(self) -> Settings:
        """The settings in force with all that is on its way."""
        if self._wanted_cache is None or self._wanted_cache[0] != self.version:
            self._wanted_cache = self.version, self._settings_with({**self._live_sent, **self.staged})
        return self._wanted_cache[1]

    def effect(self, name: str) -> Effect:
        """What a change of this field would take now."""
        assert self.in_force is not None
        return effect_of(name, self.in_force)

    def propose(self, name: str, value: Any) -> None:
        """Takes a wanted value. Raises SettingsError, and then nothing has changed."""
        settings = self._settings_with({**self._live_sent, **self.staged, name: value})
        value, before = getattr(settings, name), self.value(name)
        effect = self.effect(name)
        if effect is Effect.START:
            raise SettingsError(f"{fields()[name].label}: read once, when the session starts")
        if value == before:
            return
        if effect is Effect.LIVE and name not in self.staged:
            newest = self._undo[-1].live if self._undo else None
            if not (self._unsent and newest and newest[0] == name):  # a key held down is one step
                self._undo.append(_UndoStep(dict(self.staged), (name, before)))
            self._queue_live(name, value)
            return
        self._undo.append(_UndoStep(dict(self.staged)))
        self._set_staged(name, value)

    def stage(self, changes: Mapping[str, Any]) -> list[str]:
        """Takes several wanted values at once and keeps them back until they are applied, the live ones too, so that
        they can be looked at before they act; one undo takes them back. Returns the names of those that are not wanted
        already. Raises SettingsError, and then nothing has changed."""
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

    def undo(self) -> None:
        """Takes the last change back, staged or live; nothing happens where there is none. Raises SettingsError for
        what is being applied."""
        if self._undo:
            before = self._undo[-1].staged
            if self.applying and any(before.get(name) != value for name, value in self._applied.items()):
                raise SettingsError(_BEING_APPLIED)
            step = self._undo.pop()
            self.staged = {n: value for n, value in step.staged.items() if value != getattr(self.in_force, n)}
            self.version += 1
            if step.live is not None:
                self._queue_live(*step.live)

    def undo_all(self) -> bool:
        """Takes everything back that is staged. Where all of that is being applied nothing changes yet, and the answer
        is True: it has to be called off, and what the host says of it is the end of it."""
        if self.applying and self.staged == self._applied:
            return True
        self.staged = dict(self._applied) if self.applying else {}
        self._undo = deque((step for step in self._undo if step.live is not None), maxlen=_UNDO_STEPS)
        self.version += 1
        return False

    def live(self) -> Settings | None:
        """Settings to send now, if any. Called once a tick; a change waits for one tick without another one, so that
        a key held down is one change and one segment, not thirty."""
        if not self._unsent or self._just_changed:
            self._just_changed = False
            return None
        self._unsent = False
        return self._settings_with(self._live_sent)

    def apply(self) -> Settings | None:
        """Everything wanted, together; None where nothing is staged. It stays staged until it is in force."""
        if not self.staged:
            return None
        settings = self._settings_with({**self._live_sent, **self.staged})
        if settings == self.in_force:  # staged to turn back what is being applied, when that is in force
            return None
        self._unsent = False
        self.applying, self._applied = True, dict(self.staged)
        return settings

    def follow(self, story: SessionState) -> None:
        """Takes over what is in force now; what has come true is no longer staged."""
        settings = story.settings
        if settings is None:
            return
        if story.refused is not self._refused:
            self._refused = story.refused
            if self._refused is not None:
                if self._refused.called_off:
                    self._unstage_applied()
                self._drop_sent()
        if story.phase in ("failed", "died") and (self.applying or self._live_sent):
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

    def staged_changes(self) -> list[tuple[str, str, str]]:
        """Label, old and new text of each staged change; of the properties, of each one that differs."""
        changes = []
        for name, value in self.staged.items():
            old = getattr(self.in_force, name)
            if isinstance(value, dict):
                keys = [key for key in {**old, **value} if old.get(key) != value.get(key)]
                changes += [(key, old.get(key) or NOT_SET, value.get(key) or NOT_SET) for key in keys]
            else:
                changes.append((fields()[name].label, value_text(name, old), value_text(name, value)))
        return changes

    def _unstage_applied(self) -> None:
        self.staged = {name: value for name, value in self.staged.items() if self._applied.get(name) != value}
        self._prune_undo()

    def _drop_sent(self) -> None:
        """What was sent does not come true."""
        self.applying, self._applied = False, {}
        self._live_sent.clear()
        self.version += 1

    def _prune_undo(self) -> None:
        """What has come true is no longer undone as if it were staged."""
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
        return with_changes(self.in_force, changes)


def value_text(name: str, value: Any) -> str:
    """The value as a row shows it, with its unit."""
    field = fields()[name]
    if not value and field.spec.unset_text:
        return field.spec.unset_text
    if value in ("", None):
        return NOT_SET
    text, unit = field.show(value), field.spec.unit
    return f"{text} {unit}" if unit and not text.endswith(unit) else text
