"""Compares the layers of a model: results are added for some operations at a time, and both sides infer.

What is read is not fused with what follows it. So a chunk changes the model only where it cuts, and the model's own
results and sinks stay, so that the rest is fused as ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import openvino as ov

from ovtui.engine.errors import SetupError, reason_of
from ovtui.engine.free_memory import memory, size_text
from ovtui.engine.verify.comparison import Compared
from ovtui.engine.verify.feed import Feed
from ovtui.engine.verify.layer_plan import Layer, LayerPlan, chunks
from ovtui.engine.verify.pair import Pair
from ovtui.engine.verify.roots import Key
from ovtui.engine.verify.sides import Compiled
from ovtui.engine.verify.tally import why_not
from ovtui.engine.verify.tolerances import Limit
from ovtui.engine.verify.values import Held, compare_held
from ovtui.records.verification import NotCompared

HANDS_ON = frozenset(
    (
        "Add", "Subtract", "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "Mod", "FloorMod",
        "Minimum", "Maximum", "Clamp", "Relu", "PRelu", "Abs", "Negative", "Select", "MaxPool", "AvgPool",
        "Slice", "StridedSlice", "Split", "VariadicSplit", "Gather", "GatherND", "GatherElements", "Concat", "Pad",
    )
)  # fmt: skip
"""They hand on the differences of what they get, which may be far larger than what comes out: terms that cancel, a
clip, a part of a tensor. Their own differences are taken of that."""
_MOST_REFUSALS = 3
"""Single layers that a device refuses, before the rest is left."""
_MOST_MEMORY_SHARE = 8


@dataclass(frozen=True, slots=True)
class Models:
    """Of the device and of the other side, with the properties of each."""

    core: ov.Core
    device: str
    truth: str
    model: ov.Model
    other: ov.Model
    properties: dict[str, Any]
    other_properties: dict[str, Any]

    def for_device(self, model: ov.Model) -> Compiled:
        """Raises SetupError."""
        return Compiled(self.core, model, self.device, self.properties, "")

    def for_truth(self, model: ov.Model) -> Compiled:
        """Raises SetupError."""
        return Compiled(self.core, model, self.truth, self.other_properties, "")


@dataclass(slots=True)
class LayersCompared:
    by_key: dict[Key, list[Compared]] = field(default_factory=dict)
    """One for each request."""
    left_out: list[NotCompared] = field(default_factory=list)
    precisions: list[str] = field(default_factory=list)
    """In force on both sides, of inferences and of state."""
    states: list[str] = field(default_factory=list)
    inherited: set[Key] = field(default_factory=set)
    """They differ, and compute what the other side does from the same inputs."""
    at_fault: dict[Key, int] = field(default_factory=dict)
    """They compute something else from the same inputs, in that request, although what they get was their measure."""

    def differs(self, plan: LayerPlan, limit: Limit) -> dict[Key, list[int]]:
        """The numbers of the requests in which a layer does."""
        shares = {layer.key: limit.of(layer.element_type) for layer in plan.layers}
        found = {
            key: [number for number, each in enumerate(told) if why_not(each, shares[key], inner=True)]
            for key, told in self.by_key.items()
        }
        for key, number in self.at_fault.items():
            found[key] = sorted({*found[key], number})
        return found


class LayerRun:
    """Owner: the process's one thread."""

    def __init__(
        self, models: Models, feed: Feed, places: list[int], deadline_s: float, tell: Callable[[str, int, int], None]
    ) -> None:
        """`deadline_s`: on the monotonic clock; what cannot be over by then is not begun."""
        self._models, self._feed, self._places = models, feed, places
        self._deadline_s, self._tell = deadline_s, tell
        self._scales: dict[Key, list[float]] = {}
        self._found = LayersCompared()
        self._refusals: list[str] = []
        self._slowest_s = 0.0
        self._planned = 0

    def run(self, plan: LayerPlan) -> LayersCompared:
        self._planned = len(plan.layers)
        found = self._found
        found.left_out = list(plan.left_out)
        inputs = {key: step.inputs for step in plan.steps for key in step.outputs}
        free = memory()
        most = (256 << 20) if free is None else min(256 << 20, free.free // _MOST_MEMORY_SHARE)
        waiting = list(chunks(plan.layers, most))
        while waiting:
            chunk = waiting.pop(0)
            left = [layer.label for layer in (*chunk, *(each for other in waiting for each in other))]
            if time.monotonic() + self._slowest_s > self._deadline_s:
                found.left_out.append(NotCompared(names=left, why="there was no time left; --time-limit gives it more"))
                break
            if len(chunk) == 1 and free is not None and chunk[0].bytes > free.free // 4:
                why = f"its output has {size_text(chunk[0].bytes)}, and {size_text(free.free)} of memory are left"
                found.left_out.append(NotCompared(names=[chunk[0].label], why=why))
                continue
            began_s = time.monotonic()
            try:
                self._compare(chunk, inputs)
            except (SetupError, RuntimeError, MemoryError) as error:
                half = len(chunk) // 2
                if half:
                    waiting[:0] = [chunk[:half], chunk[half:]]
                    continue
                why = str(error) if isinstance(error, SetupError) else reason_of(error)
                self._refusals.append(why)
                found.left_out.append(NotCompared(names=[chunk[0].label], why=why))
                if len(self._refusals) >= _MOST_REFUSALS and len(left) > 1:
                    why = f"left out after {_MOST_REFUSALS} others were refused"
                    found.left_out.append(NotCompared(names=left[1:], why=why))
                    break
            self._slowest_s = max(self._slowest_s, time.monotonic() - began_s)
        return found

    def _compare(self, chunk: list[Layer], inputs: dict[Key, Any]) -> None:
        """Raises SetupError, and what OpenVINO raises."""
        models, done = self._models, len(self._found.by_key)

        def tell(text: str, *_: int) -> None:
            self._tell(f"{text}, layer by layer", done, self._planned)

        mine, my_places = with_outputs(models.model, [(each.place, each.key) for each in chunk])
        theirs, their_places = with_outputs(models.other, [(each.other_place, each.other_key) for each in chunk])
        tell(f"compiling for {models.truth}")
        truth = models.for_truth(theirs)
        tell(f"compiling for {models.device}")
        device = models.for_device(mine)
        self._found.precisions = [device.precision, truth.precision]
        self._found.states = [device.state_precision, truth.state_precision]
        pair = Pair(device, truth, self._feed, self._places)
        found: dict[Key, list[Compared]] = {each.key: [] for each in chunk}
        scales: dict[Key, list[float]] = {}

        def look(number: int) -> None:
            self._scale_inputs(number, device)
            for layer, at, there in zip(chunk, my_places, their_places, strict=True):
                key = layer.key
                floor = 0.0
                if layer.operation in HANDS_ON:
                    known = [scales.get(source) or self._scales.get(source, []) for source in inputs[key]]
                    floor = max((each[number] for each in known if len(each) > number), default=0.0)
                each = compare_held(
                    Held(device.request.get_output_tensor(at)), Held(truth.request.get_output_tensor(there)), floor
                )
                found[key].append(each)
                scales.setdefault(key, []).append(each.scale)

        pair.run(look, tell)
        self._found.by_key |= found
        self._scales |= scales

    def _scale_inputs(self, number: int, device: Compiled) -> None:
        for index, node in enumerate(self._models.model.get_parameters()):
            known = self._scales.setdefault(Key(node.friendly_name, 0), [])
            if len(known) <= number:
                held = Held(device.request.get_input_tensor(index))
                known.append(compare_held(held, held).scale)


def with_outputs(model: ov.Model, wanted: list[tuple[int, Key]]) -> tuple[ov.Model, list[int]]:
    """A copy of the model that has results for these, and the index of each among its outputs."""
    copied = model.clone()
    ops = copied.get_ordered_ops()
    ports = []
    for place, key in wanted:
        node = ops[place]
        if node.friendly_name != key.name:
            node = next(each for each in ops if each.friendly_name == key.name)
        ports.append(node.output(key.port))
    held = {_source(result): at for at, result in enumerate(copied.get_results())}
    copied.add_outputs([port for port, (_, key) in zip(ports, wanted, strict=True) if key not in held])
    held = {_source(result): at for at, result in reversed(list(enumerate(copied.get_results())))}
    return copied, [held[key] for _, key in wanted]


def _source(result: ov.Node) -> Key:
    port = result.input_value(0)
    return Key(port.get_node().friendly_name, port.get_index())
