"""A Result as plain text of 80 columns: printed when the dashboard closes and at the end of `ovtui run`."""

from __future__ import annotations

import textwrap

from ovtui.metrics import number_format
from ovtui.metrics.batching.batch_runs import Certainty
from ovtui.metrics.energy.unreadable import TO_TYPE
from ovtui.metrics.expectations.expectation import expectation_text
from ovtui.metrics.handover.event_text import probe_cost_text
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.latency.schedule_lag import unkept_schedule_text
from ovtui.metrics.limits.limit_check import NO_RATE
from ovtui.metrics.limits.verdicts import describe_verdict, limit_name
from ovtui.metrics.number_format import milliseconds
from ovtui.metrics.result.beside import beside_texts
from ovtui.metrics.result.energy import disturbance_texts, energy_texts
from ovtui.metrics.result.model_state import state_line
from ovtui.metrics.result.schema import Batching, Handover, LatencyMs, Result, Segment, WarmUpResult
from ovtui.metrics.result.served_by import device_text, end_text, served_by_text
from ovtui.metrics.result.studies import study_texts
from ovtui.metrics.session.failures import failed_text, failure_sentence
from ovtui.records.descriptions import preparation_text
from ovtui.settings.listing import first_few_listed
from ovtui.settings.schema.arrival import describe_in_flight, describe_load
from ovtui.settings.shown_text import shown

WIDTH = 80
MAX_NAMED_INPUTS = 4
"""Of a model with more the summary tells how many; `--json` has them all."""
SEGMENT_LINES = SHAPE_LINES = 12
INPUT_LINES = 3
_LABEL = 13
_NO_BREAK = "_"
"""In place of a blank that is no end of a line; counts have none of it."""
_COLUMNS = {"p50": "p50", "p90": "p90", "p95": "p95", "p99": "p99", "p999": "p99.9", "max": "max"}
_KINDS: tuple[LatencyKind, ...] = ("inference", "service", "response")


def summary_lines(result: Result) -> list[str]:
    failed = failure_sentence(result.requests.error_share, result.requests.error_reasons)
    ended = end_text(result)
    lines = [
        *(_entry("ended", ended) if ended else []),
        *(_entry("errors", failed) if failed else []),
        *(_entry("recording", result.recording.text) if result.recording and result.recording.text else []),
        *_entry("model", _model(result)),
        *_each("input", input_texts(result)),
        *_entry("device", device_text(result)),
        *(line for handover in result.handovers for line in _handover(handover)),
        *_entry("load", _load(result)),
        *_lag(result),
        *(_entry("state", state_line(result)) if result.state else []),
        *_counts("requests", _requests(result)),
        *_entry("throughput", throughput_text(result)),
        *_each("energy", energy_texts(result.energy)),
        *_each("disturbed", disturbance_texts(result.disturbances)),
        "",
        *_latency_table(result),
        *_together(result),
        *_entry("left out", _warm_up(result.warm_up) + _first_of_shapes(result)),
        *_limits(result),
        *_entry("expected", expectation_text(result.expectation)),
        "",
        *_by_device(result),
        *_by_shape(result),
        *_entry("batching", _batching(result.batching) + _probe_cost(result.batching)),
        *_waiting(result.batching),
        *_entry("warning", _shared_inputs(result.batching)),
        *_segments(result),
        *(line for trial in result.trials for line in _entry(f"trial {trial.trial}", trial.text)),
        *_each("beside", beside_texts(result.beside)),
        *_each("study", study_texts(result.studies)),
        *_advice(result),
    ]
    return list(map(shown, lines))


def _entry(label: str, text: str) -> list[str]:
    return textwrap.wrap(shown(text), WIDTH, initial_indent=f"{label:<{_LABEL - 1}} ", subsequent_indent=" " * _LABEL)


def _counts(label: str, text: str) -> list[str]:
    """An entry of parts with two blanks between them; a line never ends within a part."""
    parts = "  ".join(part.replace(" ", _NO_BREAK) for part in text.split("  "))
    return [line.replace(_NO_BREAK, " ") for line in _entry(label, parts)]


def _model(result: Result) -> str:
    model = result.model
    if model is None:
        return result.settings.model if result.settings else number_format.UNKNOWN
    named = [f"{port.name} {port.shape} {port.type}" for port in model.inputs]
    inputs = first_few_listed(named, MAX_NAMED_INPUTS) or "no inputs"
    release = (result.openvino or "").partition("-")[0]
    return f"{model.name}  {inputs}  OpenVINO {release}"


