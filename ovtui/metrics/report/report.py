"""A report as headings, facts and tables, made of a Result; Markdown and HTML render it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovtui.metrics import number_format
from ovtui.metrics.energy.source_names import SOURCE_NAMES
from ovtui.metrics.expectations.expectation import expectation_text
from ovtui.metrics.limits.verdicts import STATUS, limit_name, value_text
from ovtui.metrics.number_format import milliseconds
from ovtui.metrics.result.beside import beside_texts as beside_model_texts
from ovtui.metrics.result.energy import beside_texts, energy_texts
from ovtui.metrics.result.energy_schema import Energy
from ovtui.metrics.result.model_state import state_line
from ovtui.metrics.result.schema import Batching, Latencies, LatencyMs, Result, Spread
from ovtui.metrics.result.served_by import end_text, served_by_text
from ovtui.metrics.result.studies import study_texts
from ovtui.metrics.result.summary_text import advice_heading, input_texts, missing_text, throughput_text
from ovtui.metrics.session.failures import failure_sentence
from ovtui.metrics.session.machine_stats import LABELS
from ovtui.settings.schema.settings import fields

_COLUMNS = {"p50": "p50", "p90": "p90", "p95": "p95", "p99": "p99", "p999": "p99.9", "max": "max", "mean": "mean"}
_LATENCY_HEADS = ("latency, ms", *_COLUMNS.values(), "requests")


@dataclass(frozen=True, slots=True)
class Table:
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: bool = False
    """True for a table of text, whose columns are not compared."""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    table: Table
    note: str = ""
    picture: str = ""
    """SVG elements, for HTML alone."""


@dataclass(frozen=True, slots=True)
class Report:
    title: str
    facts: Table
    sections: Sequence[Section]
    result: Result


def build_report(result: Result, meta: Mapping[str, str], ranks: Sequence[Section] = ()) -> Report:
    """`meta`: of the session file. `ranks`: of its ranks, see metrics.rank.sections."""
    together = f"Of {' and '.join(result.by_device)} together. " if len(result.by_device) > 1 else ""
    note = f"{together}A percentile without enough requests is left out (–)."
    sections = [
        Section("Latency", _latency(result.latency_ms), note),
        Section("By device", _by_device(result)),
    ]
    if len(result.by_shape) > 1:
        note = "Percentiles leave out the first request of each shape, for which the device prepares itself."
        sections.append(Section("By data shape", _by_shape(result), note if result.warm_up.rule != "none" else ""))
    if result.slo:
        sections.insert(0, Section("Limits", _limits(result), "Held and missed are known with 99 % confidence."))
    if result.batching.batched or result.batching.timed_out:
        sections.append(Section("Batches", _batches(result.batching)))
    if len(result.segments) > 1:
        sections.append(Section("Segments", _segments(result), "A stretch under the same settings."))
    if result.advice:
        advice = [(advice.severity, advice.text) for advice in result.advice]
        sections.append(Section("Advice", Table(("", "what"), advice, words=True), _advice_note(result)))
    if result.events:
        events = [(_moment(event.t_s), f"{event.kind}: {event.text}") for event in result.events]
        sections.append(Section("What happened", Table(("at", "what"), events, words=True)))
    if result.energy is not None and energy_texts(result.energy):
        sections.append(Section("Energy", _energy(result.energy), ". ".join(beside_texts(result.energy))))
    if result.beside is not None:
        texts = [("", text) for text in beside_model_texts(result.beside)]
        sections.append(Section("Beside", Table(("", "what"), texts, words=True)))
    if result.studies:
        found = [("", text) for text in study_texts(result.studies)]
        sections.append(Section("Studies", Table(("", "what"), found, words=True)))
    sections += ranks
    if result.disturbances:
        disturbed = [(_moment(each.since_s), each.text) for each in result.disturbances]
        sections.append(Section("Disturbances", Table(("at", "what"), disturbed, words=True)))
    if result.telemetry is not None:
        sections.append(
            Section("Machine", _machine(result.telemetry), "Read once a second; what is not offered is left out.")
        )
    if result.settings is not None:
        sections.append(Section("Settings", _settings(result)))
    name = result.model.name if result.model else "session"
    device = result.device.requested if result.device else ""
    return Report(f"{name} on {device}" if device else name, _facts(result, meta), sections, result)


def _facts(result: Result, meta: Mapping[str, str]) -> Table:
    rows = []
    if result.started_at_s is not None:
        began = datetime.datetime.fromtimestamp(result.started_at_s, datetime.UTC)
        rows.append(("recorded", f"{began:%Y-%m-%d %H:%M:%S} UTC, ovtui {result.ovtui}"))
    if meta.get("command"):
        rows.append(("command", meta["command"]))
    if result.host is not None:
        quota = f", quota {result.host.quota_cores:g}" if result.host.quota_cores else ""
        memory = number_format.installed_memory(result.host.memory_bytes)
        rows.append(("machine", f"{result.host.cpu}, {result.host.cores} cores{quota}, {memory}, {result.host.system}"))
    if result.openvino:
        rows.append(("OpenVINO", result.openvino))
    rows += [("input", text) for text in input_texts(result)]
    if result.device is not None:
        serving = result.device.execution
        names = [result.device.full_names.get(device.strip("()"), "") for device in serving]
        rows.append(("device", f"{', '.join(serving)} {' '.join(names)}".strip()))
    if result.state is not None:
        rows.append(("state", state_line(result)))
    requests = result.requests
    due = f"{requests.submitted:,}"
    if requests.due != requests.submitted:
        due = f"{number_format.count(requests.due)} due"
    text = f"{requests.completed:,} of {due} completed"
    if requests.lost:
        text += f", {requests.lost:,} of them not recorded"
    if result.recording is not None and result.recording.text:
        rows.insert(0, ("recording", result.recording.text))
    failed = failure_sentence(requests.error_share, requests.error_reasons)
    if failed:
        rows.insert(0, ("errors", failed))
    ended = end_text(result)
    if ended:
        rows.insert(0, ("ended", ended))
    text += f", {requests.errors:,} errors, {requests.late:,} late"
    rows.append(("requests", text + missing_text(result)))
    length = number_format.run_length(result.duration_s)
    rows.append(("throughput", f"{throughput_text(result)} over {length}"))
    if result.expectation is not None:
        rows.append(("expected", expectation_text(result.expectation)))
    return Table(("", ""), rows, words=True)


def _moment(t_s: float) -> str:
    """On the session's clock, as the dashboard has it."""
    return number_format.session_time(round(t_s * 1e9), 1)


