"""Tries shapes of a model by one inference each, in a short-lived process: `python -m
ovtui.engine.model.shape_trial_child`, the question as JSON on stdin, what it does as JSON lines on stdout.

An inference with shapes that do not fit can crash, hang or take all memory. It runs on the CPU, whatever device the
settings name."""

from __future__ import annotations

import itertools
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import openvino as ov

from ovtui.engine import free_memory
from ovtui.engine.errors import SetupError, reason_of
from ovtui.engine.model.batch_size import set_batch_size
from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.model.open_shapes import OpenInput, agreeing_dims, open_inputs
from ovtui.engine.model.read_model import inputs_needing_shapes, read_as_set, read_file
from ovtui.engine.model.shape_suggestion import Candidates, Shapes, defaults_of, needed_inputs, option_text
from ovtui.engine.process_start import answer_pipe, ignore_interrupts
from ovtui.records.odd_names import from_json, to_json
from ovtui.records.parent_death import die_with_parent
from ovtui.settings.schema.settings import Settings

MAX_TRIED = 400
_LEAST_MEMORY = 512 << 20


class Question(msgspec.Struct, frozen=True):
    """Which shapes of this model carry an inference."""

    settings: Settings
    skip: list[str]
    """What is not to be tried: the process before this one did not survive it."""
    defaults: bool
    """The shapes that ovtui has chosen are in question: they are tried first, and others of a decoder's inputs too."""
    parent_pid: int


class Tries(msgspec.Struct, frozen=True, tag="tries"):
    shape: str
    """For --shape."""


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    shape: str
    reason: str


class Works(msgspec.Struct, frozen=True, tag="works"):
    shape: str
    default: bool = False
    """It is what ovtui chooses without --shape."""


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """Nothing is left to try."""


Report = Tries | Failed | Works | Ended


def search(question: Question, tell: Callable[[Report], None], once_read: Callable[[], None] = lambda: None) -> None:
    """Ends with the first shapes that carry an inference. Calls `once_read` before it tries any. Raises SetupError."""
    core = ov.Core()
    settings = msgspec.structs.replace(question.settings, input="", data_shape="", cache_dir="")
    file = read_file(core, settings)
    unshaped = read_as_set(core, msgspec.structs.replace(settings, shape=""), file.clone())
    model = read_as_set(core, settings, file.clone())
    inputs = with_batches(
        open_inputs(model) if question.defaults else inputs_needing_shapes(model), core, settings, file
    )
    first = [defaults_of(model)] if question.defaults else []
    needed = needed_inputs(unshaped, model, inputs)
    candidates = Candidates(inputs, agreeing_dims(model), first)
    once_read()
    for shapes in itertools.islice(candidates, MAX_TRIED):
        given = {index: (static_shapes(model) | shapes)[index] for index in needed}
        text = option_text(file, given)
        if not text or text in question.skip:
            continue
        tell(Tries(text))
        try:
            fits(model.clone(), shapes)
            shaped = read_as_set(core, msgspec.structs.replace(settings, shape=text), file.clone())
            infer_once(core, shaped, settings)
        except (RuntimeError, SetupError, MemoryError, ValueError) as error:
            candidates.learn(str(error))
            tell(Failed(text, reason_of(error)))
            continue
        if any(shaped.inputs[index].partial_shape != ov.PartialShape(list(shape)) for index, shape in given.items()):
            tell(Failed(text, "--shape cannot say it"))
            continue
        tell(Works(text, default=question.defaults and shapes == first[0]))
        return
    tell(Ended())


def with_batches(inputs: list[OpenInput], core: ov.Core, settings: Settings, file: ov.Model) -> list[OpenInput]:
    """The inputs, with the dimensions that --batch-size has set."""
    if not settings.batch_size:
        return inputs
    model = read_as_set(core, msgspec.structs.replace(settings, batch_size=0), file.clone())
    try:
        places = set_batch_size(model, settings.batch_size, settings.layout)
    except SetupError:
        return inputs
    return [
        msgspec.structs.replace(each, batch=places.get(each.index)) if each.batch is None else each for each in inputs
    ]


def static_shapes(model: ov.Model) -> Shapes:
    return {
        index: tuple(dim.get_length() for dim in port.partial_shape)
        for index, port in enumerate(model.inputs)
        if port.partial_shape.is_static
    }


def fits(model: ov.Model, shapes: Shapes) -> None:
    """Raises RuntimeError where an operation does not take the shapes: it takes 0.1 ms to find that out."""
    model.reshape({model.inputs[index]: ov.PartialShape(list(shape)) for index, shape in shapes.items()})


def infer_once(core: ov.Core, model: ov.Model, settings: Settings) -> None:
    """Raises RuntimeError, SetupError."""
    request = core.compile_model(model, "CPU", {"PERFORMANCE_HINT": "LATENCY"}).create_infer_request()
    inputs_for(settings, model).fill_new(request, 0)
    request.infer()


def limit_memory() -> None:
    """Half of the memory that is free at most, beyond what the process has now: an allocation beyond that fails here
    and nowhere else. No limit where the machine does not tell."""
    found = free_memory.memory()
    if found is None:
        return
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = now + max(found.free // 2, _LEAST_MEMORY)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main() -> None:
    question = from_json(msgspec.json.Decoder(Question), sys.stdin.buffer.read())
    die_with_parent(question.parent_pid)
    ignore_interrupts()
    report_fd = answer_pipe()
    code = 0
    try:

        def tell(report: Report) -> None:
            os.write(report_fd, to_json(report) + b"\n")

        search(question, tell, limit_memory)
    except Exception:
        code = 1
    # No teardown: it can block in OpenVINO.
    os._exit(code)


if __name__ == "__main__":
    main()
