"""What is known of one setting beside its type: everything that a flag, a form row or a docs line needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Effect(StrEnum):
    """What it takes for a changed value to act.

    OpenVINO accepts only AUTO_BATCH_TIMEOUT on a compiled model, whatever SUPPORTED_PROPERTIES says about
    the rest, so nearly everything that is not our own load is a recompile."""

    LIVE = "live"
    RECOMPILE = "recompile"
    START = "start"
    """Read once, when the session starts."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    flags: tuple[str, ...]
    help: str
    effect: Effect
    group: str
    label: str = ""
    """The row's name in the settings pane; the field's name where empty."""
    key: str = ""
    """The pane's own key for this row, where one is free."""
    unit: str = ""
    metavar: str = ""
    minimum: float | None = None
    maximum: float | None = None
    step: float = 1
    expected: str = ""
    """What a value may be, in words, where type, range and choices do not say it."""
    keywords: tuple[str, ...] = ()
    """Of a text that holds a number: the words that may stand for one."""
    applies_to: str = ""
    """Where it has an effect, for the docs and the form; everywhere where empty."""
    replaces_pool: bool = False
    """Live, by making another pool of infer requests."""
    unset_text: str = ""
    """What an empty value, or 0, comes to, in words."""
    example: str = ""
    """What the config template shows where the default says nothing: TOML."""
    parse: Callable[[str], Any] | None = None
    """Text to value, where the type alone does not say how; raises SettingsError."""
    show: Callable[[Any], str] | None = None
    """Value to the text that a person reads in the pane and that `parse` takes back."""
    property: str = ""
    """OpenVINO's property that this setting fills, where it is one."""