def _advice_note(result: Result) -> str:
    heading = advice_heading(result)
    return f"It is about what was found {heading}." if heading else ""


def _latency(latencies: Latencies) -> Table:
    kinds = {"inference": latencies.inference, "service": latencies.service, "response": latencies.response}
    return Table((*_LATENCY_HEADS[:-1], "measured"), [_latency_row(name, values) for name, values in kinds.items()])


def _latency_row(name: str, latency: LatencyMs) -> list[str]:
    return [name, *(milliseconds(getattr(latency, column)) for column in _COLUMNS), f"{latency.count:,}"]


def _by_device(result: Result) -> Table:
    rows = []
    whole = sum(share.requests for share in result.by_device.values())
    for name, share in result.by_device.items():
        row = _latency_row(f"{served_by_text(name, result)}, response", share.latency_ms.response)
        failed = f", {share.errors:,} failed" if share.errors else ""
        rows.append([*row[:-1], f"{share.requests:,} ({number_format.percent(share.requests, whole)}){failed}"])
    return Table(_LATENCY_HEADS, rows)


def _by_shape(result: Result) -> Table:
    rows = []
    for shape in result.by_shape:
        row = _latency_row(f"{shape.shape}, inference", shape.latency_ms.inference)
        failed = f", {shape.errors:,} failed" if shape.errors else ""
        share = number_format.share(shape.share)
        rows.append([*row[:-1], milliseconds(shape.first_ms), f"{shape.requests:,} ({share}){failed}"])
    return Table((*_LATENCY_HEADS[:-1], "first", "requests"), rows)


def _limits(result: Result) -> Table:
    rows = []
    for limit in result.slo:
        name = limit_name(limit.limit, is_default=limit.default)
        rows.append((name, STATUS[limit.verdict], value_text(limit.value, limit.unit, limit.why)))
    return Table(("limit", "", "what was seen"), rows, words=True)


def _batches(batching: Batching) -> Table:
    heads = (
        "batch size",
        "batches",
        "requests in batches",
        "held until the timer",
        "timer ran out",
        "alone",
        "share in batches",
        "size known",
        "deduced",
        "unknown",
    )
    held = batching.held.requests if batching.held else None
    counts = (batching.size, batching.batches, batching.batched, held, batching.timed_out, batching.single)
    known = (batching.batched or 0) + (batching.timed_out or 0) + (batching.single or 0)
    full = number_format.percent(batching.batched or 0, known)
    sure = (batching.known, batching.deduced, batching.unknown)
    return Table(heads, [[*map(number_format.count, counts), full, *map(number_format.count, sure)]])


def _segments(result: Result) -> Table:
    heads = ("segment", "from", "changes", "requests", "failed", "/s", "response p50", "p99")
    rows = [
        [
            str(segment.segment),
            _moment(segment.t_s),
            ", ".join(segment.changes) or number_format.UNKNOWN,
            f"{segment.completed:,}",
            number_format.share(segment.error_share),
            number_format.rate(segment.throughput),
            milliseconds(segment.latency_ms.response.p50),
            milliseconds(segment.latency_ms.response.p99),
        ]
        for segment in result.segments
    ]
    return Table(heads, rows)


def _energy(energy: Energy) -> Table:
    rows = []
    for key, source in energy.sources.items():
        if source is not None:
            each = (source.joules_per_inference, source.joules_per_item, source.joules_per_inference_above_idle)
            watts, idle = number_format.watts(source.watts), number_format.watts(source.idle_watts)
            share = number_format.share(source.coverage)
            rows.append([SOURCE_NAMES[f"{key}_watts"], watts, *map(number_format.joules, each), idle, share])
    heads = ("source", "mean", "an inference", "an item", "an inference above idle", "idle", "of the load read")
    return Table(heads, rows, words=True)


def _machine(telemetry: Mapping[str, Spread | None]) -> Table:
    rows = []
    for name, label in LABELS.items():
        spread = telemetry.get(name)
        text = number_format.size if name.endswith("_bytes") else number_format.reading
        if spread is not None:
            rows.append([label, *(text(value) for value in (spread.min, spread.mean, spread.max))])
    return Table(("", "least", "mean", "greatest"), rows)


def _settings(result: Result) -> Table:
    assert result.settings is not None
    rows = []
    for field in fields().values():
        value = getattr(result.settings, field.name)
        if value != field.default:
            rows.append([field.label, field.show(value)])
    return Table(("changed from its default", "value"), rows or [["nothing", ""]], words=True)
