"""Which experiment a session is: the preset that it began with, and what is checked of it. A part of SessionBegan, so
that a replay, an attached view and a report say the same as the live session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ovtui.settings.experiments import MADE_OF
from ovtui.settings.schema.settings import Settings

if TYPE_CHECKING:  # the engine needs no presets
    from ovtui.settings.files.presets import Preset


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    check: str
    """A name of settings.experiments; one that is not known there is of a newer ovtui, and nothing is said of it."""
    preset: str = ""
    """Empty where the session began without one."""
    changed: list[str] = []
    """Settings that the session began with another value of than the preset gives: what is expected may not hold."""


def of_preset(preset: Preset, settings: Settings) -> Experiment | None:
    """Of a session with these settings; None for a preset that names no check."""
    if not preset.check:
        return None
    whole = preset.applied_to(Settings())
    changed = [name for name in MADE_OF if getattr(whole, name) != getattr(settings, name)]
    return Experiment(check=preset.check, preset=preset.name, changed=changed)
