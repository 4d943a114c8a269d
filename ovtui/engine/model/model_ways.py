"""The three ways to a compiled model: read and compiled, compiled by OpenVINO straight from the file, imported."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import openvino as ov

from ovtui.engine.errors import SetupError, UsageError, reason_of
from ovtui.engine.model import compile as compiling
from ovtui.engine.model import read_model
from ovtui.engine.model.compile import Compilation
from ovtui.engine.model.inputs import Inputs
from ovtui.engine.model.model_files import broken_text, capital_weights, find_model
from ovtui.engine.model.odd_paths import way_to_model, with_path
from ovtui.engine.model.request_content import RequestContent, inputs_with_content
from ovtui.settings.schema.port_types import DEFAULT
from ovtui.settings.schema.settings import Settings, fields
from ovtui.settings.value_text import readable

_OF_A_MODEL = (
    "shape", "batch_size", "mean_values", "scale_values", "input_precision", "output_precision",
)  # fmt: skip
"""Settings that change a model before it is compiled."""


def make(
    core: ov.Core,
    settings: Settings,
    device: str,
    available: dict[str, str],
    read: Callable[[ov.Core], ov.Model],
    tell: Callable[[ov.Model | ov.CompiledModel], None],
) -> tuple[Compilation, Inputs, RequestContent]:
    """The compiled model of the settings, and what its requests get. `read` reads the model where it is read by itself;
    `tell` is called with what was read or imported, as soon as it is there. Raises SetupError."""
    if read_model.is_blob(settings):
        read_model.refuse_shapes_of_blob(settings)
        made = compiling.import_blob(core, settings, device)
    elif settings.load_from_file == "yes":
        made = compile_file(core, settings, device, available)
    else:
        model = read(core)
        tell(model)
        inputs, content = inputs_with_content(settings, model)
        changes = inputs.cycled
        return compiling.compile_model(core, model, settings, device, available, input_changes=changes), inputs, content
    tell(made.compiled)
    return made, *inputs_with_content(settings, made.compiled)


def settings_of_model(settings: Settings) -> list[str]:
    """The flags of those settings that change a model before it is compiled."""
    return [
        next(flag for flag in fields()[name].spec.flags if flag.startswith("--"))
        for name in _OF_A_MODEL
        if getattr(settings, name) not in ("", 0, DEFAULT)
    ]


def refuse_for_file(settings: Settings) -> None:
    """Raises UsageError where the settings ask for what a model that is compiled from its file cannot get."""
    wanted = settings_of_model(settings)
    if wanted:
        raise UsageError(
            f"{' and '.join(wanted)}: with --load-from-file OpenVINO compiles the file as it stands; leave one of them "
            "out"
        )


def path_for_file(settings: Settings) -> str:
    """The file that OpenVINO is to compile. Raises UsageError where there is none, and SetupError."""
    refuse_for_file(settings)
    found = find_model(settings.model)
    if found.built_in:
        raise UsageError(
            f"--load-from-file: {found.path} is built into ovtui and has no file; give the file of a model, or leave "
            "it out"
        )
    for weights in capital_weights(found.path):
        raise UsageError(
            f"--load-from-file: OpenVINO finds no weights whose ending has capitals, {weights}; rename them, or leave "
            "it out"
        )
    return found.path


def compile_file(core: ov.Core, settings: Settings, device: str, available: dict[str, str]) -> Compilation:
    """Has OpenVINO read the file while it compiles. Raises SetupError with OpenVINO's reason, and UsageError."""
    path = path_for_file(settings)
    with ExitStack() as stack:
        try:
            way = stack.enter_context(way_to_model(path))
        except OSError as error:
            raise SetupError(readable(f"{path}: cannot be read: {error.strerror}")) from None
        try:
            return compiling.compile_path(core, way, settings, device, available)
        except SetupError as error:
            if why := broken_text(path):
                raise SetupError(readable(f"{path}: {why}")) from error
            raise type(error)(with_path(str(error), way, path)) from error
        except UnicodeDecodeError as error:
            raise SetupError(readable(f"{path}: OpenVINO cannot read this model: {reason_of(error)}")) from None
