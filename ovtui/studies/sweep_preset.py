"""The preset of a sweep's best point."""

from __future__ import annotations

from ovtui.metrics.sweep.grid import for_a_session
from ovtui.records.events import StudyPoint
from ovtui.records.study_events import SweepSpec
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import config, preset_store
from ovtui.settings.layers import resolve
from ovtui.settings.schema.settings import Settings

_MOST_NAMES = 1_000


def save_best(spec: SweepSpec, base: Settings, best: StudyPoint | None) -> tuple[str, str]:
    """Path of the preset, and what is to be said where it could not be saved; both empty where none is asked for. A
    preset is never written over: the name gets a number then. One with just these settings is not made twice, as by a
    sweep that was at its end and is resumed."""
    if not spec.preset or best is None:
        return "", ""
    settings = for_a_session(best.settings, base, spec.vary)
    try:
        name = free_name(spec.preset, settings)
        if preset_store.exists(name):
            return str(preset_store.path_of(name)), ""
        path = preset_store.save(
            name, settings, keep=config.load().settings.keys(), title=f"{spec.preset}: {best.text}"
        )  # fmt: skip
    except (SettingsError, OSError) as error:
        return "", f"; the preset {spec.preset} could not be saved: {error}"
    return str(path), ""


def free_name(name: str, settings: Settings) -> str:
    """The name, or it with a number, of a preset that does not exist yet, or has these settings. Raises SettingsError
    for a bad name, and for a preset of that name that cannot be read."""
    names = (name, *(f"{name}-{number}" for number in range(2, _MOST_NAMES)))
    return next(each for each in names if not preset_store.exists(each) or _settings_of(each) == settings)


def _settings_of(name: str) -> Settings:
    return resolve({}, {}, str(preset_store.path_of(name)), config.load()).settings
