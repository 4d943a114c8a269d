"""The grammar of `--input-precision` and `--output-precision`: one element type for all ports, or types by name. What
is given by name is checked against the model (engine/model/preprocessing.py)."""

from __future__ import annotations

from ovtui.settings.errors import SettingsError
from ovtui.settings.shown_text import in_quotes

DEFAULT = "default"
INPUT_LABEL, OUTPUT_LABEL = "input type", "output type"
_FLOATS = ("f32", "f16", "bf16", "f64", "f8e4m3", "f8e5m2")
_INTEGERS = ("u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "u4", "i4")
PORT_TYPES = (*_FLOATS, *_INTEGERS, "boolean")
"""The element types to and from which OpenVINO converts on every device. u1 and string run as well, as the model's own
types: OpenVINO's Convert takes neither."""
PICTURES_U8 = "u8-pictures"
"""Of inputs: u8 for those that look like pictures in three colours, as benchmark_app makes them without being told, and
their own type for the others. Types by name may stand behind it."""
_ALSO_NAMED = {"bool": "boolean"}
"""As benchmark_app writes it."""


def port_type(word: str) -> str | None:
    """The element type that a word spells in any case; None where it spells none of PORT_TYPES."""
    lower = _ALSO_NAMED.get(word.lower(), word.lower())
    return lower if lower in PORT_TYPES else None


def canonical_port_types(label: str, text: str) -> str:
    """'default', one of PORT_TYPES, or a text with types by name, as the settings hold it. Raises SettingsError, which
    begins with the setting's label."""
    word = text.strip()
    if not word or word.lower() == DEFAULT:
        return DEFAULT
    if label == INPUT_LABEL and word.lower() == PICTURES_U8:
        return PICTURES_U8
    found = port_type(word)
    if found is None and ":" not in word and "[" not in word:
        raise SettingsError(
            f"{label}: {in_quotes(text)} is not one of {listed_types()}, or types by name: 'name:u8,other:f32'"
        )
    return found or word


def listed_types() -> str:
    return ", ".join(PORT_TYPES)