def input_texts(result: Result) -> list[str]:
    """What becomes of the inputs, of the first few of which something does."""
    told = [each for each in (result.model.preparation if result.model else []) if not each.is_plain]
    texts = [f"{each.input}: {preparation_text(each)}" for each in told[:INPUT_LINES]]
    more = len(told) - INPUT_LINES
    return [*texts, f"and {more} more such inputs"] if more > 0 else texts


def _each(label: str, texts: list[str]) -> list[str]:
    """Each text in a line of its own; a line to type is copied, so it is not divided."""
    lines = []
    for number, text in enumerate(texts):
        said, before, typed = text.partition(TO_TYPE)
        lines += _entry("" if number else label, said + before.rstrip())
        lines += [" " * _LABEL + shown(typed)] if before else []
    return lines


def _handover(handover: Handover) -> list[str]:
    """A change of device, and what requests felt of it."""
    when = number_format.elapsed(handover.t_s)
    names = f"{handover.before} → {handover.after} at {when}"
    lines = _entry("handover", f"{names}, {number_format.seconds(handover.since_compile_s)} after the compile began")
    phases = handover.phases
    if phases is None or handover.worst_ms is None:
        return lines
    worst = f"worst response at the switch {milliseconds(handover.worst_ms)} ms"
    settled = "latency had not settled at the end"
    if handover.settled_ms is not None:
        settled = f"settled {number_format.seconds(handover.settled_ms / 1e3)} after it"
    sides = [("before", phases.before), ("after", phases.after)]
    compared = [f"{name} {_short(phase.latency_ms.response)}" for name, phase in sides if phase.requests]
    return [*lines, *_entry("", f"{worst}, {settled}"), *_entry("", "; ".join(compared))]


def _load(result: Result) -> str:
    if result.settings is None or result.load is None:
        return number_format.UNKNOWN
    load, in_flight = result.load, "nothing in flight"
    if load.nireq is not None and load.api is not None:
        in_flight = describe_in_flight(result.settings, load.nireq, load.api)
    return f"{describe_load(result.settings)}, {in_flight}, for {number_format.run_length(result.duration_s)}"


def _lag(result: Result) -> list[str]:
    """What lies between due and submitted, each in a line of its own."""
    load = result.load
    if load is None:
        return []
    queued = load.queued_ms.count if load.queued_ms else 0
    # Over the open loops of the run, and judged only while one is in force.
    error = load.schedule_error_ms if load.schedule_kept is False else None
    return [
        *_spread("sent after due, open loops:", load.schedule_error_ms),
        *(_entry("", text) if (text := unkept_schedule_text(error.p99 if error else None)) else []),
        *_spread(f"{queued:,} more waited for an idle infer request:", load.queued_ms),
        *_spread("resetting the state before a request:", load.state_reset_ms),
        *_spread("filling in each input, apart from the inference:", load.input_copy_ms),
    ]


def _spread(what: str, lag: LatencyMs | None) -> list[str]:
    if lag is None or not lag.count:
        return []
    return _entry(
        "",
        f"{what} p50 {milliseconds(lag.p50)}, p99 {milliseconds(lag.p99)}, max {milliseconds(lag.max)} ms",
    )


def _requests(result: Result) -> str:
    requests = result.requests
    failed = failed_text(requests.error_share)
    return (
        (f"{failed}: {requests.errors:,} errors  " if failed else "")
        + (f"{requests.due:,} due  " if requests.due not in (None, requests.submitted) else "")
        + (
            f"{requests.submitted:,} submitted  {requests.completed:,} completed  "
            + ("" if failed else f"{requests.errors:,} errors  ")
            + f"{requests.late:,} late  {requests.lost:,} lost"
        )
        + (f"  {requests.out_of_order:,} out of order" if requests.out_of_order else "")
        + missing_text(result, "  ")
    )


def missing_text(result: Result, between: str = ", ") -> str:
    """What was not sent and what never came back, where anything was, each with `between` before it."""
    requests = result.requests
    counts = {"shed": requests.shed, "unsent": requests.unsent, "unfinished": requests.unfinished}
    return "".join(
        f"{between}{name} not known" if count is None else f"{between}{count:,} {name}"
        for name, count in counts.items()
        if count != 0
    )


def _latency_table(result: Result) -> list[str]:
    heading = f"{'latency ms':<{_LABEL}}" + "".join(f"{name:>11}" for name in _COLUMNS.values())
    rows = []
    for kind in _KINDS:
        latency: LatencyMs = getattr(result.latency_ms, kind)
        cells = "".join(f"{milliseconds(getattr(latency, name)):>11}" for name in _COLUMNS)
        rows.append(f"{kind:<{_LABEL}}{cells}")
    return [heading, *rows]


