"""The metrics at /metrics: name, type and meaning of each, and the figure of the digest behind it.

docs/sessions.md has the same table (a test compares them)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from ovtui.metrics.digest import Digest
from ovtui.metrics.snapshot import Snapshot

Value = Callable[[Digest, Snapshot], float]


@dataclass(frozen=True, slots=True)
class MetricSpec:
    name: str
    """As scraped: a counter's ends with _total."""
    type: Literal["counter", "gauge"]
    help: str
    values: Value | Mapping[str, Value]
    """The figure, or the figures by the value of `label`."""
    label: str = field(default="")


def _batched(digest: Digest, _: Snapshot) -> float:
    return sum(count for size, count in digest.run.sizes.items() if size > 1) - digest.run.batches.held


def _held(digest: Digest, _: Snapshot) -> float:
    return digest.run.batches.held


def _timer(digest: Digest, _: Snapshot) -> float:
    return digest.run.timed_out


def _alone(digest: Digest, _: Snapshot) -> float:
    return digest.run.sizes.get(1, 0) - digest.run.timed_out


def _handovers(digest: Digest, _: Snapshot) -> float:
    return digest.session_state.device_changes


def _segment(digest: Digest, _: Snapshot) -> float:
    in_force = digest.session_state.segment
    return in_force.segment if in_force else 0


def _throttled(source: str, digest: Digest, _: Snapshot) -> float:
    return float(any(span.source == source for span in digest.session_state.disturbances.now))


METRICS = (
    MetricSpec("ovtui_requests_submitted_total", "counter", "Requests submitted.", lambda _, now: now.submitted),
    MetricSpec(
        "ovtui_requests_completed_total", "counter", "Requests that came back, errors included.",
        lambda _, now: now.completed,
    ),
    MetricSpec("ovtui_requests_failed_total", "counter", "Requests that OpenVINO failed.", lambda _, now: now.errors),
    MetricSpec(
        "ovtui_requests_late_total", "counter", "Open loop: requests sent more than 1 ms after they were due.",
        lambda _, now: now.late,
    ),
    MetricSpec(
        "ovtui_requests_out_of_order_total", "counter",
        "Requests that came back after one that was submitted later; the newest 1,024 are counted when the load has"
        " ended.",
        lambda digest, _: digest.out_of_order.settled,
    ),
    MetricSpec(
        "ovtui_requests_shed_total", "counter",
        "Open loop: requests never sent, for the backlog was full or the load was changed.", lambda _, now: now.shed,
    ),
    MetricSpec(
        "ovtui_requests_unsent_total", "counter",
        "Open loop: requests that came due and were not sent when a load ended, or the engine under it.",
        lambda digest, _: digest.session_state.accounts.unsent,
    ),
    MetricSpec(
        "ovtui_requests_unfinished_total", "counter",
        "Requests that never came back: in flight in an engine that has ended.",
        lambda digest, _: digest.session_state.accounts.unfinished,
    ),
    MetricSpec(
        "ovtui_records_lost_total", "counter", "Requests that are in none of the latencies.", lambda _, now: now.lost
    ),
    # Counters of the whole session: those that leave out the stand-in once another device serves would fall.
    MetricSpec(
        "ovtui_batching_requests_total", "counter",
        "Requests by how they ran, where known; those of AUTO's stand-in ran alone.",
        {"batched": _batched, "held": _held, "timer": _timer, "alone": _alone}, "how",
    ),
    MetricSpec("ovtui_batches_total", "counter", "Batches that ran.", lambda digest, _: digest.run.batches.batches),
    MetricSpec(
        "ovtui_batches_held_total", "counter", "Those of them that were full and yet waited for the batch timer.",
        lambda digest, _: digest.run.batches.held_batches,
    ),
    MetricSpec("ovtui_handovers_total", "counter", "Changes of the device that serves.", _handovers),
    MetricSpec(
        "ovtui_engine_starts_total", "counter", "Engine processes started.",
        lambda digest, _: digest.session_state.engines_spawned,
    ),
    MetricSpec("ovtui_requests_in_flight", "gauge", "Requests submitted and not back.", lambda _, now: now.in_flight),
    MetricSpec(
        "ovtui_throughput_requests_per_second", "gauge", "Completions a second over the last 2 s.",
        lambda _, now: now.throughput or 0.0,
    ),
    MetricSpec(
        "ovtui_serving", "gauge", "1 while an engine serves.",
        lambda digest, _: float(digest.session_state.phase == "serving"),
    ),
    MetricSpec(
        "ovtui_throttled", "gauge",
        "1 while the CPU or the GPU is throttled by its hardware, or the session by its CPU quota.",
        {source: partial(_throttled, source) for source in ("cpu", "gpu", "quota")}, "source",
    ),
    MetricSpec("ovtui_segment", "gauge", "Number of the settings in force.", _segment),
)  # fmt: skip
MACHINE, MACHINE_LABELS = "ovtui_machine_reading", ("name",)
MACHINE_HELP = (
    "Readings of the machine, one a second while an engine runs, by name with unit (docs/telemetry.md); what the"
    " machine does not offer is absent."
)
MACHINE_MAX_AGE_NS = 5_000_000_000
"""Older readings do not describe the present."""
LIMIT, LIMIT_LABELS = "ovtui_slo_held", ("limit",)
LIMIT_HELP = "Limits of --slo: 1 held, 0 missed, NaN not known."
BOUND, BOUND_LABELS = "ovtui_slo_limit_seconds", ("limit", "latency", "quantile")
BOUND_HELP = "Upper limits of --slo on percentiles, to compare histogram_quantile with."
SOURCES = "cpu|dram|system|gpu|gpu_card|battery"
WATTS, WATTS_HELP = "ovtui_load_watts", "Mean power while the run was loaded; of the sources that can be read."
JOULES, JOULES_HELP = "ovtui_joules_per_inference", "Energy of a successful request of the run, by source."
POWER_LABELS = ("source",)
WHERE_LABELS = ("host", "session")
"""Of each sample, besides its own."""
LATENCY = "ovtui_request_latency_seconds"
LATENCY_HELP = (
    "Latency under the warm-up rule: inference is OpenVINO's own; service from submission; response from when it was"
    " due."
)
LATENCY_LABELS = ("latency", "device")
INFO = "ovtui_session_info"
INFO_HELP = "What runs; its value is 1."
INFO_LABELS = ("session", "version", "openvino", "model", "device", "execution_devices", "hint")


