"""A report as headings, facts and tables; Markdown and HTML render it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ovtui.metrics.digest import Digest
from ovtui.metrics.handover.event_text import describe_event
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.schema import Batching, Latencies, LatencyMs, Result, Spread
from ovtui.metrics.session.machine_stats import LABELS
from ovtui.metrics.session.session_state import STAND_IN_DEVICES
from ovtui.records.events import DeviceChanged, EngineExited, Note, Refused, SegmentBegan

_COLUMNS = ("p50", "p90", "p95", "p99", "p999", "max", "mean", "count")


_HEADS = ("latency, ms", "p50", "p90", "p95", "p99", "p99.9", "max", "mean", "requests")


NONE = "–"


@dataclass(frozen=True, slots=True)
class Table:
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: bool = False
    """Holds no figures to be compared with one another."""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    table: Table
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    title: str
    facts: Table
    sections: Sequence[Section]
    digest: Digest


def build_report(digest: Digest, meta: Mapping[str, str]) -> Report:
    result = build_result(digest)
    sections = [
        Section("Latency", _latency(result.latency_ms), "A percentile without enough requests is left out (–)."),
        Section("By device", _by_device(result)),
    ]
    if result.batching.batched or result.batching.timed_out:
        sections.append(Section("Batches", _batches(result.batching)))
    if len(result.segments) > 1:
        sections.append(Section("Segments", _segments(result), "A stretch under the same settings."))
    if result.advice:
        sections.append(
            Section("Advice", Table(("", "what"), [(a.severity, a.text) for a in result.advice], words=True))
        )
    happened = list(_event_rows(digest))
    if happened:
        sections.append(Section("What happened", Table(("s", "what"), happened, words=True)))
    if result.telemetry is not None:
        sections.append(
            Section("Machine", _machine(result.telemetry), "Read once a second; what is not offered is left out.")
        )
    if result.settings is not None:
        sections.append(Section("Settings", _settings(result)))
    name = result.model.name if result.model else "session"
    device = result.device.requested if result.device else ""
    return Report(f"{name} on {device}" if device else name, _facts(digest, result, meta), sections, digest)


def _facts(digest: Digest, result: Result, meta: Mapping[str, str]) -> Table:
    rows = []
    session = digest.story.session
    if session is not None:
        began = datetime.datetime.fromtimestamp(session.started_at_s, datetime.UTC)
        rows.append(("recorded", f"{began:%Y-%m-%d %H:%M:%S} UTC, ovtui {session.ovtui}"))
    if meta.get("command"):
        rows.append(("command", meta["command"]))
    if result.host is not None:
        quota = f", quota {result.host.quota_cores:g}" if result.host.quota_cores else ""
        memory = f"{result.host.memory_bytes / (1 << 30):.0f} GiB"
        rows.append(("machine", f"{result.host.cpu}, {result.host.cores} cores{quota}, {memory}, {result.host.system}"))
    if result.openvino:
        rows.append(("OpenVINO", result.openvino))
    if result.device is not None:
        serving = result.device.execution
        words = "CPU (standing in)" if serving == STAND_IN_DEVICES else ", ".join(serving)
        names = [result.device.full_names.get(device.strip("()"), "") for device in serving]
        rows.append(("device", f"{words} {' '.join(names)}".strip()))
    requests = result.requests
    text = f"{requests.completed:,} of {requests.submitted:,} completed"
    if requests.lost:
        text += f", {requests.lost:,} of them not recorded"
    rows.append(("requests", f"{text}, {requests.errors:,} errors, {requests.late:,} late"))
    rows.append(("throughput", f"{_number(result.throughput)} /s over {result.duration_s:.1f} s"))
    return Table(("", ""), rows, words=True)


def _latency(latencies: Latencies) -> Table:
    kinds = {"inference": latencies.inference, "service": latencies.service, "response": latencies.response}
    return Table(_HEADS, [_latency_row(name, values) for name, values in kinds.items()])


def _latency_row(name: str, values: LatencyMs) -> list[str]:
    cells = [getattr(values, column) for column in _COLUMNS]
    return [name, *(_number(cell) for cell in cells[:-1]), f"{values.count:,}"]


def _by_device(result: Result) -> Table:
    rows = []
    for name, share in result.by_device.items():
        row = _latency_row(f"{name}, response", share.latency_ms.response)
        rows.append([*row[:-1], f"{share.requests:,} ({(share.share or 0) * 100:.1f} %)"])
    return Table(_HEADS, rows)


def _batches(batching: Batching) -> Table:
    heads = ("batch size", "batches", "requests in batches", "timer ran out", "alone", "share in batches")
    fill = NONE if batching.fill is None else f"{batching.fill * 100:.1f} %"
    counts = (batching.size, batching.batches, batching.batched, batching.timed_out, batching.single)
    return Table(heads, [[*(NONE if n is None else f"{n:,}" for n in counts), fill]])


def _segments(result: Result) -> Table:
    heads = ("segment", "from, s", "changes", "requests", "/s", "response p50", "p99")
    rows = [
        [
            str(segment.segment),
            f"{segment.t_s:.2f}",
            ", ".join(segment.changes) or NONE,
            f"{segment.completed:,}",
            _number(segment.throughput),
            _number(segment.latency_ms.response.p50),
            _number(segment.latency_ms.response.p99),
        ]
        for segment in result.segments
    ]
    return Table(heads, rows)


def _event_rows(digest: Digest) -> Iterable[tuple[str, str]]:
    for event in sorted(digest.story.log, key=lambda event: event.t_ns):
        at = f"{event.t_ns / 1e9:.2f}"
        match event:
            case DeviceChanged():
                told = describe_event(event, digest.story)
                yield at, f"{told.label.lower()}: {told.text}"
            case SegmentBegan() if event.changes:
                yield at, ", ".join(event.changes)
            case EngineExited() if not event.expected:
                yield at, f"engine {event.engine} died: {event.signal or f'exit code {event.code}'} {event.last_words}"
            case Refused():
                yield (
                    at,
                    f"{'cancelled' if event.called_off else 'refused'}: {', '.join(event.changes)}: {event.reason}",
                )
            case Note():
                yield at, event.text


def _machine(telemetry: Mapping[str, Spread | None]) -> Table:
    rows = []
    for name, label in LABELS.items():
        spread, factor = telemetry.get(name), 1e-6 if label.endswith("MB") else 1
        if spread is not None:
            rows.append([label, *(_number(value * factor) for value in (spread.min, spread.mean, spread.max))])
    return Table(("", "least", "mean", "greatest"), rows)


def _settings(result: Result) -> Table:
    from ovtui.settings.schema.settings import fields

    assert result.settings is not None
    rows = []
    for field in fields().values():
        value = getattr(result.settings, field.name)
        if value != field.default:
            rows.append([field.label, field.show(value)])
    return Table(("changed from its default", "value"), rows or [["nothing", ""]], words=True)


def _number(value: float | None) -> str:
    if value is None:
        return NONE
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value >= 100 else f"{value:.3f}"