def _warm_up(cut: WarmUpResult) -> str:
    """What of engines' starts is not in the latencies above."""
    if cut.rule == "none":
        return "nothing (--warm-up none)"
    count = f"{number_format.quantity(cut.requests, 'request')} of warm-up"
    if cut.rule == "first":
        return f"{count}: each engine's first"
    if cut.steady is None:
        return f"{count}: the first of each engine"
    if not cut.steady:
        return f"{count}: only each engine's first: the median was not steady within 10 s, or the run was too short"
    if cut.until_s is None:
        return f"{count}: each infer request's first; the median was steady from then on"
    return (
        f"{count}: until the median was steady, {number_format.run_length(cut.until_s)} after the engine began to serve"
    )


def _first_of_shapes(result: Result) -> str:
    several = len(result.by_shape) > 1 and result.warm_up.rule != "none"
    return "; the first of each data shape among them" if several else ""


def _limits(result: Result) -> list[str]:
    """A line for each limit of --slo."""
    lines: list[str] = []
    for limit in result.slo:
        name = limit_name(limit.limit, is_default=limit.default)
        text = describe_verdict(name, limit.verdict, limit.value, limit.unit, limit.why)
        lines += _entry("" if lines else "slo", text)
    return lines


def _advice(result: Result) -> list[str]:
    """What went wrong, not what could be a little better: that is in the JSON and on the dashboard."""
    warnings = [advice.text for advice in result.advice if advice.severity == "warning"]
    # The other lines are of the run where they do not say otherwise.
    heading = advice_heading(result) if warnings else ""
    lines = _entry("advice", f"{heading}:") if heading else []
    for text in warnings:
        lines += _entry("" if lines else "advice", text)
    return ["", *lines] if lines else []


def advice_heading(result: Result) -> str:
    """What advice speaks of, where there were several segments: the last one; else empty."""
    if result.earlier_segments + len(result.segments) < 2 or not result.segments:
        return ""
    return f"in segment {result.segments[-1].segment}, the last one"


def throughput_text(result: Result) -> str:
    """'400.0 /s', or '– /s' with the reason; '400.0 /s = 1,600.0 items/s, 4 a request' where requests hold several."""
    known = result.throughput is not None or not result.requests.completed
    text = f"{number_format.rate(result.throughput)} /s" + ("" if known else f" ({NO_RATE})")
    if result.items_per_s is None or result.items_per_request in (None, 1):
        return text
    each = number_format.items(result.items_per_request)
    how = " (deduced from the input's shape)" if result.items_are == "deduced" else ""
    return f"{text} = {number_format.rate(result.items_per_s)} items/s, {each} a request{how}"


def _together(result: Result) -> list[str]:
    """A word under the latencies of several devices."""
    names = [name for name in result.by_device if name not in ("one of", "unknown")]
    return _entry("all devices", f"{' and '.join(names)} together; each by itself below") if len(names) > 1 else []


def _by_device(result: Result) -> list[str]:
    """A line a device where several served."""
    if len(result.by_device) < 2:
        return []
    lines: list[str] = []
    whole = sum(share.requests for share in result.by_device.values())
    for name, share in result.by_device.items():
        part = f"{share.requests:,} ({number_format.percent(share.requests, whole)})"
        failed = f", {share.errors:,} failed" if share.errors else ""
        rate, inference = number_format.rate(share.throughput), _short(share.latency_ms.inference)
        text = f"{served_by_text(name, result)}: {part}{failed}, {rate} /s, inference {inference}"
        text += _device_batching(share.batching)
        lines += _entry("" if lines else "by device", text)
    return lines


def _by_shape(result: Result) -> list[str]:
    """A line a data shape where several were given."""
    shapes = result.by_shape
    if len(shapes) < 2:
        return []
    lines: list[str] = []
    for shape in shapes[:SHAPE_LINES]:
        text = f"{shape.shape}: {shape.requests:,} ({number_format.share(shape.share)})"
        text += f", {shape.errors:,} failed" if shape.errors else ""
        inference, first = shape.latency_ms.inference, shape.first_ms
        text += f", inference p50 {milliseconds(inference.p50)} p99 {milliseconds(inference.p99)}"
        text += f" first {milliseconds(first)} ms" if first is not None else " ms"
        lines += _entry("" if lines else "by shape", text)
    more = len(shapes) - SHAPE_LINES
    return [*lines, *_entry("", f"and {more} more shapes: in the JSON and the reports")] if more > 0 else lines


