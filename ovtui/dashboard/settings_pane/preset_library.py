"""The presets as the dashboard uses them: read, compared, staged, saved. Without being asked for it, none changes the
model under test. No Textual in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.staging import ChangeText, Staging, change_texts, value_text
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import preset_store, presets
from ovtui.settings.files.presets import Preset
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.settings import Settings, fields, of_model


@dataclass(frozen=True, slots=True)
class PresetDiff:
    """What loading a preset does, as the page shows it. Each change: what is set now, and what the preset has."""

    changes: tuple[ChangeText, ...] = ()
    """Settings that the preset names."""
    resets: tuple[ChangeText, ...] = ()
    """Settings that it does not name, and that go back to those of the config file or the defaults."""
    kept: tuple[ChangeText, ...] = ()
    """The model and what belongs to it, which the preset has otherwise: they stay, or follow it if that is wanted."""


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

    def differences(self, preset: Preset) -> PresetDiff:
        """What the preset would change, and what stays. Raises SettingsError."""
        named: list[ChangeText] = []
        others: list[ChangeText] = []
        kept: list[ChangeText] = []
        its_model = self.model_settings(preset)
        for name, value in self._changed_fields(self.settings_with(preset)).items():
            texts = change_texts(name, getattr(self.staging.wanted, name), value)
            late = " (only at the start)" if self.staging.effect(name) is Effect.START else ""
            if name in of_model():
                part = kept if name in its_model else []
            else:
                part = named if name in preset.settings else others
            part += [(label, old, new + late) for label, old, new in texts]
        return PresetDiff(tuple(named), tuple(others), tuple(kept))

    def model_settings(self, preset: Preset) -> tuple[str, ...]:
        """Names of the settings of the model that the preset brings: all of them with a model of its own, whose shape
        is not that of another one; else those that it names."""
        return tuple(name for name in of_model() if "model" in preset.settings or name in preset.settings)

    def load(self, preset: Preset, *, with_model: bool = False) -> str:
        """Stages what the preset changes, and returns a text on it. Raises SettingsError, and then changes nothing.

        `with_model`: the model under test is replaced too, where the preset names one."""
        changes, kept = self._changed_fields(self.settings_with(preset)), ""
        its_model = self.model_settings(preset)
        for name in [name for name in of_model() if name in changes]:
            if not (with_model and name in its_model):
                kept = kept or (fields()[name].label if name in its_model else "")
                del changes[name]
        late = [name for name in changes if self.staging.effect(name) is Effect.START]
        fresh = self.staging.stage({name: value for name, value in changes.items() if name not in late})
        text = f"{len(fresh)} changes of preset {preset.name} are staged"
        if len(fresh) < 2:
            text = f"1 change of preset {preset.name} is staged" if fresh else f"{preset.name} changes nothing"
        if kept:
            model = value_text("model", self.staging.wanted.model)
            text += f"; the model stays {model}" if kept == "model" else f"; {model} keeps its {kept}"
        if late:
            labels = " and ".join(fields()[name].label for name in late)
            are = "is" if len(late) == 1 else "are"
            text += f"; {labels} {are} read when a session starts: ovtui --preset {preset.name}"
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
