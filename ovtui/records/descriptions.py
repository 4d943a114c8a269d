"""What events describe: the machine, a model's ports and variables, what is known of its batching."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec


class Port(msgspec.Struct, frozen=True):
    name: str
    shape: str
    """In OpenVINO's notation: '[1,3,224,224]', '[?,3,?,?]'."""
    type: str
    node: str = ""
    """Of an input its node; of an output the one that computes it. Empty in recordings of an older ovtui."""
    layout: str = ""
    """The model's own, in OpenVINO's notation: '[N,C,H,W]', '[...]' for none; empty in recordings of an older ovtui."""


class DataShape(msgspec.Struct, frozen=True):
    """The shapes that one turn of `--data-shape` gives to the inputs of a request."""

    text: str
    """As a person writes it: '[1,3,224,224]', and with names where the model has several inputs:
    'image[1,3,224,224]'. Of several inputs those whose shapes differ from turn to turn. Groups are told apart by it."""
    items: int | None = None
    """Items of a request of this shape, as Compiled's `items`."""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    cpu: str
    cores: int
    """Cores that this process may run on, without regard to a container's CPU quota."""
    machine_cores: int | None = None
    """Of the whole machine, which `cpu_percent` of a MachineReading is a share of; None in recordings of an older
    ovtui."""
    quota_cores: float | None = None
    """The cgroup's CPU quota in cores; None where there is none."""
    memory_bytes: int
    memory_limit_bytes: int | None = None
    """Of the session's cgroup, the least of the chain; None without one, and in recordings of an older ovtui."""
    system: str


class Variable(msgspec.Struct, frozen=True):
    """A variable of a stateful model (ReadValue/Assign): a state that each infer request keeps from one request to the
    next."""

    id: str
    shape: str
    """As a Port's. Of a blob that of its first value: a length that grows is 0."""
    type: str


LayoutOrigin = Literal["given", "model", "guessed", ""]
"""Who says which dimension is which: `--layout`, the model, or its shape, which looks like a picture's."""
DataKind = Literal["random", "picture", "array", "bytes", "text", "mixed"]
"""Where the values of an input are from. random: made by ovtui, of a language model's inputs valid ones. array: .npy
and .npz. bytes: .bin. text: .txt, a string a line. mixed: files of several kinds."""


