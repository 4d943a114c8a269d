"""The presets as the dashboard uses them: read, compared, staged, saved. No Textual in here."""

from __future__ import annotations

from typing import Any

from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.staging import ChangeText, Staging, change_texts
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import preset_store, presets
from ovtui.settings.files.presets import Preset
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.settings import Settings, fields


class PresetLibrary:
    """Owner: the presets page, which calls `read` first and after each change."""

    def __init__(self, staging: Staging, preferences: Preferences) -> None:
        self.staging = staging
        self.preferences = preferences
        self.presets: list[Preset] = []
        """The person's own first, then those that ovtui brings."""
        self.problems: list[str] = []
        """A sentence for each preset file that cannot be used."""

    def read(self) -> None:
        try:
            shipped, problems = presets.shipped_presets(), []
        except SettingsError as error:
            shipped, problems = [], [str(error)]
        personal, personal_problems = presets.personal()
        self.presets = [*personal, *shipped]
        self.problems = [*problems, *personal_problems]

    def settings_with(self, preset: Preset) -> Settings:
        """The settings that would be in force with the preset on top of the config file and the defaults.

        Raises SettingsError."""
        return preset.applied_to(self.preferences.defaults)

    def differences(self, preset: Preset) -> list[ChangeText]:
        """Each setting that the preset would change. Raises SettingsError."""
        changes: list[ChangeText] = []
        for name, value in self._changed_fields(self.settings_with(preset)).items():
            texts = change_texts(name, getattr(self.staging.wanted, name), value)
            late = " (only at the start)" if self.staging.effect(name) is Effect.START else ""
            changes += [(label, old, new + late) for label, old, new in texts]
        return changes

    def load(self, preset: Preset) -> str:
        """Stages what the preset changes, and returns a text on it. Raises SettingsError, and then changes nothing."""
        changes = self._changed_fields(self.settings_with(preset))
        late = [name for name in changes if self.staging.effect(name) is Effect.START]
        fresh = self.staging.stage({name: value for name, value in changes.items() if name not in late})
        text = f"{len(fresh)} changes of preset {preset.name} are staged"
        if len(fresh) < 2:
            text = f"1 change of preset {preset.name} is staged" if fresh else f"{preset.name} changes nothing"
        if late:
            labels = " and ".join(fields()[name].label for name in late)
            text += f"; {labels} is read when a session starts: ovtui --preset {preset.name}"
        return text

    def save(self, name: str) -> str:
        """Writes the wanted settings, staged changes included. Raises SettingsError."""
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
        """True when saving under this name would overwrite a preset.

        Raises SettingsError for a name that is not allowed."""
        return preset_store.exists(name)

    def _changed_fields(self, target: Settings) -> dict[str, Any]:
        wanted = self.staging.wanted
        return {name: getattr(target, name) for name in fields() if getattr(wanted, name) != getattr(target, name)}
