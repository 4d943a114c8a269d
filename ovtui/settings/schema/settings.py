"""The schema of all settings: names and defaults here, types and FieldSpecs in schema.groups. Flags, OVTUI_ variables,
preset keys, the settings pane and docs/settings.md are all generated from this class."""

from __future__ import annotations

import msgspec

from ovtui.settings.schema.arrival import check_load
from ovtui.settings.schema.fields import Field, check_values, fields_of
from ovtui.settings.schema.groups.batching import (
    DEFAULT_TIMEOUT_MS,
    AutoBatching,
    BatchSize,
    BatchTimeoutMs,
    Dispatch,
    Probe,
)
from ovtui.settings.schema.groups.device import Device, FallbackDevice, Hint, Nstreams, Nthreads, Precision, Properties
from ovtui.settings.schema.groups.inputs import (
    Color,
    DataShape,
    Input,
    InputPrecision,
    Layout,
    MeanValues,
    OutputPrecision,
    ScaleValues,
)
from ovtui.settings.schema.groups.load import (
    Api,
    Arrival,
    Backlog,
    DurationS,
    EndRule,
    FillInputs,
    Nireq,
    Rate,
    Requests,
    Seed,
    State,
)
from ovtui.settings.schema.groups.model import CacheDir, Extensions, LoadFromFile, ModelName, Shape
from ovtui.settings.schema.groups.statistics import Slo, WarmUp
from ovtui.settings.schema.groups.statistics import WarmUpRule as WarmUpRule
from ovtui.settings.schema.rate import CLOSED_LOOP
from ovtui.settings.schema.slo import parse_slo


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A complete set of values: an engine starts with one, and a preset changes some of its fields."""

    model: ModelName = "demo-cnn"
    shape: Shape = ""
    device: Device = "AUTO"
    fallback_device: FallbackDevice = ""
    hint: Hint = "throughput"
    nireq: Nireq = 0
    api: Api = "auto"
    rate: Rate = CLOSED_LOOP
    arrival: Arrival = "constant"
    backlog: Backlog = 10_000
    nstreams: Nstreams = ""
    nthreads: Nthreads = 0
    batch_size: BatchSize = 0
    auto_batching: AutoBatching = "default"
    batch_timeout_ms: BatchTimeoutMs = None
    dispatch: Dispatch = "auto"
    precision: Precision = "default"
    cache_dir: CacheDir = ""
    extensions: Extensions = ""
    load_from_file: LoadFromFile = "no"
    probe: Probe = "auto"
    state: State = "reset"
    seed: Seed = 0
    input: Input = ""
    fill_inputs: FillInputs = "once"
    data_shape: DataShape = ""
    layout: Layout = ""
    mean_values: MeanValues = ""
    scale_values: ScaleValues = ""
    color: Color = "rgb"
    input_precision: InputPrecision = "default"
    output_precision: OutputPrecision = "default"
    duration_s: DurationS = 0.0
    requests: Requests = 0
    end_rule: EndRule = "first"
    slo: Slo = ""
    warm_up: WarmUp = "rule"
    properties: Properties = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.probe, bool):  # as recorded until this was a choice
            msgspec.structs.force_setattr(self, "probe", "yes" if self.probe else "no")
        check_values(self)
        check_load(self)
        parse_slo(self.slo)

    @property
    def requests_in_flight(self) -> int:
        """The requests in flight that are asked for; 0: as many as OPTIMAL_NUMBER_OF_INFER_REQUESTS."""
        return self.nireq or (1 if self.api == "sync" else 0)

    @property
    def first_inference_apart(self) -> bool:
        """Whether an engine makes one inference before its load, recorded as its first, which counts for no limit."""
        return self.end_rule == "benchmark_app" and self.warm_up != "none"

    @property
    def batch_timeout_in_force_ms(self) -> int:
        """How long a request may wait for its batch to fill."""
        return self.batch_timeout_ms or DEFAULT_TIMEOUT_MS


def of_model() -> tuple[str, ...]:
    """Names of the settings that belong to the model under test."""
    return tuple(name for name, field in fields().items() if field.spec.of_model)


def fields() -> dict[str, Field]:
    """The settings by name, in the order of the schema."""
    return fields_of(Settings)
