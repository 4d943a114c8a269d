"""Settings of the model: its file, its shapes, and the cache of compiled models."""

from __future__ import annotations

from typing import Annotated, Literal

from ovtui.settings.model_names import BUILT_IN_MODELS
from ovtui.settings.schema.field_spec import Effect, FieldSpec

ModelName = Annotated[
    str,
    FieldSpec(
        flags=(),
        metavar="MODEL",
        help="Model file, or a folder with one in it: OpenVINO IR (.xml), ONNX, TFLite, TensorFlow SavedModel or .pb, "
        f"Paddle; or a built-in one: {', '.join(BUILT_IN_MODELS)}.",
        effect=Effect.RECOMPILE,
        expected="a path or the name of a built-in model",
        group="Model",
        of_model=True,
        path=True,
    ),
]
Shape = Annotated[
    str,
    FieldSpec(
        flags=("--shape",),
        metavar="SHAPE",
        help="Shape of the inputs: '[1,3,224,224]', or by name: 'image[1,3,224,224],\"a:0\"[1,1],rate[]'.",
        effect=Effect.RECOMPILE,
        unset_text="the model's",
        example="'[1,3,224,224]'",
        group="Model",
        of_model=True,
    ),
]
Extensions = Annotated[
    str,
    FieldSpec(
        flags=("--extensions",),
        metavar="LIB[,LIB]",
        help="Libraries with operations of their own, loaded before the model; openvino-tokenizers by its name.",
        effect=Effect.RECOMPILE,
        unset_text="none",
        example="'openvino-tokenizers,~/lib/libmy_operations.so'",
        group="Model",
        of_model=True,
    ),
]
CacheDir = Annotated[
    str,
    FieldSpec(
        flags=("--cache-dir",),
        metavar="DIR",
        help="Folder for compiled models (CACHE_DIR); with a warm cache AUTO needs no stand-in.",
        effect=Effect.RECOMPILE,
        unset_text="none",
        example="'/var/cache/ovtui'",
        group="Model",
        label="cache",
        path=True,
        property="CACHE_DIR",
    ),
]
LoadFromFile = Annotated[
    Literal["no", "yes"],
    FieldSpec(
        flags=("--load-from-file",),
        help="Let OpenVINO read the file while it compiles, without a model in between: with a warm cache it starts "
        "sooner; shapes, batch size and preprocessing cannot be set, and batches are not observed.",
        effect=Effect.RECOMPILE,
        group="Model",
        label="from file",
    ),
]
