"""A property as a device or a compiled model lists it, in the text that `--set` takes."""

from __future__ import annotations

from typing import Literal

import msgspec

Access = Literal["RW", "RO", "WO"]


class ReportedProperty(msgspec.Struct, frozen=True):
    name: str
    access: Access
    """As OpenVINO calls it. RW says that compile_model takes it, not that a compiled model does."""
    value: str = ""
    """Empty where it has none, or has none without a model."""
    type: Literal["bool", "int", "float", "text"] = "text"
    choices: list[str] = []
    """Of an enumeration."""
