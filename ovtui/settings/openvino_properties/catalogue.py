"""What is known of OpenVINO's properties: their values, defaults, devices and meaning. The devices list the same names
without any of that (SUPPORTED_PROPERTIES), and believe values that they later ignore: the CPU takes every word for
PERFORMANCE_HINT, BATCH every word for AUTO_BATCH_TIMEOUT (openvino 2026.4.1), so what is known is checked here."""

from __future__ import annotations

from functools import cache

from ovtui.settings.device_names import PHYSICAL, VIRTUAL, kind_of
from ovtui.settings.did_you_mean import nearest
from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.catalogue_entries import ENTRIES
from ovtui.settings.openvino_properties.property import Property

_MIN_SIMILARITY = 0.8
"""Names of properties are long and have words in common."""


@cache
def catalogue() -> dict[str, Property]:
    """Every known property by name, settable ones first."""
    return {entry.name: entry for entry in ENTRIES}


def split_key(key: str) -> tuple[str, str]:
    """Device and name of a key as `--set` takes it: ('GPU.0', 'NUM_STREAMS') or ('', 'PERF_COUNT')."""
    head, _, name = key.rpartition(".")
    return head, name


def canonical_property(key: str, value: str) -> tuple[str, str]:
    """A key and its value as OpenVINO spells them. What is not known is left as it is, for OpenVINO to judge.

    Raises SettingsError where a known property cannot have the value, or cannot be set."""
    head, name = split_key(key)
    if not name or (not head and "." in key):
        raise SettingsError(f"{key!r} is not a property; write KEY, or GPU.KEY for one device")
    if kind_of(head) in PHYSICAL:
        head = head.upper()
    elif kind_of(head) in VIRTUAL:
        raise SettingsError(
            f"{key}: write {name} alone for {head.upper()} itself, or GPU.{name} for one of its devices"
        )
    known = catalogue().get(name.upper())
    if known is None:
        return (f"{head}.{name}" if head else name), value
    try:
        return (f"{head}.{known.name}" if head else known.name), known.read(value)
    except SettingsError as error:
        raise SettingsError(f"{head}.{error}" if head else str(error)) from None


def nearest_property(name: str, listed: tuple[str, ...] = ()) -> str:
    """A known or listed property that a person may have meant; empty where none is near."""
    return nearest(name.upper(), {*catalogue(), *listed}, _MIN_SIMILARITY)
