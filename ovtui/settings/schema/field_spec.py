"""The metadata of a setting beside its type and default: all that a flag, a row of the settings pane and docs need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Effect(StrEnum):
    """How a changed value takes effect.

    A compiled model accepts only AUTO_BATCH_TIMEOUT, although SUPPORTED_PROPERTIES lists more as RW. Nearly every
    setting outside the load generator therefore needs a recompile."""

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
    """Name of the row in the settings pane; empty for the field's own name."""
    key: str = ""
    """Key of the row in the settings pane; empty where none is free."""
    unit: str = ""
    metavar: str = ""
    minimum: float | None = None
    maximum: float | None = None
    step: float = 1
    expected: str = ""
    """The allowed values as a noun phrase, where type, range and choices do not describe them."""
    keywords: tuple[str, ...] = ()
    """For a text that holds a number: the words that may stand in place of the number."""
    applies_to: str = ""
    """Where the setting has an effect, for the docs and the settings pane; empty for everywhere."""
    replaces_pool: bool = False
    """True when a live change replaces the pool of infer requests."""
    unset_text: str = ""
    """What an empty value, or 0, stands for: 'auto', 'until stopped'."""
    example: str = ""
    """TOML value for the config template, where the default is empty."""
    choices: tuple[str, ...] = ()
    """For a text that other texts may stand in place of: the usual values, which the settings pane goes through and the
    shells complete. `parse` says which others there are."""
    parse: Callable[[str], Any] | None = None
    """Text to value, where the type alone does not determine the parsing. Raises SettingsError."""
    show: Callable[[Any], str] | None = None
    """Value to the text that the settings pane shows; `parse` takes it back."""
    path: bool = False
    """True for the path of a file or a folder, in which '~' stands for the home folder."""
    of_model: bool = False
    """True for the model under test and for what fits that model only: a preset that is loaded into a session changes
    it only where a person asks for that."""
    property: str = ""
    """The OpenVINO property that this setting sets; empty where it is none."""
