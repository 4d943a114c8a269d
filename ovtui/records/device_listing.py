"""What `ovtui devices` tells, as JSON: every property of every device. A process of the engine's kind reads those of
one device and tells each as soon as it has it (`ListingStep`): of one that crashes or hangs what came before stands.

A key is always there; null where the value is unknown or does not apply. A key that is added does not raise VERSION."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.records.json_text import json_text

VERSION = 1

Settable = Literal["live", "compile", "no"]
"""live: also of a compiled model that runs; of AUTO_BATCH_TIMEOUT alone. compile: when a model is compiled, which in
ovtui is a new engine. no: a fact of the device."""
ValueType = Literal["bool", "int", "float", "text", "choice", "type", "list", "map", "unknown"]
"""type: an element type, such as f16. choice: a member of an enumeration."""


class ListingQuestion(msgspec.Struct, frozen=True, kw_only=True):
    device: str
    """A kind or one device: 'GPU', 'GPU.1', 'AUTO'."""
    only: list[str] = []
    """Properties to read; empty for all."""
    parent_pid: int


class ListedProperty(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    access: Literal["RW", "RO", "WO"]
    """OpenVINO's own word."""
    settable: Settable
    type: ValueType
    value: str | None
    """In the form that `--set` takes."""
    unread: str | None
    """Why there is no value, as a phrase."""
    choices: list[str]
    """What the property takes, where that is an enumeration or known to ovtui."""
    unit: str | None
    help: str | None
    """One sentence, of a property that ovtui knows."""


class DeviceListing(msgspec.Struct, frozen=True, kw_only=True):
    device: str
    kind: Literal["physical", "virtual"]
    """virtual: AUTO, MULTI, HETERO and BATCH, which run on others."""
    present: bool | None
    """None: it gave no answer."""
    full_name: str | None
    why: str | None
    """Why it is not there, or why some is missing: 'no answer in 4 s', as a phrase."""
    properties: list[ListedProperty]


class DevicesReport(msgspec.Struct, frozen=True, kw_only=True):
    schema: int
    ovtui: str
    openvino: str | None
    devices: list[DeviceListing]


class FoundDevices(msgspec.Struct, frozen=True, tag=True):
    """The devices of the kind that was asked for. The properties of the first one follow."""

    names: list[str]
    full_name: str
    openvino: str
    here: list[str] = []
    """Where it is not there: others of its kind that are."""
    why: str = ""
    """Why there is none, as a phrase."""


class ListsProperties(msgspec.Struct, frozen=True, tag=True):
    """All that the device lists and that are going to be read, in order."""

    names: list[str]


class ReadProperty(msgspec.Struct, frozen=True, tag=True):
    listed: ListedProperty


class ListingFailed(msgspec.Struct, frozen=True, tag=True):
    why: str


class ListingEnds(msgspec.Struct, frozen=True, tag=True):
    """Nothing follows."""


ListingStep = FoundDevices | ListsProperties | ReadProperty | ListingFailed | ListingEnds


def json_schema() -> bytes:
    """The JSON Schema of a DevicesReport."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(DevicesReport)), indent=2)


def to_json(found: DevicesReport) -> bytes:
    """As `ovtui devices --json` writes it: indented, with a newline at its end."""
    return json_text(found)
