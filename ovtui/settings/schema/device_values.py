"""The grammar of settings that a device may have for itself, as benchmark_app writes them: '2', 'CPU:2,GPU:1', or '2,
GPU:1', where the others have the first one. Whether the load runs on these devices is checked where they are known
(engine/model/device_properties.py)."""

from __future__ import annotations

import re
from collections.abc import Callable

from ovtui.settings.device_names import PHYSICAL, kind_of
from ovtui.settings.errors import SettingsError
from ovtui.settings.shown_text import in_quotes

ALL = ""
"""Stands for the devices that are not named."""
PRECISIONS = ("f32", "f16", "bf16", "dynamic")
"""What OpenVINO's CPU takes for INFERENCE_PRECISION_HINT; dynamic: each operation as it stands in the model."""
STREAM_WORDS = ("AUTO", "NUMA")
DEFAULT = "default"
_DEVICE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)?")
_EXAMPLES = {"streams": "CPU:2,GPU:1", "precision": "CPU:bf16,GPU:f32"}

_MOST_DIGITS = 9
"""OpenVINO holds such a number in 32 bits."""


def values_by_device(text: str) -> dict[str, str]:
    """The values by device, ALL for those that are not named, of a text that `canonical_streams` or
    `canonical_precision` has made."""
    found = {}
    for part in text.split(",") if text else ():
        device, colon, value = part.rpartition(":")
        found[device if colon else ALL] = value
    return found


def canonical_streams(text: str) -> str:
    """Raises SettingsError."""
    return _canonical("streams", text, _streams)


def canonical_precision(text: str) -> str:
    """'default', one of PRECISIONS, or such by device. Raises SettingsError."""
    word = text.strip()
    return DEFAULT if word.lower() in ("", DEFAULT) else _canonical("precision", word, _precision)


def _canonical(label: str, text: str, value_of: Callable[[str], str]) -> str:
    word = text.strip()
    if ":" not in word and "," not in word:
        return value_of(word) if word else word
    found: dict[str, str] = {}
    for part in word.split(","):
        device, colon, value = (each.strip() for each in part.rpartition(":"))
        if colon and not _DEVICE.fullmatch(device):
            raise SettingsError(
                f"{label}: {in_quotes(text)} names no device before ':'; write {_EXAMPLES[label]} or the like"
            )
        if kind_of(device) in PHYSICAL:
            device = device.upper()
        if device in found:
            again = f"gives {device} two values" if colon else "gives two values without a device"
            raise SettingsError(f"{label}: {in_quotes(text)} {again}; write {_EXAMPLES[label]} or the like")
        found[device] = value_of(value)
    return ",".join(f"{device}:{value}" if device else value for device, value in found.items())


def _streams(word: str) -> str:
    if word.upper() in STREAM_WORDS:
        return word.upper()
    number = word.lstrip("0")
    if not number or len(number) > _MOST_DIGITS or not (number.isascii() and number.isdigit()):
        raise SettingsError(
            f"streams: {in_quotes(word)} is not a whole number from 1, {' or '.join(STREAM_WORDS)}, or such by device: "
            f"{_EXAMPLES['streams']}"
        )
    return number


def _precision(word: str) -> str:
    if word.lower() not in PRECISIONS:
        raise SettingsError(
            f"precision: {in_quotes(word)} is not one of {', '.join((DEFAULT, *PRECISIONS))}, or such by device: "
            f"{_EXAMPLES['precision']}"
        )
    return word.lower()