def machine_readings(now: Snapshot) -> dict[str, float]:
    """By name, those that the machine offers; empty once they have ended."""
    newest = now.readings
    return newest.values() if newest is not None and now.now_ns - newest.t_ns <= MACHINE_MAX_AGE_NS else {}


def metrics_table() -> list[tuple[str, str, str]]:
    """Name with labels, type and meaning of each metric, as docs/sessions.md lists them."""
    rows: list[tuple[str, str, str]] = []
    for spec in METRICS:
        values = "|".join(spec.values) if isinstance(spec.values, Mapping) else ""
        rows.append((f'{spec.name}{{{spec.label}="{values}"}}' if values else spec.name, spec.type, spec.help))
    rows.append((f"{LIMIT}{{{','.join(LIMIT_LABELS)}}}", "gauge", LIMIT_HELP))
    rows.append((f"{BOUND}{{{','.join(BOUND_LABELS)}}}", "gauge", BOUND_HELP))
    rows.append((f'{WATTS}{{source="{SOURCES}"}}', "gauge", WATTS_HELP))
    rows.append((f'{JOULES}{{source="{SOURCES}"}}', "gauge", JOULES_HELP))
    rows.append((f"{MACHINE}{{{','.join(MACHINE_LABELS)}}}", "gauge", MACHINE_HELP))
    rows.append((f'{LATENCY}{{latency="inference|service|response",device}}', "histogram", LATENCY_HELP))
    rows.append((f"{INFO}{{{','.join(INFO_LABELS)}}}", "gauge", INFO_HELP))
    return rows
