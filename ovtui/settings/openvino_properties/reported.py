"""A property as a device or a compiled model lists it."""

from __future__ import annotations

from typing import Literal

import msgspec

Access = Literal["RW", "RO", "WO"]


class ReportedProperty(msgspec.Struct, frozen=True):
    name: str
    access: Access
    """OpenVINO's mutability. RW means that compile_model takes the property, not that a compiled model does."""
    value: str = ""
    """In the form that `--set` takes; empty where there is none, or none without a model."""
    type: Literal["bool", "int", "float", "text"] = "text"
    choices: list[str] = []
    """The values of an enumeration."""
