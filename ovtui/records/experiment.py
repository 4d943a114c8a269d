"""Which experiment a session is: the preset that it began with, and what is checked of it. A part of SessionBegan, so
that a replay, an attached view and a report say the same as the live session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ovtui.settings.experiments import LIMITS

if TYPE_CHECKING:  # the engine needs no presets
    from ovtui.settings.files.presets import Preset
    from ovtui.settings.schema.settings import Settings


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    check: str
    """A name of settings.experiments; one that is not known there is of a newer ovtui, and nothing is said of it."""
    preset: str = ""
    """Empty where the session began without one."""
    changed: list[str] = []
    """Settings of the preset that the session began with another value of: what is expected may not hold."""


def of_preset(preset: Preset, settings: Settings) -> Experiment | None:
    """Of a session with these settings; None for a preset that names no check."""
    if not preset.check:
        return None
    whole = preset.applied_to(settings)
    changed = [n for n in preset.settings if n not in LIMITS and getattr(whole, n) != getattr(settings, n)]
    return Experiment(check=preset.check, preset=preset.name, changed=changed)
