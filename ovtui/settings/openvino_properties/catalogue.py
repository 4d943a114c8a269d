"""The known OpenVINO properties: their values, defaults, devices and meaning.

The devices list the names only (SUPPORTED_PROPERTIES). They also accept values that they later ignore: the CPU takes
any text for PERFORMANCE_HINT, BATCH any text for AUTO_BATCH_TIMEOUT (openvino 2026.4.1). Values of known properties are
therefore checked here."""

from __future__ import annotations

from functools import cache

from ovtui.settings.device_names import PHYSICAL, VIRTUAL, kind_of
from ovtui.settings.did_you_mean import nearest
from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.catalogue_entries import ENTRIES
from ovtui.settings.openvino_properties.property import Property
from ovtui.settings.shown_text import in_quotes

_MIN_SIMILARITY = 0.8
"""Above the default: property names are long and share words."""


@cache
def catalogue() -> dict[str, Property]:
    """The known properties by name, settable ones first."""
    return {entry.name: entry for entry in ENTRIES}


def split_key(key: str) -> tuple[str, str]:
    """Device and property name of a `--set` key: ('GPU.0', 'NUM_STREAMS') or ('', 'PERF_COUNT')."""
    head, _, name = key.rpartition(".")
    return head, name


def canonical_property(key: str, value: str) -> tuple[str, str]:
    """Key and value in OpenVINO's spelling. Unknown properties pass unchanged; OpenVINO checks those.

    Raises SettingsError where a known property cannot have the value, or cannot be set."""
    head, name = split_key(key)
    if not name or (not head and "." in key):
        raise SettingsError(f"{in_quotes(key)} is not a property; write KEY, or GPU.KEY for one device")
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
    """The known or listed property with the most similar name; empty where none is similar enough."""
    return nearest(name.upper(), {*catalogue(), *listed}, _MIN_SIMILARITY)
