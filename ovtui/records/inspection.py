"""What `ovtui inspect` tells of a model, as JSON: a process of the engine's kind writes it, the host's side adds what
each device makes of the model, the command reads it.

A key is always there; null where the value is unknown or does not apply. A key that is added does not raise VERSION."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ovtui.records.descriptions import InputPreparation, LayoutOrigin
from ovtui.records.device_verdicts import DeviceVerdict
from ovtui.records.json_text import json_text
from ovtui.records.model_content import ModelContent
from ovtui.settings.schema.settings import Settings

VERSION = 1

NOT_READ, MISUSED = 4, 2
"""How the child ends where it has no answer but a sentence: the model or the device cannot be used, or what was given
for it is wrong. They are the command's exit codes too."""

ShapeFrom = Literal[
    "model", "--shape", "--data-shape", "--batch-size", "batch 1", "decoder", "data", "suggestion", "blob"
]
"""Where the shape of a request's tensor is from. batch 1: only the batch was open. decoder: the input is known by its
name, and a request is one step. data: strings, of which the data says how many there are.
suggestion: found by ovtui, and it has carried an inference."""


class Question(msgspec.Struct, frozen=True):
    """What the child is asked."""

    settings: Settings
    parent_pid: int


class Refusal(msgspec.Struct, frozen=True):
    """Why there is no answer."""

    text: str
    """One sentence."""
    detail: str = ""
    """OpenVINO's whole text; empty where it says no more."""


class InspectedPort(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    names: list[str]
    """Every name that the options take."""
    option_name: str
    """The name as it stands in an option's value: 'NAME[1,3]', 'NAME:FILE'."""
    shape: str
    """The model's own, in OpenVINO's notation: '[1,3,224,224]', '[?,3,?,?]'."""
    type: str
    """The type of the tensor that a request has."""


class InspectedInput(InspectedPort, frozen=True, kw_only=True):
    layout: str | None
    """A letter for each dimension: 'NCHW', '?N?'."""
    layout_from: LayoutOrigin | None
    """guessed: for an image, by the shape."""
    dynamic: bool
    """The model leaves dimensions of it open."""
    batch_dimension: int | None
    """Counted from 0; null where none is known to be the batch."""
    request_shape: str | None
    """What each request gets, the first of several shapes; null where the model does not run without being told."""
    request_shape_from: ShapeFrom | None
    preparation: InputPreparation | None
    """What becomes of its data on the way to the model, as in the JSON of `ovtui run`; null for an input beyond the
    first 200."""


class InspectedVariable(msgspec.Struct, frozen=True, kw_only=True):
    """A variable of a stateful model (ReadValue/Assign)."""

    id: str
    shape: str
    type: str


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    schema: int
    ovtui: str
    openvino: str
    model: str
    """The name as it was given."""
    file: str | None
    """What was read; null for a built-in model."""
    size_bytes: int | None
    """The file and the weights beside it."""
    weights_bytes: int | None
    """Of these weights alone: an IR's .bin, the external data of an ONNX file; null where the file holds them."""
    format: str
    """'OpenVINO IR', 'ONNX', 'TensorFlow Lite', ..., 'built in'."""
    format_version: str | None
    """'11' of an IR."""
    device: str | None
    """Where a compiled model was imported; null for a model that was read."""
    settings: dict[str, Any]
    """The settings that the facts below depend on, as far as they are no defaults."""
    inputs: list[InspectedInput]
    outputs: list[InspectedPort]
    variables: list[InspectedVariable]
    content: ModelContent
    """What the model is made of."""
    needs: str | None
    """What `run` says that it must be told, in a sentence; null where the model runs with these settings."""
    suggested_shape: str | None
    """For --shape, where the model needs one and ovtui found one that has carried an inference."""
    carried_inference: bool | None
    """Whether the shapes that ovtui chose have carried one inference, on the CPU; null where it chose none, or where
    there was no time to try."""
    devices: list[DeviceVerdict]
    """What each device makes of the model; empty for a compiled model."""
    notes: list[str]
    """What `run` remarks on the inputs."""
    command: list[str] | None
    """A command line that runs the model; null where ovtui found none."""


def json_schema() -> bytes:
    """The JSON Schema of an Inspection."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Inspection)), indent=2)


def to_json(found: Inspection) -> bytes:
    """As `ovtui inspect --json` writes it: indented, with a newline at its end."""
    return json_text(found)