class InputPreparation(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of an input's data on its way to the model. Up to the tensor it is done beforehand and is no part of
    the inference; conversion, mean and scale are a part of the model, in this order."""

    input: str
    data: DataKind = "random"
    files: int = 0
    """Files that were read."""
    file: str = ""
    """The name of the first one."""
    picture_size: tuple[int, int] | None = None
    """Width and height of the first picture, in pixels."""
    picture_sizes: int = 0
    """How many different sizes the pictures have."""
    resized_to: list[tuple[int, int]] = []
    """Width and height of the input; with --data-shape those of each shape in turn. Empty without pictures."""
    color: str = ""
    """What stands in the channels, in their order: 'rgb', 'bgra', 'grey'; empty without pictures."""
    remarks: list[str] = []
    """What of the files is not taken as it is: 'the first of 12 frames', 'the upper 8 of 16 bits'."""
    layout: str = ""
    """A letter for each dimension, '?' for an unknown one; empty where nothing tells it."""
    layout_from: LayoutOrigin = ""
    tensor_type: str
    """Of the data that a request takes."""
    model_type: str
    """The model's own, to which the tensor's is converted in the model."""
    mean: list[float] = []
    """Subtracted in the model: one number, or one for each channel."""
    scale: list[float] = []
    """By which the model divides then."""
    loses: str = ""
    """What the conversion in the model makes of values that its type does not hold, as a phrase; empty where it holds
    them all, but for digits."""

    @property
    def is_plain(self) -> bool:
        """True where the model gets random data in its own type, and nothing is known that a person need be told."""
        converted = self.tensor_type != self.model_type or self.mean or self.scale
        return not converted and self.data == "random" and self.layout_from != "given"


def preparation_text(found: InputPreparation) -> str:
    """'cat.jpg 640x480 → 224x224 rgb, NCHW (guessed), u8; in the model: to f32, minus 127.5, over 255'."""
    parts = [_data_text(found)]
    if found.layout:
        origin = {"model": "by the model", "guessed": "guessed"}.get(found.layout_from, "")
        parts.append(found.layout + (f" ({origin})" if origin else ""))
    parts.append(found.tensor_type)
    steps = [f"minus {_numbers_text(found.mean)}"] if found.mean else []
    steps += [f"over {_numbers_text(found.scale)}"] if found.scale else []
    if found.tensor_type != found.model_type:  # mean and scale are floats, whatever comes before or after
        steps.insert(0 if "f" in found.model_type else len(steps), f"to {found.model_type}")
    return ", ".join(parts) + (f"; in the model: {', '.join(steps)}" if steps else "")


def _data_text(found: InputPreparation) -> str:
    what = {"random": "random", "picture": "pictures", "array": "arrays", "bytes": "raw bytes", "text": "texts"}
    text = found.file if found.files == 1 else f"{found.files:,} {what.get(found.data, 'files')}"
    if found.data == "random":
        text = "random values"
    if found.picture_size:
        text += f" {_size_text(found.picture_size)}"
        others = found.picture_sizes - 1
        text += f" and {others:,} other size{'s' * (others > 1)}" if others > 0 else ""
        shown = ", ".join(map(_size_text, found.resized_to[:3])) + (", ..." if len(found.resized_to) > 3 else "")
        text += f" {found.color}" if found.resized_to == [found.picture_size] else f" → {shown} {found.color}"
    return text + (f" ({', '.join(found.remarks)})" if found.remarks else "")


def _size_text(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _numbers_text(numbers: list[float]) -> str:
    return " ".join(f"{number:.6g}" for number in numbers)


BatchEvidence = Literal["none", "witness", "probe", "deduced"]
"""How the batch size of each request is found. witness: on a device named directly or by BATCH, by a tensor of which
only a full batch makes a copy. probe: by an output added to the model. deduced: from the times of completions. none:
not at all, because no requests can share a batch or because nothing shows it."""


class BatchingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about automatic batching before the first request."""

    size: int | None = None
    """Requests in a full batch; None where only the first batch will show it. 1: every request runs alone."""
    exact: bool | None = None
    """True when batch ids will be known, False when they are deduced, None when there are none."""
    evidence: BatchEvidence = "none"
    optimal: int | None = None
    """The batch that the device finds best for the model (OPTIMAL_BATCH_SIZE), where it was asked why it batches
    nothing."""
    probe: bool = False
    """The same as evidence "probe": all that recordings told before there was other evidence."""
    why_not: str = ""
    """Reason why requests cannot be batched, or why batches cannot be observed; empty where neither is so."""
    shared_inputs: list[str] = []
    """Inputs of which all members of a batch get the value of one request; empty where nothing batches."""

    def __post_init__(self) -> None:
        if self.probe and self.evidence == "none":
            msgspec.structs.force_setattr(self, "evidence", "probe")


def shared_inputs_text(names: Sequence[str], size: int) -> str:
    """What a person must know of inputs that the requests of a batch share."""
    one = len(names) == 1
    value, they_have, other = ("value", "it has", "another value") if one else ("values", "they have", "other values")
    return (
        f"OpenVINO batches {size} requests and takes one request's {value} of {' and '.join(names)} for all of them, "
        f"because {they_have} no batch dimension: requests with {other} get wrong results"
    )


StallCause = Literal["stopped", "kernel", "busy", "asleep"]
"""What the process of an engine that stands still does: it is stopped (SIGSTOP, a debugger), waits in the kernel,
computes, or sleeps."""
