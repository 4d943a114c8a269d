"""The flags of the model, its shapes and types, and of the input data."""

from __future__ import annotations

from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.cli.benchmark_app.draft import Draft
from ovtui.cli.benchmark_app.named_lists import files_by_name, in_our_grammar, lists_of, one_each, types_by_name
from ovtui.cli.benchmark_app.translated_device import AUTO_BATCHING, target_of
from ovtui.cli.benchmark_app.translated_load import SHAPES
from ovtui.settings.port_values import quoted, value_option
from ovtui.settings.schema.groups.inputs import FROM_FILES
from ovtui.settings.schema.port_types import DEFAULT, PICTURES_U8

_LAYOUTS, _NUMBERS = "[NCHW] or input1[NCHW],input2[NC]", "[123.7,116.3,103.5] or data[123.7,116.3,103.5]"


def translate_model(arguments: Arguments, draft: Draft) -> None:
    """After translate_load, which has looked at the shapes. Raises click.UsageError."""
    values, meanings = draft.values, draft.meanings
    values["model"] = arguments.path_to_model
    meanings["path_to_model"] = f"MODEL {arguments.path_to_model}"
    _batch(arguments, draft)
    values["shape"] = one_each("-shape", arguments.shape, SHAPES)
    meanings["shape"] = f"--shape {values['shape']}"
    _data_shape(arguments, draft)
    values["layout"] = one_each("-layout", arguments.layout, _LAYOUTS)
    meanings["layout"] = f"--layout {values['layout']}"
    values["mean_values"] = one_each("--mean_values", arguments.mean_values, _NUMBERS)
    values["scale_values"] = one_each("--scale_values", arguments.scale_values, _NUMBERS)
    meanings["mean_values"] = f"--mean-values {values['mean_values']}"
    meanings["scale_values"] = f"--scale-values {values['scale_values']}"
    values["extensions"] = arguments.extensions
    meanings["extensions"] = f"--extensions {arguments.extensions}"
    values["load_from_file"] = "yes" if arguments.load_from_file and not arguments.is_blob else "no"
    meanings["load_from_file"] = (
        "nothing: a .blob is always imported from the file"
        if arguments.is_blob
        else f"--load-from-file {values['load_from_file']}"
    )
    _types(arguments, draft)
    _input(arguments, draft)
    for name in ("shape", "layout", "mean_values", "scale_values", "extensions"):
        if not getattr(arguments, name):
            meanings[name] = "nothing: it is empty"


def _batch(arguments: Arguments, draft: Draft) -> None:
    if arguments.batch_size is None:
        draft.meanings["batch_size"] = "nothing: it is empty"
        return
    draft.values["auto_batching"] = "no"
    draft.config[target_of(arguments.target_device)][AUTO_BATCHING] = "NO"
    draft.meanings["batch_size"] = f"--batch-size {arguments.batch_size} --auto-batching no"
    if arguments.data_shape and arguments.batch_size:
        draft.notes.append(
            "-b beside -data_shape, which says the batch, only switches automatic batching off, as there"
        )
        draft.meanings["batch_size"] = "--auto-batching no: -data_shape says the batch"
        return
    draft.values["batch_size"] = arguments.batch_size


def _data_shape(arguments: Arguments, draft: Draft) -> None:
    """Several shapes without a name are dealt out to the inputs, of a model with one input so to it alone."""
    found = lists_of("-data_shape", arguments.data_shape, SHAPES)
    dealt = (
        [(name, [shape]) for name, shapes in found for shape in shapes] if not all(name for name, _ in found) else found
    )
    draft.values["data_shape"] = in_our_grammar(dealt)
    draft.meanings["data_shape"] = f"--data-shape {draft.values['data_shape']}" if found else "nothing: it is empty"


def _types(arguments: Arguments, draft: Draft) -> None:
    named = types_by_name(arguments.input_output_precision)
    by_name = value_option(named)
    reads = not (arguments.is_blob or arguments.load_from_file)
    for name, word in (("input_precision", PICTURES_U8 if reads else ""), ("output_precision", "")):
        alone = getattr(arguments, name)
        draft.values[name] = ",".join(filter(None, (alone or word, by_name))) or DEFAULT
        flag = f"--{name.replace('_', '-')}"
        draft.meanings[name] = f"{flag} {alone}" if alone else "nothing: it is empty"
    draft.meanings["input_output_precision"] = (
        f"--input-precision {by_name} --output-precision {by_name}: each name counts where it is one"
        if by_name
        else "nothing: it is empty"
    )


def _input(arguments: Arguments, draft: Draft) -> None:
    found = files_by_name(arguments.paths_to_input)
    texts = []
    names = {name for name, _ in found if name}
    for name, files in found:
        head = quoted(name, names) if name else ""
        if len(files) == 1:
            texts.append(f"{head}:{quoted(files[0])}" if head else quoted(files[0]))
        else:  # those without a name are dealt out to the inputs
            texts.append(head + ("" if name else ",").join(f"[{quoted(file)}]" for file in files))
    draft.values["input"] = ",".join(texts)
    if not texts:
        draft.meanings["paths_to_input"] = "random data, which is the default"
        return
    draft.values["color"] = "bgr"
    draft.meanings["paths_to_input"] = f"--input {draft.values['input']} --color bgr"
    if not arguments.data_shape and not arguments.compiles_only:
        draft.values["data_shape"] = FROM_FILES
        draft.meanings["paths_to_input"] += (
            f" --data-shape {FROM_FILES}: where the model leaves shapes open, each file tells its own"
        )
