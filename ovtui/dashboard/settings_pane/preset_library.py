"""The presets as the dashboard handles them: read, compared, staged, saved. No screen in here."""

from __future__ import annotations

from typing import Any

from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.staging import NOT_SET, Staging, value_text
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import preset_store, presets
from ovtui.settings.files.presets import Preset
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.settings import Settings, fields


class PresetLibrary:
    """Owner: the presets page. `read` first, and after each change."""

    def __init__(self, staging: Staging, preferences: Preferences) -> None:
        self.staging = staging
        self.preferences = preferences
        self.presets: list[Preset] = []
        """A person's own first, then ours."""
        self.wrong: list[str] = []
        """A sentence for each file that cannot be used."""

    def read(self) -> None:
        try:
            own = presets.shipped_presets()
        except SettingsError as error:
            own, trouble = [], [str(error)]
        else:
            trouble = []
        personal, wrong = presets.personal()
        self.presets = [*personal, *own]
        self.wrong = [*trouble, *wrong]

    def target(self, preset: Preset) -> Settings:
        """What would be in force with it: what it does not name comes from the config file and the defaults. Raises
        SettingsError."""
        return preset.applied_to(self.preferences.defaults)

    def differences(self, preset: Preset) -> list[tuple[str, str, str]]:
        """Label, text now and text with the preset, of each setting that it would change. Raises SettingsError."""
        found = []
        now, then = self.staging.wanted, self.target(preset)
        for name, value in self._changed_fields(then).items():
            if name == "properties":
                keys = [key for key in {**now.properties, **value} if now.properties.get(key) != value.get(key)]
                found += [(key, now.properties.get(key) or NOT_SET, value.get(key) or NOT_SET) for key in keys]
            else:
                late = " (only at the start)" if self.staging.effect(name) is Effect.START else ""
                found.append(
                    (fields()[name].label, value_text(name, getattr(now, name)), value_text(name, value) + late)
                )
        return found

    def load(self, preset: Preset) -> str:
        """Stages what differs; returns what to say of it. Raises SettingsError, and then nothing has changed."""
        changes = self._changed_fields(self.target(preset))
        late = [name for name in changes if self.staging.effect(name) is Effect.START]
        fresh = self.staging.stage({name: value for name, value in changes.items() if name not in late})
        told = f"{len(fresh)} changes of preset {preset.name} are staged" if fresh else f"{preset.name} changes nothing"
        if late:
            labels = " and ".join(fields()[name].label for name in late)
            told += f"; {labels} is read when a session starts: ovtui --preset {preset.name}"
        return told

    def save(self, name: str) -> str:
        """Writes what is wanted now, staged changes included. Raises SettingsError."""
        staged = len(self.staging.staged)
        path = preset_store.save(name, self.staging.wanted, keep=self.preferences.configured)
        return f"saved to {path}" + (f", with the {staged} staged" if staged else "")

    def copy(self, source: str, name: str) -> str:
        return f"copied to {preset_store.copy(source, name)}"

    def rename(self, old: str, new: str) -> str:
        return f"renamed to {preset_store.rename(old, new)}"

    def delete(self, name: str) -> str:
        return f"deleted: {preset_store.delete(name)}"

    def exists(self, name: str) -> bool:
        """Whether a save under this name would write over one. Raises SettingsError for a name that may not be."""
        return preset_store.exists(name)

    def _changed_fields(self, then: Settings) -> dict[str, Any]:
        now = self.staging.wanted
        return {name: getattr(then, name) for name in fields() if getattr(now, name) != getattr(then, name)}
