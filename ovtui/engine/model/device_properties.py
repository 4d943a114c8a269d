"""The settings that a device may have for itself, as properties by device, and as CompiledModel tells them."""

from __future__ import annotations

from collections.abc import Collection

from ovtui.engine.errors import UsageError
from ovtui.settings.device_names import candidates, chooses_itself, matches_device, virtual_of
from ovtui.settings.schema.device_values import ALL, DEFAULT, values_by_device
from ovtui.settings.schema.settings import Settings, fields

BY_DEVICE = ("nstreams", "precision")
"""Names of these settings."""


def values_for_all(settings: Settings) -> dict[str, str]:
    """What is set for the devices that are not named, by property."""
    return {key: values[ALL] for key, values in _given(settings).items() if ALL in values}


def values_for_named(settings: Settings) -> dict[str, dict[str, str]]:
    """What is set for single devices: by device, by property."""
    found: dict[str, dict[str, str]] = {}
    for key, values in _given(settings).items():
        for device, value in values.items():
            if device != ALL:
                found.setdefault(device, {})[key] = value
    return found


def _given(settings: Settings) -> dict[str, dict[str, str]]:
    found = {}
    for name in BY_DEVICE:
        text = getattr(settings, name)
        if text not in ("", DEFAULT):
            found[fields()[name].spec.property] = values_by_device(text)
    return found


def refuse_unused_devices(settings: Settings, device: str, available: Collection[str]) -> None:
    """Raises UsageError where a setting names a device that the load does not run on."""
    runs_on = candidates(device, available)
    for name in BY_DEVICE:
        text = getattr(settings, name)
        for named in values_by_device(text):
            # Of a physical device that AUTO passes over nothing is known before it compiles.
            if named in (ALL, virtual_of(device)) or any(matches_device(named, each) for each in runs_on):
                continue
            flag = fields()[name].spec.flags[0]
            meant = f"; it runs on {' and '.join(runs_on)}" if not chooses_itself(device) else " of this machine"
            raise UsageError(f"{flag} {text}: {device} does not run on {named}{meant}")
