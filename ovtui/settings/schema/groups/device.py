"""Settings of the device: its name, its tuning, and OpenVINO's properties."""

from __future__ import annotations

from typing import Annotated, Literal

from ovtui.settings.device_names import canonical_device, required_device
from ovtui.settings.schema.device_values import (
    DEFAULT,
    PRECISIONS,
    STREAM_WORDS,
    canonical_precision,
    canonical_streams,
)
from ovtui.settings.schema.field_spec import Effect, FieldSpec

Device = Annotated[
    str,
    FieldSpec(
        flags=("--device", "-d"),
        metavar="DEVICE",
        help="OpenVINO device: CPU, GPU, NPU, AUTO, AUTO:GPU,CPU, BATCH:CPU(4), MULTI:..., HETERO:...",
        effect=Effect.RECOMPILE,
        group="Device",
        key="d",
        parse=required_device,
    ),
]
FallbackDevice = Annotated[
    str,
    FieldSpec(
        flags=("--fallback-device",),
        metavar="DEVICE",
        help="Device to use instead where this machine lacks the requested one; the screen shows the replacement.",
        effect=Effect.RECOMPILE,
        unset_text="none",
        example="'CPU'",
        group="Device",
        label="fallback",
        parse=canonical_device,
    ),
]
Hint = Annotated[
    Literal["none", "latency", "throughput", "cumulative_throughput"],
    FieldSpec(
        flags=("--hint",),
        help="What the device is tuned for; throughput is also benchmark_app's default, none leaves it to OpenVINO.",
        effect=Effect.RECOMPILE,
        group="Device",
        key="h",
        property="PERFORMANCE_HINT",
    ),
]
Nstreams = Annotated[
    str,
    FieldSpec(
        flags=("--nstreams",),
        metavar="N",
        help="Execution streams: a number, AUTO or NUMA; by device: CPU:2,GPU:1; empty leaves it to the hint.",
        effect=Effect.RECOMPILE,
        unset_text="by the hint",
        keywords=STREAM_WORDS,
        minimum=1,
        applies_to="CPU and GPU",
        example="4",
        group="Device",
        parse=canonical_streams,
        expected="a whole number from 1, AUTO or NUMA, or such by device",
        label="streams",
        key="t",
        property="NUM_STREAMS",
    ),
]
Nthreads = Annotated[
    int,
    FieldSpec(
        flags=("--nthreads",),
        metavar="N",
        help="Threads for inference on the CPU; 0 leaves it to OpenVINO.",
        effect=Effect.RECOMPILE,
        unset_text="auto",
        applies_to="CPU",
        group="Device",
        label="threads",
        key="f",
        minimum=0,
        maximum=4096,
        property="INFERENCE_NUM_THREADS",
    ),
]
Precision = Annotated[
    str,
    FieldSpec(
        flags=("--infer-precision",),
        metavar="TYPE",
        help="Precision of inference (INFERENCE_PRECISION_HINT); by device: CPU:bf16,GPU:f32; default leaves it to the "
        "device, dynamic to the model's own types.",
        effect=Effect.RECOMPILE,
        applies_to="CPU and GPU",
        group="Device",
        key="c",
        choices=(DEFAULT, *PRECISIONS),
        expected=f"{', '.join((DEFAULT, *PRECISIONS))}, or such by device",
        parse=canonical_precision,
        property="INFERENCE_PRECISION_HINT",
    ),
]
Properties = Annotated[
    dict[str, str],
    FieldSpec(
        flags=("--set",),
        metavar="KEY=VALUE",
        help="Any OpenVINO property, may be repeated: PERF_COUNT=YES; GPU.KEY=VALUE for one device under AUTO.",
        effect=Effect.RECOMPILE,
        unset_text="none",
        example="{ PERF_COUNT = true, GPU.GPU_QUEUE_PRIORITY = 'HIGH' }",
        group="Device",
    ),
]
