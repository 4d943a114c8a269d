"""Changes on their way into force: live ones go out at once, the others wait to be applied together.

No screen in here: the settings pane draws what this says."""

from __future__ import annotations

from typing import Any

from ovtui.metrics.story import Story
from ovtui.records.events import Refused
from ovtui.settings.errors import SettingsError
from ovtui.settings.fields import differences, effect_of, fields
from ovtui.settings.knob import Effect
from ovtui.settings.schema import Settings

_ABSENT = object()


class Staging:
    """Owner: the dashboard's thread. `follow` must have seen a story with settings before anything can change."""

    def __init__(self) -> None:
        self.in_force: Settings | None = None
        self.staged: dict[str, Any] = {}
        """Field name to wanted value, in the order of staging."""
        self.applying = False
        """Applied, and neither in force nor refused yet."""
        self._undo: list[tuple[str, Any]] = []
        self._live: dict[str, Any] = {}
        """Sent or about to be, and not in force yet."""
        self._fresh = self._unsent = False
        self._refused: Refused | None = None

    def value(self, name: str) -> Any:
        """What the row shows as the wanted value."""
        if name in self.staged:
            return self.staged[name]
        return self._live.get(name, getattr(self.in_force, name))

    def effect(self, name: str) -> Effect:
        """What a change of this field would take now."""
        assert self.in_force is not None
        return effect_of(name, self.in_force)

    def propose(self, name: str, value: Any) -> None:
        """Takes a wanted value. Raises SettingsError, and then nothing has changed."""
        settings = self._settings({**self._live, **self.staged, name: value})
        value = getattr(settings, name)
        effect = self.effect(name)
        if effect is Effect.START:
            raise SettingsError(f"{fields()[name].label}: read once, when the session starts")
        if effect is Effect.LIVE and name not in self.staged:
            self._live[name] = value
            self._fresh = self._unsent = True
            return
        if value == self.value(name):
            return
        self._undo.append((name, self.staged.get(name, _ABSENT)))
        self._stage(name, value)

    def undo(self) -> None:
        """Takes the last staged change back; nothing happens where there is none."""
        if self._undo:
            self._stage(*self._undo.pop())

    def undo_all(self) -> None:
        self.staged.clear()
        self._undo.clear()

    def live(self) -> Settings | None:
        """Settings to send now, if any. Called once a tick; a change waits for one tick without another one, so that
        a key held down is one change and one segment, not thirty."""
        if not self._unsent or self._fresh:
            self._fresh = False
            return None
        self._unsent = False
        return self._settings(self._live)

    def apply(self) -> Settings | None:
        """Everything wanted, together; None where nothing is staged. It stays staged until it is in force."""
        if not self.staged:
            return None
        settings = self._settings({**self._live, **self.staged})
        self._unsent = False
        self.applying = True
        return settings

    def follow(self, story: Story) -> None:
        """Takes over what is in force now; what has come true is no longer staged."""
        settings = story.settings
        if settings is None:
            return
        if story.refused is not self._refused:
            self._refused = story.refused
            if self._refused is not None:
                self.applying = False
                self._live.clear()
        if story.phase in ("failed", "died"):
            self.applying = False
            self._live.clear()
        if settings is self.in_force:
            return
        changed = fields() if self.in_force is None else differences(self.in_force, settings)
        self.in_force = settings
        for wanted in (self.staged, self._live):
            for name in [n for n in changed if n in wanted and wanted[n] == getattr(settings, n)]:
                del wanted[name]
        self._undo = [(name, value) for name, value in self._undo if name in self.staged]
        if not self.staged:
            self.applying = False

    def staged_changes(self) -> list[tuple[str, str, str]]:
        """Label, old and new text of each staged change."""
        return [
            (field.label, shown(field.name, getattr(self.in_force, field.name)), shown(field.name, value))
            for field, value in ((fields()[name], value) for name, value in self.staged.items())
        ]

    def _stage(self, name: str, value: Any) -> None:
        if value is _ABSENT or value == getattr(self.in_force, name):
            self.staged.pop(name, None)
        else:
            self.staged[name] = value

    def _settings(self, changes: dict[str, Any]) -> Settings:
        if self.in_force is None:
            raise SettingsError("no settings are in force yet")
        return self.in_force.changed(changes)


def shown(name: str, value: Any) -> str:
    """The value as a row shows it, with its unit."""
    field = fields()[name]
    if not value and field.knob.left_open:
        return field.knob.left_open
    if value in ("", None):
        return "not set"
    text, unit = field.show(value), field.knob.unit
    return f"{text} {unit}" if unit and not text.endswith(unit) else text