def _device_batching(batching: Batching) -> str:
    """How a device's requests ran, where it batches: ', full 100.0 %, waited 37.5 ms'."""
    in_play = (batching.batched or 0) + (batching.timed_out or 0)
    if not in_play or batching.waiting_cost_ms is None:
        return ""
    held = batching.held.requests if batching.held else 0
    full = number_format.percent((batching.batched or 0) - held, in_play + (batching.single or 0))
    return f", full {full}, waited {milliseconds(batching.waiting_cost_ms)} ms"


def _batching(batching: Batching) -> str:
    if batching.why_not:
        return f"none: {batching.why_not}"
    if batching.batched is None or batching.timed_out is None or batching.single is None:
        return f"{number_format.UNKNOWN} (how many requests ran together is not known)"
    if not batching.batched + batching.timed_out:
        return "none: every request ran alone"
    size = number_format.count(batching.size if (batching.size or 0) > 1 else None)
    size = f"~{size}" if batching.size_is == "deduced" else size
    known = batching.batched + batching.timed_out + batching.single
    held = batching.held.requests if batching.held else 0
    held_share = f"full but held until the timer {number_format.percent(held, known)}, " if held else ""
    head = f"{size} a batch, {number_format.quantity(batching.batches or 0, 'batch', 'batches')}"
    return (
        f"{head if batching.batches else f'no batch of {size} ran'}: "
        f"full {number_format.percent(batching.batched - held, known)}, {held_share}"
        f"timer {number_format.percent(batching.timed_out, known)}, "
        f"alone {number_format.percent(batching.single, known)}"
        + (f"; {batching.shortfall}" if batching.shortfall else "")
        + (f"; the stand-in's {batching.stood_in:,} left out" if batching.stood_in else "")
        + certainty_text(batching)
    )


def _shared_inputs(batching: Batching) -> str:
    names = " and ".join(batching.shared_inputs)
    return f"all requests of a batch get one request's {names}" if names else ""


def _probe_cost(batching: Batching) -> str:
    """'; the batch probe costs about 7 us of each run'; empty where it was not measured."""
    if batching.probe_cost_us is None:
        return ""
    return f"; the batch probe costs {probe_cost_text(batching)} of each run"


def certainty_text(batching: Batching) -> str:
    """How sure the sizes are: '; 1,990 deduced, 10 unknown'; empty where all are known."""
    parts = [
        f"{count:,} {word}" for count, word in ((batching.deduced, "deduced"), (batching.unknown, "unknown")) if count
    ]
    return f"; {', '.join(parts)}" if parts else ""


def _waiting(batching: Batching) -> list[str]:
    """What waiting for batches cost; nothing where none was in play."""
    if batching.waiting_cost_ms is None:
        return []
    wait = batching.first_wait_ms
    text = (
        f"first of a batch p50 {milliseconds(wait.p50)} p99 {milliseconds(wait.p99)} max {milliseconds(wait.max)} ms; "
        if wait
        else ""
    )
    if batching.held is not None and batching.held.requests:
        text += f"held batches {batching.held.batches:,}, their requests {milliseconds(batching.held.wait_ms)} ms; "
    sign = (batching.waiting_cost_is or Certainty.EXACT).sign
    about = f"{sign} {milliseconds(batching.waiting_cost_ms)}".lstrip()
    return _entry("waited", f"{text}{about} ms a request on average")


def _segments(result: Result) -> list[str]:
    shown = result.segments[-SEGMENT_LINES:]
    left_out = result.earlier_segments + len(result.segments) - len(shown)
    if len(shown) < 2:
        return []
    lines = ["", f"({number_format.quantity(left_out, 'earlier segment')})"] if left_out else [""]
    for segment in shown:
        lines += _entry(f"segment {segment.segment}", _segment(segment))
    return lines


def _segment(segment: Segment) -> str:
    what = ", ".join(segment.changes) or f"from {number_format.elapsed(segment.t_s)}"
    rate, response = number_format.rate(segment.throughput), _short(segment.latency_ms.response)
    failed = failed_text(segment.error_share)
    return f"{what}: {f'{failed}; ' if failed else ''}{segment.completed:,} completed, {rate} /s, response {response}"


def _short(latency: LatencyMs) -> str:
    return f"p50 {milliseconds(latency.p50)} p99 {milliseconds(latency.p99)} ms"
