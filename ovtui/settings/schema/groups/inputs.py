"""Settings of the input data and of the element types of the ports."""

from __future__ import annotations

from typing import Annotated, Literal

from ovtui.settings.schema.field_spec import Effect, FieldSpec

PortType = Literal["default", "f32", "f16", "u8", "i32", "i64"]

Input = Annotated[
    str,
    FieldSpec(
        flags=("--input", "-i"),
        metavar="PATH",
        help="Input data instead of random numbers: .npy, .npz, .bin, an image or a folder of them; "
        "by name: 'image:cat.jpg,\"a:0\":mask.npy'. Requests cycle through several items.",
        effect=Effect.RECOMPILE,
        unset_text="random numbers",
        example="'cat.jpg'",
        group="Inputs",
        label="input",
    ),
]
DataShape = Annotated[
    str,
    FieldSpec(
        flags=("--data-shape",),
        metavar="SHAPES",
        help="Shapes of the data for the dynamic inputs, used in turn: '[1,3,224,224][1,3,320,320]'; by name: "
        "'image[1,3,224,224],rate[]'.",
        effect=Effect.RECOMPILE,
        unset_text="the model's",
        example="'[1,3,224,224][1,3,320,320]'",
        group="Inputs",
        label="data shape",
    ),
]
Layout = Annotated[
    str,
    FieldSpec(
        flags=("--layout",),
        metavar="LETTERS",
        help="Layout of an image input: NCHW, or by name: 'image[NHWC]'.",
        effect=Effect.RECOMPILE,
        unset_text="by the model",
        example="'NCHW'",
        group="Inputs",
    ),
]
MeanValues = Annotated[
    str,
    FieldSpec(
        flags=("--mean-values",),
        metavar="VALUES",
        help="Mean to subtract from each channel of an image: [123.7,116.3,103.5].",
        effect=Effect.RECOMPILE,
        unset_text="none",
        example="'[123.7,116.3,103.5]'",
        group="Inputs",
        label="mean",
    ),
]
ScaleValues = Annotated[
    str,
    FieldSpec(
        flags=("--scale-values",),
        metavar="VALUES",
        help="Divisor of each channel of an image: [58.4,57.1,57.4].",
        effect=Effect.RECOMPILE,
        unset_text="none",
        example="'[58.4,57.1,57.4]'",
        group="Inputs",
        label="scale",
    ),
]
InputPrecision = Annotated[
    PortType,
    FieldSpec(
        flags=("--input-precision",),
        help="Element type of the input ports; the conversion is added to the model.",
        effect=Effect.RECOMPILE,
        group="Inputs",
        label="input type",
    ),
]
OutputPrecision = Annotated[
    PortType,
    FieldSpec(
        flags=("--output-precision",),
        help="Element type of the output ports.",
        effect=Effect.RECOMPILE,
        group="Inputs",
        label="output type",
    ),
]
