"""ovtui's own command for settings, in its shortest form: what is as by default is left out."""

from __future__ import annotations

from typing import Any

from ovtui.settings.schema.fields import Field
from ovtui.settings.schema.settings import Settings, fields


def own_command(settings: Settings, *, compile_only: bool = False) -> tuple[str, ...]:
    """The words of `ovtui run`, which its parser makes the same settings of."""
    words = ["ovtui", "run", settings.model if not settings.model.startswith("-") else f"./{settings.model}"]
    if compile_only:
        words.append("--compile-only")
    for name, field in fields().items():
        value = getattr(settings, name)
        if name == "model" or value == field.default:
            continue
        flag = min(field.spec.flags, key=len)
        if isinstance(value, dict):
            for key, text in value.items():
                words += ["--set", f"{key}={text}"]
        else:
            text = _text(field, value)
            words += [f"{field.spec.flags[0]}={text}"] if text.startswith("-") else [flag, text]
    return tuple(words)


def _text(field: Field, value: Any) -> str:
    """As short as `read` makes the same value of it."""
    text = field.show(value)
    if isinstance(value, float):
        text = text.removesuffix("/s")
        return text if field.read(text) == value else str(value)
    return text
