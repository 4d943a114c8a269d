"""Settings of the input data and of the element types of the ports."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from ovtui.settings.schema.field_spec import Effect, FieldSpec
from ovtui.settings.schema.port_types import (
    DEFAULT,
    INPUT_LABEL,
    OUTPUT_LABEL,
    PICTURES_U8,
    PORT_TYPES,
    canonical_port_types,
)

_TYPES = (DEFAULT, *PORT_TYPES)
FROM_FILES = "files"
"""Of --data-shape: the shapes of the files of --input."""

Input = Annotated[
    str,
    FieldSpec(
        flags=("--input", "-i"),
        metavar="PATH",
        help="Input data instead of random values: .npy, .npz, .bin, an image, .txt with a line for each string, or a "
        "folder of them; by name: 'image:cat.jpg,\"a:0\":mask.npy'. Requests cycle through several items.",
        effect=Effect.RECOMPILE,
        unset_text="random values",
        example="'cat.jpg'",
        group="Inputs",
        of_model=True,
        label="input",
    ),
]
DataShape = Annotated[
    str,
    FieldSpec(
        flags=("--data-shape",),
        metavar="SHAPES",
        help="Shapes of the data for the dynamic inputs, used in turn: '[1,3,224,224][1,3,320,320]'; by name: "
        "'image[1,3,224,224],rate[]'; with commas, [1,8],[1,4], for the inputs one after another; files: those of "
        "the files of --input.",
        effect=Effect.RECOMPILE,
        unset_text="the model's",
        example="'[1,3,224,224][1,3,320,320]'",
        group="Inputs",
        of_model=True,
        label="data shape",
    ),
]
Layout = Annotated[
    str,
    FieldSpec(
        flags=("--layout",),
        metavar="LETTERS",
        help="What the dimensions of the inputs are: NCHW, for every input of four dimensions, or by name: "
        "'image[NHWC],mask[NC]'. A model's own layout needs none.",
        effect=Effect.RECOMPILE,
        unset_text="by the model, or guessed",
        example="'NCHW'",
        group="Inputs",
        of_model=True,
    ),
]
MeanValues = Annotated[
    str,
    FieldSpec(
        flags=("--mean-values",),
        metavar="VALUES",
        help="Mean to subtract from each channel, as a part of the model: [123.7,116.3,103.5] or 127.5 for image "
        "inputs; by name: 'image[123.7,116.3,103.5]'.",
        effect=Effect.RECOMPILE,
        unset_text="none",
        example="'[123.7,116.3,103.5]'",
        group="Inputs",
        of_model=True,
        label="mean",
    ),
]
ScaleValues = Annotated[
    str,
    FieldSpec(
        flags=("--scale-values",),
        metavar="VALUES",
        help="Divisor of each channel, after the mean, as a part of the model: [58.4,57.1,57.4] or 255 for image "
        "inputs; by name: 'image[58.4,57.1,57.4]'.",
        effect=Effect.RECOMPILE,
        unset_text="none",
        example="'[58.4,57.1,57.4]'",
        group="Inputs",
        of_model=True,
        label="scale",
    ),
]
Color = Annotated[
    Literal["rgb", "bgr"],
    FieldSpec(
        flags=("--color",),
        help="Order of the colours of a picture in the input's channels. benchmark_app leaves them bgr.",
        effect=Effect.RECOMPILE,
        applies_to="pictures given by --input",
        group="Inputs",
        of_model=True,
        label="colours",
    ),
]
InputPrecision = Annotated[
    str,
    FieldSpec(
        flags=("--input-precision",),
        metavar="TYPE",
        help="Element type of all inputs, such as u8, or by name: 'image:u8,mask:f32'; the conversion becomes a part "
        f"of the model. {PICTURES_U8}: u8 for inputs that look like pictures in colour, as in benchmark_app.",
        effect=Effect.RECOMPILE,
        group="Inputs",
        of_model=True,
        label=INPUT_LABEL,
        choices=_TYPES,
        expected=f"{', '.join(_TYPES)}, or types by name",
        parse=partial(canonical_port_types, INPUT_LABEL),
    ),
]
OutputPrecision = Annotated[
    str,
    FieldSpec(
        flags=("--output-precision",),
        metavar="TYPE",
        help="Element type of all outputs, such as f16, or by name: 'scores:f16'; the conversion becomes a part of the "
        "model.",
        effect=Effect.RECOMPILE,
        group="Inputs",
        of_model=True,
        label=OUTPUT_LABEL,
        choices=_TYPES,
        expected=f"{', '.join(_TYPES)}, or types by name",
        parse=partial(canonical_port_types, OUTPUT_LABEL),
    ),
]
