"""Whether two devices compute the same from a model: the question to a process of the engine's kind (engine/verify),
the steps that it tells, a line of JSON for each, and the result."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.records.json_text import json_text
from ovtui.settings.schema.settings import Settings

VERSION = 1
"""Of the result's JSON: rises where a field changes its meaning or goes."""

Verdict = Literal["agree", "precision", "fault", "unknown"]
"""Of the outputs. agree: within the tolerance. precision: beyond it, and within that of f32 once both infer in f32.
fault: beyond it in f32 too. unknown: beyond it, and the rerun in f32 was not possible."""

Relation = Literal["", "first", "inherits", "downstream"]
"""Of a layer that differs. first: what it gets agrees, or is constant. inherits: what it gets agrees too, but differs a
little, and from the device's own inputs the other side computes the same: it makes roundings large. downstream:
something that it gets differs already, so that nothing is known of it. Empty: it agrees, or is an output of the
model."""


class VerifyQuestion(msgspec.Struct, frozen=True, kw_only=True):
    settings: Settings
    """`settings.device` is verified."""
    against: str
    """A device string, which is taken for the truth: it infers in f32 where it can."""
    against_model: str = ""
    """Another model for that device; empty for the same one."""
    tolerance: float | None = None
    """The largest relative difference that is none; None for one by the precision in force."""
    inputs: int = 1
    """Sets of inputs, one for each request; those of a stateful model follow one another from an empty state."""
    layers: bool = False
    deadline_s: float
    """On the machine's monotonic clock: what cannot be over by then is not begun."""
    parent_pid: int


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Of one output, state or layer: the worst of all sets of inputs."""

    name: str
    shape: list[int]
    """On the device, of the last request."""
    element_type: str
    elements: int
    """Of one request."""
    max_absolute: float | None
    """Among the elements that are finite on both sides; None where there are none."""
    max_relative: float | None
    """max_absolute over the largest magnitude in the output on the other device; where that has nothing but zeros,
    max_absolute itself. The tolerance is for this one."""
    max_elementwise: float | None = None
    """The largest difference of an element over its own magnitude, among those of at least 1 % of the largest."""
    cosine: float | None
    """1: the same direction; None where one of both is zero or nothing could be compared."""
    unequal: int = 0
    """Elements that differ at all; NaN and infinite ones are among them."""
    nans: tuple[int, int] = (0, 0)
    """On the device, and on the other: a NaN equals nothing, not even a NaN."""
    infinities: tuple[int, int] = (0, 0)
    """On the device, and on the other. In an output they equal nothing. In a layer those of the same sign in the same
    place do: masks are made of them."""
    agrees: bool
    why: str = ""
    """Why it does not, as a phrase."""
    operation: str = ""
    """Type of a layer, as 'Convolution'; 'state' of a variable; empty of an output."""
    relation: Relation = ""
    inputs_relative: float | None = None
    """Of a layer that differs first: the largest max_relative among what it gets. Close to the tolerance it tells that
    the difference has built up; None where all that it gets is an input of the model or constant."""


class NotCompared(msgspec.Struct, frozen=True, kw_only=True):
    """Layers or outputs of which nothing is known."""

    names: list[str]
    why: str
    expected: bool = False
    """By what they are, as what is computed from constants alone; else something kept them from being compared."""


class ConstantDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Of a Constant that holds other values in the two models."""

    name: str
    """Behind 'operation: ' where it is inside an If or a Loop."""
    layer: str
    """The first operation that computes with it."""
    element_type: str
    other_type: str
    elements: int
    unequal: int
    max_absolute: float | None
    max_relative: float | None
    """Over the largest magnitude in the other model's. None where the type has no numbers, or none is finite."""
    nans: tuple[int, int] = (0, 0)
    """In this model, and in the other."""
    rounding: bool = False
    """Rounding to the coarser of both types explains all of it."""


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """What computed."""

    device: str
    """As it was asked for."""
    ran_on: list[str]
    """EXECUTION_DEVICES."""
    precision: str
    """INFERENCE_PRECISION_HINT in force, as the compiled model tells it: 'f32', 'bf16'; empty where it does not."""
    state_precision: str = ""
    """KV_CACHE_PRECISION in force, of a model whose attention has state: 'u8'; empty of others, or where it is not
    told."""
    model: str


class Doing(msgspec.Struct, frozen=True, tag=True):
    text: str
    """As 'compiling for GPU'."""
    done: int = 0
    planned: int = 0
    """Layers; 0 where there is nothing to count."""


class Verification(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The result of `ovtui verify`; of its process the last line, and one before it where layers are still to come."""

    schema: int = VERSION
    ovtui: str
    openvino: str
    model: str
    device: str
    against: str
    sides: list[Side]
    """The device and the other one, in the run as it was asked for."""
    inputs: int
    """Sets of inputs that were compared."""
    seed: int
    """Of random inputs."""
    tolerance: float
    """In force, for max_relative."""
    tolerance_from: str
    """Why this one, as a phrase."""
    verdict: Verdict
    outputs: list[Difference]
    """Outputs, then states as they were after the last request."""
    f32_outputs: list[Difference] | None = None
    """Of the rerun with f32 on both; None where it was not needed or not possible."""
    f32_tolerance: float | None = None
    why_no_f32: str = ""
    layers: list[Difference] | None = None
    """In the order of the model; None where they were not asked for."""
    layers_tolerance: float | None = None
    layers_precisions: list[str] = []
    """In force on the device and on the other one while layers were compared."""
    firsts: list[str] = []
    """Names of the layers that differ while all that they get agrees, in the order of the model."""
    constants: list[ConstantDifference] | None = None
    """Those that differ between the two models, whether or not a layer shows it; None where both sides have one model.
    They change no exit code."""
    not_compared: list[NotCompared] = []
    notes: list[str] = []

    @property
    def first(self) -> str:
        """The first layer that differs; empty where none does."""
        return self.firsts[0] if self.firsts else ""

    @property
    def agrees(self) -> bool:
        """Outputs, and layers where they were compared: all of them within the tolerance, and none unknown."""
        known = all(each.expected for each in self.not_compared)
        return known and self.verdict == "agree" and all(each.agrees for each in self.layers or [])


NOT_REACHED = "not reached"
"""Why layers are not compared in what is told before they are: it stands where the process does not come to its end."""


class VerifyRefused(msgspec.Struct, frozen=True, tag=True):
    why: str
    detail: str = ""
    misused: bool = False


VerifyStep = Doing | Verification | VerifyRefused


def json_schema() -> bytes:
    """The JSON Schema of a Verification."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Verification)), indent=2)


def to_json(found: Verification) -> bytes:
    """As `ovtui verify --json` writes it: indented, with a newline at its end."""
    return json_text(found)
