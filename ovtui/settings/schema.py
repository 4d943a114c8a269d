"""Every setting of ovtui, once: its type, default and Knob. Flags, OVTUI_ variables, preset keys, the form and
the docs are made from this class and from nothing else."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ovtui.settings.arrival import canonical, check_load
from ovtui.settings.knob import Effect, Knob
from ovtui.settings.rate import CLOSED_LOOP, parse_rate, show_rate
from ovtui.settings.slo import canonical_slo, parse_slo

Hint = Literal["none", "latency", "throughput", "cumulative_throughput"]
Precision = Literal["default", "f32", "f16", "bf16"]
Batching = Literal["default", "yes", "no"]
Dispatch = Literal["auto", "fifo", "grouped"]
WarmUpRule = Literal["rule", "first", "none"]
PortType = Literal["default", "f32", "f16", "u8", "i32", "i64"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One whole set of values: what an engine is started with and what a preset changes."""

    model: Annotated[
        str,
        Knob(
            flags=(),
            metavar="MODEL",
            help="Model file: OpenVINO IR (.xml), ONNX, TFLite, TensorFlow SavedModel or .pb, Paddle; "
            "or a built-in one: demo-cnn, demo-mlp, demo-matmul.",
            effect=Effect.RECOMPILE,
            group="Model",
        ),
    ] = "demo-cnn"
    shape: Annotated[
        str,
        Knob(
            flags=("--shape",),
            metavar="SHAPE",
            help="Shape of the inputs: '[1,3,224,224]', or by name: 'image[1,3,224,224],mask[1,1]'.",
            effect=Effect.RECOMPILE,
            left_open="the model's",
            example="'[1,3,224,224]'",
            group="Model",
        ),
    ] = ""
    device: Annotated[
        str,
        Knob(
            flags=("--device", "-d"),
            metavar="DEVICE",
            help="OpenVINO device: CPU, GPU, NPU, AUTO, AUTO:GPU,CPU, BATCH:CPU(4), MULTI:..., HETERO:...",
            effect=Effect.RECOMPILE,
            group="Device",
            key="d",
        ),
    ] = "AUTO"
    fallback_device: Annotated[
        str,
        Knob(
            flags=("--fallback-device",),
            metavar="DEVICE",
            help="Device to use, and to say so, where this machine lacks the one asked for.",
            effect=Effect.RECOMPILE,
            left_open="none",
            example="'CPU'",
            group="Device",
            label="fallback",
        ),
    ] = ""
    hint: Annotated[
        Hint,
        Knob(
            flags=("--hint",),
            help="What the device is to be tuned for; throughput as in benchmark_app, none to leave it to OpenVINO.",
            effect=Effect.RECOMPILE,
            group="Device",
            key="h",
            choices=("none", "latency", "throughput", "cumulative_throughput"),
            property="PERFORMANCE_HINT",
        ),
    ] = "throughput"
    nireq: Annotated[
        int,
        Knob(
            flags=("--nireq",),
            metavar="N",
            help="Infer requests in flight (the size of the pool); 0 takes OPTIMAL_NUMBER_OF_INFER_REQUESTS.",
            effect=Effect.LIVE,
            left_open="auto",
            repools=True,
            group="Load",
            label="in flight",
            key="n",
            minimum=0,
            maximum=4096,
        ),
    ] = 0
    rate: Annotated[
        float,
        Knob(
            flags=("--rate",),
            metavar="RATE",
            help="Load: requests a second (33.3), one each period (30ms), or 'closed': a new one when one returns.",
            effect=Effect.LIVE,
            left_open="closed loop",
            group="Load",
            key="r",
            unit="/s",
            minimum=0,
            maximum=1e6,
            expected="a number a second (33.3), a period (30ms) or 'closed'",
            parse=parse_rate,
            show=show_rate,
        ),
    ] = CLOSED_LOOP
    arrival: Annotated[
        str,
        Knob(
            flags=("--arrival",),
            metavar="FORM",
            help="How requests arrive at that rate: constant, poisson, burst:N, ramp:RATE:SECONDS; or by themselves: "
            "steps:RATE,RATE,...:SECONDS, trace:FILE (a CSV of times in seconds).",
            effect=Effect.LIVE,
            group="Load",
            applies="open loop",
            parse=canonical,
        ),
    ] = "constant"
    backlog: Annotated[
        int,
        Knob(
            flags=("--backlog",),
            metavar="N",
            help="Open loop: requests that may be due and wait for an idle one; more are shed, and counted.",
            effect=Effect.LIVE,
            group="Load",
            applies="open loop",
            minimum=1,
            maximum=10_000_000,
            step=100,
        ),
    ] = 10_000
    nstreams: Annotated[
        str,
        Knob(
            flags=("--nstreams",),
            metavar="N",
            help="Execution streams: a number, AUTO or NUMA; empty leaves it to the hint.",
            effect=Effect.RECOMPILE,
            left_open="by the hint",
            words=("AUTO", "NUMA"),
            minimum=1,
            applies="CPU and GPU",
            example="4",
            group="Device",
            label="streams",
            key="t",
            property="NUM_STREAMS",
        ),
    ] = ""
    nthreads: Annotated[
        int,
        Knob(
            flags=("--nthreads",),
            metavar="N",
            help="Threads for inference on the CPU; 0 leaves it to OpenVINO.",
            effect=Effect.RECOMPILE,
            left_open="auto",
            applies="CPU",
            group="Device",
            label="threads",
            key="e",
            minimum=0,
            maximum=4096,
            property="INFERENCE_NUM_THREADS",
        ),
    ] = 0
    batch_size: Annotated[
        int,
        Knob(
            flags=("--batch-size", "-b"),
            metavar="N",
            help="Reshape the model to this batch; 0 keeps the model's own.",
            effect=Effect.RECOMPILE,
            left_open="the model's",
            group="Batching",
            label="batch size",
            key="b",
            minimum=0,
            maximum=65535,
        ),
    ] = 0
    auto_batching: Annotated[
        Batching,
        Knob(
            flags=("--auto-batching",),
            help="Let OpenVINO gather requests into batches by itself (ALLOW_AUTO_BATCHING).",
            effect=Effect.RECOMPILE,
            applies="GPU under the throughput hint",
            group="Batching",
            label="auto batching",
            key="a",
            choices=("default", "yes", "no"),
            property="ALLOW_AUTO_BATCHING",
        ),
    ] = "default"
    batch_timeout_ms: Annotated[
        int | None,
        Knob(
            flags=("--batch-timeout",),
            metavar="MS",
            help="How long a request may wait for its batch to fill (AUTO_BATCH_TIMEOUT); empty keeps OpenVINO's 1000.",
            effect=Effect.RECOMPILE,
            left_open="1000 ms",
            applies="BATCH, and a GPU that batches",
            example="100",
            group="Batching",
            label="batch timeout",
            key="o",
            unit="ms",
            minimum=1,
            maximum=3_600_000,
            step=10,
            property="AUTO_BATCH_TIMEOUT",
        ),
    ] = None
    dispatch: Annotated[
        Dispatch,
        Knob(
            flags=("--dispatch",),
            help="Which idle request is started next: first in first out, or one batch's group before the next; "
            "auto groups on explicit BATCH devices.",
            effect=Effect.LIVE,
            applies="BATCH, and a GPU that batches",
            group="Batching",
            key="i",
            choices=("auto", "fifo", "grouped"),
        ),
    ] = "auto"
    precision: Annotated[
        Precision,
        Knob(
            flags=("--infer-precision",),
            help="Precision to compute in (INFERENCE_PRECISION_HINT); default is the device's choice.",
            effect=Effect.RECOMPILE,
            applies="CPU and GPU",
            group="Device",
            key="c",
            choices=("default", "f32", "f16", "bf16"),
            property="INFERENCE_PRECISION_HINT",
        ),
    ] = "default"
    cache_dir: Annotated[
        str,
        Knob(
            flags=("--cache-dir",),
            metavar="DIR",
            help="Folder for compiled models (CACHE_DIR); with a warm one AUTO needs no stand-in.",
            effect=Effect.RECOMPILE,
            left_open="none",
            example="'/var/cache/ovtui'",
            group="Model",
            label="cache",
            property="CACHE_DIR",
        ),
    ] = ""
    probe: Annotated[
        bool,
        Knob(
            flags=("--probe/--no-probe",),
            help="Add an output that tells how many requests really ran together; without it batches are unknown.",
            effect=Effect.RECOMPILE,
            applies="models with a batch dimension",
            group="Batching",
            label="batch probe",
        ),
    ] = True
    seed: Annotated[
        int,
        Knob(
            flags=("--seed",),
            metavar="N",
            help="Seed of the random inputs.",
            effect=Effect.RECOMPILE,
            group="Load",
            minimum=0,
        ),
    ] = 0
    input: Annotated[
        str,
        Knob(
            flags=("--input", "-i"),
            metavar="PATH",
            help="Input data instead of random numbers: .npy, .npz, .bin, an image or a folder of them; "
            "by name: 'image:cat.jpg,mask:mask.npy'. Several items are cycled through.",
            effect=Effect.RECOMPILE,
            left_open="random numbers",
            example="'cat.jpg'",
            group="Inputs",
            label="input",
        ),
    ] = ""
    data_shape: Annotated[
        str,
        Knob(
            flags=("--data-shape",),
            metavar="SHAPES",
            help="Shapes of the data for a model with dynamic inputs, one after another: '[1,3,224,224][1,3,320,320]'.",
            effect=Effect.RECOMPILE,
            left_open="the model's",
            example="'[1,3,224,224][1,3,320,320]'",
            group="Inputs",
            label="data shape",
        ),
    ] = ""
    layout: Annotated[
        str,
        Knob(
            flags=("--layout",),
            metavar="LETTERS",
            help="Which dimension of an image input is which: NCHW, or by name: 'image[NHWC]'.",
            effect=Effect.RECOMPILE,
            left_open="by the model",
            example="'NCHW'",
            group="Inputs",
        ),
    ] = ""
    mean_values: Annotated[
        str,
        Knob(
            flags=("--mean-values",),
            metavar="VALUES",
            help="Taken from each channel of an image: [123.7,116.3,103.5].",
            effect=Effect.RECOMPILE,
            left_open="none",
            example="'[123.7,116.3,103.5]'",
            group="Inputs",
            label="mean",
        ),
    ] = ""
    scale_values: Annotated[
        str,
        Knob(
            flags=("--scale-values",),
            metavar="VALUES",
            help="What each channel of an image is divided by: [58.4,57.1,57.4].",
            effect=Effect.RECOMPILE,
            left_open="none",
            example="'[58.4,57.1,57.4]'",
            group="Inputs",
            label="scale",
        ),
    ] = ""
    input_precision: Annotated[
        PortType,
        Knob(
            flags=("--input-precision",),
            help="Element type of the input ports; the conversion becomes part of the model.",
            effect=Effect.RECOMPILE,
            group="Inputs",
            label="input type",
            choices=("default", "f32", "f16", "u8", "i32", "i64"),
        ),
    ] = "default"
    output_precision: Annotated[
        PortType,
        Knob(
            flags=("--output-precision",),
            help="Element type of the output ports.",
            effect=Effect.RECOMPILE,
            group="Inputs",
            label="output type",
            choices=("default", "f32", "f16", "u8", "i32", "i64"),
        ),
    ] = "default"
    duration_s: Annotated[
        float,
        Knob(
            flags=("--duration", "-t"),
            metavar="SECONDS",
            help="Stop the load after this time; 0 goes on until stopped.",
            effect=Effect.START,
            left_open="until stopped",
            group="Load",
            label="duration",
            unit="s",
            minimum=0,
        ),
    ] = 0.0
    requests: Annotated[
        int,
        Knob(
            flags=("--requests", "-n"),
            metavar="N",
            help="Stop the load after this many requests; 0 goes on until stopped.",
            effect=Effect.START,
            left_open="until stopped",
            group="Load",
            minimum=0,
        ),
    ] = 0
    slo: Annotated[
        str,
        Knob(
            flags=("--slo",),
            metavar="LIMITS",
            help="Limits to hold: 'p99<20ms,errors=0,throughput>100/s'; latencies are response's unless named "
            "(inference.p99<8ms).",
            effect=Effect.LIVE,
            left_open="none",
            example="'p99<20ms,errors=0'",
            expected="limits such as 'p99<20ms,errors=0'",
            group="Statistics",
            parse=canonical_slo,
        ),
    ] = ""
    warm_up: Annotated[
        WarmUpRule,
        Knob(
            flags=("--warm-up",),
            help="What percentiles leave out of an engine's start: by rule until its median is steady, only its first "
            "inference, or none.",
            effect=Effect.LIVE,
            group="Statistics",
            label="warm-up",
            choices=("rule", "first", "none"),
        ),
    ] = "rule"
    properties: Annotated[
        dict[str, str],
        Knob(
            flags=("--set",),
            metavar="KEY=VALUE",
            help="Any OpenVINO property, as often as needed: PERF_COUNT=YES; GPU.KEY=VALUE for one device under AUTO.",
            effect=Effect.RECOMPILE,
            left_open="none",
            example="{ PERF_COUNT = true, GPU.GPU_QUEUE_PRIORITY = 'HIGH' }",
            group="Device",
        ),
    ] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        from ovtui.settings.fields import check

        check(self)
        check_load(self)
        parse_slo(self.slo)

    def changed(self, changes: dict[str, Any]) -> Settings:
        """A copy with `changes` (field name to value), checked; raises SettingsError."""
        from ovtui.settings.fields import convert

        return convert({**msgspec.structs.asdict(self), **changes})
