"""A rank as JSON: the rows of its table, and what it found. `ovtui rank --json-schema` prints the schema. A key is
always there; null where the value is unknown or does not apply. A key that is added does not raise VERSION."""

from __future__ import annotations

import msgspec

from ovtui.records.json_text import json_text
from ovtui.records.study_events import DeviceAgreement, PointOutcome, StudyEnding

VERSION = 1


class RankRow(msgspec.Struct, frozen=True, kw_only=True):
    """A device with a hint. Where it was measured again, throughput and latencies are medians of those rounds, and
    `requests` and `measured_s` their sums."""

    point: int
    """In the order in which they were measured, from 1."""
    place: int | None
    """By throughput, from 1; null where it was not served."""
    device: str
    hint: str
    outcome: PointOutcome
    reason: str
    """Why it was refused, or what was seen of the limits."""
    execution_devices: list[str]
    """OpenVINO's EXECUTION_DEVICES: what AUTO or another virtual device ran on."""
    in_flight: int | None
    """Infer requests while it was measured: of AUTO what is optimal for the device that took over."""
    throughput: float | None
    """1/s."""
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    mean_ms: float | None
    """Of the responses, as the percentiles, which are null where requests are too few for them."""
    requests: int | None
    measured_s: float | None
    errors: int | None
    rounds: int
    """How often it was measured."""
    compile_ms: float | None
    """The call of compile_model, in a process of its own. Of AUTO it returns once the stand-in is ready."""
    first_inference_ms: float | None
    """From the start of the process to the first completed inference: OpenVINO is loaded, the model is read and
    compiled in it. Of AUTO the stand-in makes that inference."""
    handover_ms: float | None
    """From the start of the process until AUTO's accelerator served; null where nothing stood in."""
    compiled_before: bool
    """An engine was compiled for one of these devices earlier in the session: the driver may have kept its kernels, and
    the times above be shorter for it."""
    memory_bytes: int | None
    """Resident memory of the engine's process while it served."""
    device_memory_bytes: int | None
    """That the engine holds on a GPU, by the kernel's count."""
    joules_per_request: float | None
    agreement: str | None
    """agree, precision, fault or unknown, of the devices that it ran on against the CPU; null where that was not looked
    at, or where it ran on the CPU."""
    max_relative: float | None
    why_no_agreement: str
    recording: str
    begin_s: float
    until_s: float
    """The span of its first measurement, on the session's clock."""


class RankReport(msgspec.Struct, frozen=True, kw_only=True):
    schema: int
    ovtui: str
    openvino: str | None
    model: str
    machine: str
    """'AMD EPYC 7B13, 16 cores, 62 GiB'; empty where it is not known."""
    devices: dict[str, str]
    """Of this machine, each with its full name."""
    slo: str
    ended: StudyEnding | None
    """Null where the session broke off before its end."""
    text: str
    """What it found in one sentence."""
    rows: list[RankRow]
    """The fastest first; those that were not served come last."""
    by_latency: list[int]
    """Points."""
    latency: str
    """What by_latency goes by: p99 where every row has one, else p50."""
    tied: list[int]
    """Points that cannot be told from the first by throughput, the first among them; empty where it is told from
    all."""
    tied_latency: list[int]
    agreements: list[DeviceAgreement]
    lasted_s: float | None
    recording: str


def json_schema() -> bytes:
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(RankReport)), indent=2)


def to_json(found: RankReport) -> bytes:
    return json_text(found)
