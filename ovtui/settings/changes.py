"""Settings made from plain values, and the differences between two sets of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.folding import fold_properties
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.fields import MOST_CHARACTERS, convert_to, read_texts
from ovtui.settings.schema.rate import short_rate
from ovtui.settings.schema.settings import Settings, fields

NOT_SET = "not set"


def convert(values: Mapping[str, Any]) -> Settings:
    """Settings from plain values or their texts, such as a TOML table or flags. Raises SettingsError."""
    settings = convert_to(Settings, fold_properties(read_texts(Settings, values)))
    require_size(settings)
    return settings


def require_size(settings: Settings) -> None:
    """Raises SettingsError where the settings are too long for a message between the processes."""
    lengths = {name: _length(getattr(settings, name)) for name in fields()}
    if (together := sum(lengths.values())) > MOST_CHARACTERS:
        longest = fields()[max(lengths, key=lambda name: lengths[name])].label
        raise SettingsError(
            f"{longest}: the settings have {together:,} characters together; write at most {MOST_CHARACTERS:,}"
        )


def _length(value: Any) -> int:
    """The bytes that a text, or a table of texts, takes in a message."""
    if isinstance(value, Mapping):
        return sum(_length(key) + _length(text) for key, text in value.items())
    return len(value.encode("utf-8", "surrogatepass")) + 5 if isinstance(value, str) else 0


def with_changes(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """A checked copy with `changes`, which maps field names to values or their texts. Raises SettingsError."""
    return convert({**msgspec.structs.asdict(settings), **changes})


def changed_fields(old: Settings, new: Settings) -> list[str]:
    """The names of the fields whose values differ, in the schema's order."""
    return [name for name in fields() if getattr(old, name) != getattr(new, name)]


def change_texts(old: Settings, new: Settings) -> list[tuple[str, str, str]]:
    """(name, old text, new text) of every setting that differs. A property counts by itself, under its own name."""
    found = []
    for name, field in fields().items():
        before, after = getattr(old, name), getattr(new, name)
        if field.type is dict:
            for key in sorted({*before, *after}):
                if before.get(key) != after.get(key):
                    found.append((key, before.get(key, ""), after.get(key, "")))
        elif before != after:
            found.append((name, field.show(before), field.show(after)))
    return found


def effect_of(name: str, settings: Settings) -> Effect:
    """How a change of this field takes effect under these settings.

    The batch timeout is live on an explicit BATCH device: it is the only property that a compiled model accepts at run
    time."""
    if name == "batch_timeout_ms" and settings.device.upper().startswith("BATCH:"):
        return Effect.LIVE
    return fields()[name].spec.effect


def describe_changes(old: Settings, new: Settings) -> list[str]:
    """The differences as texts for a person, in the words and units of the settings pane: 'streams 1→2'."""
    texts = []
    for name in changed_fields(old, new):
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(after, Mapping):
            texts += [
                f"{key} {before.get(key) or NOT_SET}→{after.get(key) or NOT_SET}"
                for key in sorted({*before, *after})
                if before.get(key) != after.get(key)
            ]
        else:
            texts.append(f"{fields()[name].label} {value_text(name, before)}→{value_text(name, after)}")
    return texts


def value_text(name: str, value: Any) -> str:
    """A setting's value with its unit, for a person. One that is not set has the word for what it stands for."""
    field = fields()[name]
    if not value and field.spec.unset_text:
        return field.spec.unset_text
    if value in ("", None):
        return NOT_SET
    if name == "rate":
        return short_rate(value)
    text, unit = field.show(value), field.spec.unit
    return f"{text} {unit}" if unit and not text.endswith(unit) else text
