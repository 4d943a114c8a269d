"""The same inputs for both sides: those that a load would have, and as many different random ones as are asked for."""

from __future__ import annotations

import msgspec
import openvino as ov

from ovtui.engine.errors import SetupError
from ovtui.engine.model.inputs import Inputs, inputs_for
from ovtui.engine.model.ports import port_name, port_names, port_shape
from ovtui.settings.schema.settings import Settings


class Feed:
    """Fills requests, in their order; of a stateful model each follows the one before it."""

    def __init__(self, settings: Settings, model: ov.Model, wanted: int) -> None:
        """`wanted`: sets of inputs. Raises UsageError."""
        self._settings, self._model = settings, model
        self._rounds: dict[int, Inputs] = {}
        first = self._round(0)
        self._each = max(first.count, 1)
        self._stateful = bool(model.get_variables())
        self.notes = [text for _, text in first.notes]
        self.count = wanted
        self._random = not settings.input
        if not model.inputs and not self._stateful:
            self.count = 1
        elif not self._random and not self._stateful and wanted > self._each:
            self.count = self._each
            self.notes.append(f"--inputs {wanted}: the data has {self._each}, and each is used once")
        self._tokens = 0
        self._kept: list[ov.Tensor] = []

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of the first set, by input."""
        return [shape or () for shape in self._round(0).first_shapes]

    def begin(self) -> None:
        """What follows comes from an empty state."""
        self._tokens = 0

    def fill(self, number: int, device: ov.InferRequest, truth: ov.InferRequest, places: list[int]) -> None:
        """Fills both sides with set `number`. `places`: index on the other side of each input."""
        inputs = self._round(number // self._each if self._random else 0)
        inputs.fill_new(device, number % self._each)
        if self._stateful and inputs.past is not None:
            item = inputs.item_of(number % self._each)
            inputs.past.follow(device, item, self._tokens)
            self._tokens += inputs.past.tokens[item]
        self._kept.clear()
        for index, place in enumerate(places):
            given = device.get_input_tensor(index)
            own = ov.Tensor(given.element_type, given.shape)
            own.copy_from(given)
            truth.set_input_tensor(place, own)
            self._kept.append(own)

    def _round(self, number: int) -> Inputs:
        """Random inputs repeat after some; the next ones are of the next seed."""
        found = self._rounds.get(number)
        if found is None:
            if number:
                self._rounds = {0: self._rounds[0]}
            seeded = msgspec.structs.replace(self._settings, seed=self._settings.seed + number)
            found = self._rounds[number] = inputs_for(seeded, self._model)
        return found


def places_on(model: ov.Model, other: ov.Model) -> list[int]:
    """The index in `other` of each input of `model`: by name, or by order where no names are the same. Raises
    SetupError where an input has no counterpart of its type and shape."""
    if len(model.inputs) != len(other.inputs):
        raise SetupError(
            f"--against-model: that model has {len(other.inputs)} inputs and this one {len(model.inputs)}: they cannot "
            "get the same data"
        )
    found = []
    for index, port in enumerate(model.inputs):
        same = [at for at, each in enumerate(other.inputs) if port_names(each) & port_names(port)]
        place = same[0] if same else index
        if place in found:
            place = index
        found.append(place)
        there = other.inputs[place]
        if there.element_type != port.element_type or not there.partial_shape.compatible(port.partial_shape):
            raise SetupError(
                f"--against-model: the input {port_name(port)} is {_text(port)}, and {_text(there)} in that model; "
                "--shape and --input-precision make them the same"
            )
    if len(set(found)) != len(found):
        raise SetupError("--against-model: the names of its inputs do not tell which of this model's they are")
    return found


def _text(port: ov.Output) -> str:
    return f"{port.element_type.get_type_name()} {port_shape(port)}"
