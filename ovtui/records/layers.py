"""The times of a model's layers on one device, as a profiled engine has them beside an untouched one: the question to
its process (engine/layers), the steps that this tells, a line of JSON for each, and the result."""

from __future__ import annotations

import msgspec

from ovtui.settings.schema.settings import Settings

LEAST_INFERENCES = 100


class LayersQuestion(msgspec.Struct, frozen=True, kw_only=True):
    settings: Settings
    """Of the model, the device and how it is compiled; `settings.device` is what is profiled."""
    inferences: int = LEAST_INFERENCES
    """Profiled ones, after the warm-up; one request in flight."""
    graph: bool = False
    """The runtime graph is wanted, as XML with the times in it (LayersGraph)."""
    each: bool = False
    """Each layer comes with its time in every inference (LayerTimes.each_us)."""
    limit_s: float = 300.0
    """When it is near, the result is made of what has been measured by then."""
    parent_pid: int


class LayerTimes(msgspec.Struct, frozen=True, kw_only=True):
    """One layer, as the runtime graph has it."""

    name: str
    """As `CompiledModel.get_runtime_model()` names it. Two layers may have one name, as on a GPU."""
    type: str
    exec_type: str
    """The kernel: 'jit_avx512_f32'; empty where the device tells none."""
    precision: str
    """'f32'; empty where the device tells none."""
    original_names: list[str]
    """Of the operations of the model that it was made of."""
    order: int
    """In which it is executed, from 0; unique on a device."""
    status: str
    """'EXECUTED', 'NOT_RUN' or 'OPTIMIZED_OUT'; empty of a layer that `profiling_info` does not have, as constants."""
    inferences: int
    """In which it had a time."""
    median_us: float | None
    """Of single inferences, each known to `LayersHead.resolution_us`. None where it was not executed, as are the other
    times; 0 where OpenVINO, which cuts to whole microseconds, tells none."""
    p95_us: float | None
    """Of single inferences; that of a layer shorter than `resolution_us` is rather too high."""
    mean_us: float | None
    """Known to 1 us, whatever the resolution; the means of all layers sum to that of an inference."""
    mean_cpu_us: float | None
    """What the device tells as `cpu_time`; on a GPU that holds waiting."""
    reported_us: float | None = None
    """The median of OpenVINO's own readings (`profiling_info`), as a loop over one engine would find it. On CPU and GPU
    they are means since the engine's start, in which the slow first inference stays: beyond `median_us` by that."""
    in_graph: bool = True
    """False: `profiling_info` has it, the runtime graph has not: an operation that went into another layer."""
    profiled_as: str = ""
    """Its name in `profiling_info`; empty where that does not have it."""
    part_of: str = ""
    """The layer that holds this operation, by its original names, where it is not in the graph itself."""
    each_us: list[float] = []
    """In each inference, where they were asked for."""


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """A figure over inferences: its median and its 5th and 95th percentile."""

    median: float
    p5: float
    p95: float


class LayersHead(msgspec.Struct, frozen=True, kw_only=True):
    """What the layers belong to, and what stands beside them."""

    model: str
    device: str
    """As asked for."""
    execution_device: str
    full_name: str
    inferences: int
    untouched_us: Spread
    """One inference of the engine that is not profiled, one request in flight, in turns with the profiled one."""
    profiled_us: Spread
    """One inference of the profiled engine."""
    cost: list[float]
    """profiled / untouched, paired by turns: estimate, low, high (95 %). Empty where there were too few turns."""
    layers_us: Spread
    """The sum of the layers' times in one inference."""
    unexplained_us: Spread
    """One inference of the profiled engine less the sum of its layers: below 0 where layers run beside each other."""
    resolution_us: float = 1.0
    """To what a layer's time in a single inference is known. CPU and GPU tell the mean since the engine's start, in
    whole microseconds: the n-th inference is known to n of them."""
    accumulated: bool = False
    """The device told such means, from which the single inferences were found."""
    notes: list[str] = []
    """What a person should know of the figures, a sentence each."""


class Doing(msgspec.Struct, frozen=True, tag=True):
    """What the process does until its next line; of inferences how many are done."""

    text: str
    done: int = 0
    planned: int = 0


class LayersTold(msgspec.Struct, frozen=True, tag=True):
    """Layers, some at a time, in the order of execution; `so_far`: they are measured on, and come again."""

    layers: list[LayerTimes]
    so_far: bool = False


class LayersGraph(msgspec.Struct, frozen=True, tag=True):
    xml: str


class LayersDone(msgspec.Struct, frozen=True, tag=True):
    """Nothing follows."""

    head: LayersHead


class LayersRefused(msgspec.Struct, frozen=True, tag=True):
    """The model or the device cannot be used for it."""

    why: str
    detail: str = ""
    misused: bool = False


LayersStep = Doing | LayersTold | LayersGraph | LayersDone | LayersRefused


class Layers(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one device."""

    head: LayersHead
    layers: list[LayerTimes]
    graph_xml: str = ""
