"""The preset of a sweep's best point."""

from __future__ import annotations

from ovtui.metrics.sweep.grid import for_a_session
from ovtui.records.events import StudyPoint
from ovtui.records.study_events import SweepSpec
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import config, preset_store
from ovtui.settings.schema.settings import Settings

_MOST_NAMES = 1_000


def save_best(spec: SweepSpec, base: Settings, best: StudyPoint | None) -> tuple[str, str]:
    """Path of the preset, and what is to be said where it could not be saved; both empty where none is asked for. A
    preset is never written over: the name gets a number then."""
    if not spec.preset or best is None:
        return "", ""
    settings = for_a_session(best.settings, base, spec.vary)
    try:
        path = preset_store.save(
            free_name(spec.preset), settings, keep=config.load().settings.keys(), title=f"{spec.preset}: {best.text}"
        )
    except (SettingsError, OSError) as error:
        return "", f"; the preset {spec.preset} could not be saved: {error}"
    return str(path), ""


def free_name(name: str) -> str:
    """The name, or it with a number, of a preset that does not exist yet. Raises SettingsError for a bad name."""
    if not preset_store.exists(name):
        return name
    return next(f"{name}-{number}" for number in range(2, _MOST_NAMES) if not preset_store.exists(f"{name}-{number}"))
