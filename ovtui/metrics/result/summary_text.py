"""What was measured, as plain text of 80 columns: printed when the dashboard closes and at the end of `ovtui run`."""

from __future__ import annotations

import textwrap

from ovtui.metrics import number_format
from ovtui.metrics.advice.advice_facts import advice_facts
from ovtui.metrics.advice.registry import advise
from ovtui.metrics.batching.batch_wait import BatchShares
from ovtui.metrics.digest import Digest
from ovtui.metrics.groups.tally import Tally
from ovtui.metrics.handover.device_state import device_indicator
from ovtui.metrics.handover.handover_phases import HandoverPhases
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.result.build import device_key, device_names
from ovtui.metrics.session.session_state import SessionState
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.events import SegmentBegan
from ovtui.settings.schema.arrival import describe_load
from ovtui.settings.schema.settings import WarmUpRule

WIDTH = 80
SEGMENT_LINES = 12
_LABEL = 13
_COLUMNS = {"p50": "p50", "p90": "p90", "p95": "p95", "p99": "p99", "p999": "p99.9", "max": "max"}
_KINDS: tuple[LatencyKind, ...] = ("inference", "service", "response")


def summary_lines(digest: Digest) -> list[str]:
    snapshot, story = digest.snapshot(), digest.story
    lines = [
        *_entry("model", _model(story)),
        *_entry("device", _device(snapshot)),
        *_handovers(digest),
        *_entry("load", _load(snapshot)),
        *_lag(digest),
        *_entry("requests", _requests(snapshot, digest.due, digest.abandoned)),
        *_entry("throughput", f"{number_format.rate(snapshot.mean_throughput)} /s"),
        "",
        *_latency_table(snapshot),
        *_entry("left out", _warm_up(snapshot)),
        *_limits(digest),
        "",
        *_by_device(digest),
        *_entry("batching", _batching(digest)),
        *_waiting(digest.run.batches()),
        *_segments(digest),
        *_advice(digest),
    ]
    return ["".join(c if c.isprintable() else "?" for c in line) for line in lines]


def _entry(label: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"{label:<{_LABEL - 1}} ", subsequent_indent=" " * _LABEL)


def _model(story: SessionState) -> str:
    engine, settings = story.engine, story.settings
    if engine is None or engine.model is None:
        return settings.model if settings else number_format.UNKNOWN
    inputs = ", ".join(f"{port.name} {port.shape} {port.type}" for port in engine.model.inputs)
    release = engine.model.openvino.partition("-")[0]
    return f"{engine.model.name}  {inputs}  OpenVINO {release}"


def _device(snapshot: Snapshot) -> str:
    story = snapshot.story
    state = device_indicator(story, snapshot.now_ns)
    shown = f"{state.device} ({state.sentence})" if state.sentence else state.device
    settings = story.settings
    if settings is None or settings.device == state.device:
        return shown
    compiled = story.engine.compiled if story.engine else None
    if compiled is not None and compiled.device != settings.device:
        return f"{compiled.device} instead of {settings.device}: {shown}"
    return f"{settings.device}: {shown}"


def _handovers(digest: Digest) -> list[str]:
    story, lines = digest.story, []
    known = {id(phases.change): phases for phases in digest.phases()}
    for engine in story.engines.values():
        for change in engine.device_changes:
            names = f"{device_names(change.before)} → {device_names(change.after)}"
            took_s = change.since_compile_ms / 1e3
            when = number_format.elapsed(change.t_ns / 1e9)
            lines += _entry("handover", f"{names} at {when}, {took_s:.2f} s after the compile began")
            if id(change) in known:
                lines += [line for text in _phases(known[id(change)]) for line in _entry("", text)]
    return lines


def _phases(phases: HandoverPhases) -> list[str]:
    """What requests felt of a change of device."""
    if phases.worst_ms is None:
        return []
    decimals = number_format.decimals_for(phases.after.typical_ms or phases.before.typical_ms)
    texts = [f"worst response at the switch {number_format.milliseconds(phases.worst_ms, decimals)} ms"]
    if phases.settled_ns is None:
        texts.append("latency had not settled at the end")
    else:
        texts.append(f"settled {(phases.settled_ns - phases.change.t_ns) / 1e9:.2f} s after it")
    sides = [("before", phases.before), ("after", phases.after)]
    compared = [f"{name} {_short(phase.latency['response'])}" for name, phase in sides if phase.requests]
    return [", ".join(texts), "; ".join(compared)]


def _load(snapshot: Snapshot) -> str:
    settings, segment = snapshot.story.settings, snapshot.story.segment
    if settings is None:
        return number_format.UNKNOWN
    in_flight = f"{segment.nireq} in flight" if segment else "nothing in flight"
    return f"{describe_load(settings)}, {in_flight}, for {snapshot.elapsed_s:,.1f} s"


def _lag(digest: Digest) -> list[str]:
    """What lies between due and submitted, each in a line of its own."""
    lags = digest.lag.figures()
    queued = lags.queued.count if lags.queued else 0
    return [
        *_spread("sent after they were due:", lags.schedule),
        *_spread(f"{queued:,} more waited for an idle infer request:", lags.queued),
        *_spread("filling in each input, apart from the inference:", lags.input_copy),
    ]


def _spread(what: str, lag: Latency | None) -> list[str]:
    if not lag or not lag.count:
        return []
    p50, p99, worst = (number_format.milliseconds(value, 3) for value in (lag.p50, lag.p99, lag.max))
    return _entry("", f"{what} p50 {p50}, p99 {p99}, max {worst} ms")


def _requests(snapshot: Snapshot, due: int, abandoned: int) -> str:
    unsent = snapshot.story.unsent
    return (
        (f"{due:,} due  " if due > snapshot.submitted else "")
        + (
            f"{snapshot.submitted:,} submitted  {snapshot.completed:,} completed  {snapshot.errors:,} errors  "
            f"{snapshot.late:,} late  {snapshot.lost:,} lost"
        )
        + (f"  {snapshot.shed:,} shed" if snapshot.shed else "")
        + (f"  {abandoned:,} never came back" if abandoned else "")
        + (f"  {unsent:,} still waited at the end" if unsent else "")
    )


def _latency_table(snapshot: Snapshot) -> list[str]:
    decimals = number_format.decimals_for(snapshot.latency["inference"].p50)
    heading = f"{'latency ms':<{_LABEL}}" + "".join(f"{name:>11}" for name in _COLUMNS.values())
    rows = []
    for kind in _KINDS:
        values = [getattr(snapshot.latency[kind], name) for name in _COLUMNS]
        cells = "".join(f"{number_format.milliseconds(value, decimals):>11}" for value in values)
        rows.append(f"{kind:<{_LABEL}}{cells}")
    return [heading, *rows]


def _warm_up(snapshot: Snapshot) -> str:
    """What of engines' starts is not in the latencies above."""
    cut = snapshot.warm_up
    if cut.rule == "none":
        return "nothing (--warm-up none)"
    count = f"{_count(cut.requests, 'request', 'requests')} of warm-up"
    if cut.rule == "first":
        return f"{count}: each engine's first"
    how = {
        "steady": "each engine's first: the median was steady from then on"
        if cut.until_s is None
        else f"until the median was steady, {cut.until_s:.1f} s",
        "unsteady": "only each engine's first: the median was not steady within 10 s, or the run was too short",
    }
    return f"{count}: {how.get(cut.state, 'the first of each engine')}"


def _limits(digest: Digest) -> list[str]:
    """A line for each limit of --slo."""
    lines: list[str] = []
    for verdict in digest.slo():
        lines += _entry("slo" if not lines else "", verdict.sentence)
    return lines


def _advice(digest: Digest) -> list[str]:
    """What went wrong, not what could be a little better: that is in the JSON and on the dashboard."""
    lines: list[str] = []
    for said in advise(advice_facts(digest)):
        if said.severity == "warning":
            lines += _entry("advice" if not lines else "", said.text)
    return ["", *lines] if lines else []


def _by_device(digest: Digest) -> list[str]:
    """One line a device where more than one served."""
    if len(digest.devices) < 2:
        return []
    lines: list[str] = []
    for code, tally in sorted(digest.devices.items()):
        share = number_format.percent(tally.completed, digest.run.completed)
        latency = _short(tally.spread(digest.warm_up_rule)["inference"].latency())
        text = f"{device_key(code)}: {tally.completed:,} ({share}), inference {latency}"
        lines += _entry("by device" if not lines else "", text)
    return lines


def _batching(digest: Digest) -> str:
    shares = digest.run.batches()
    engine = digest.story.engine
    plan = engine.compiled.batching if engine and engine.compiled else None
    if shares.batched + shares.timed_out == 0 and plan is not None and plan.why_not:
        return f"none: {plan.why_not}"
    if shares.known == 0:
        return f"{number_format.UNKNOWN} (how many requests ran together is not known)"
    if shares.batched + shares.timed_out == 0:
        return "none: every request ran alone"
    # The plan is the last engine's, which may batch otherwise than those before it.
    size = shares.size or (plan.size if plan and (plan.size or 0) > 1 else None)
    head = f"{size} a batch, {_count(shares.batches, 'batch', 'batches')}"
    return (
        f"{head if shares.batches else f'no batch of {number_format.count(size)} ran'}: "
        f"full {number_format.percent(shares.batched, shares.known)}, "
        f"timer {number_format.percent(shares.timed_out, shares.known)}, "
        f"alone {number_format.percent(shares.single, shares.known)}"
        + (f"; the stand-in's {shares.stood_in:,} left out" if shares.stood_in else "")
    )


def _count(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"


def _waiting(shares: BatchShares) -> list[str]:
    """What waiting for batches cost; nothing where none was in play."""
    if shares.cost_ms is None:
        return []
    first, text = shares.first_wait, ""
    if first.count:
        decimals = number_format.decimals_for(first.p50)
        p50, p99, most = (number_format.milliseconds(value, decimals) for value in (first.p50, first.p99, first.max))
        text = f"first of a batch p50 {p50} p99 {p99} max {most} ms; "
    cost = number_format.milliseconds(shares.cost_ms, number_format.decimals_for(shares.cost_ms))
    about = f"{shares.cost_certainty.sign} {cost}".lstrip()
    return _entry("waited", f"{text}{about} ms a request on average")


def _segments(digest: Digest) -> list[str]:
    segments = digest.story.segments
    if len(segments) < 2:
        return []
    shown = segments[-SEGMENT_LINES:]
    left_out = len(segments) - len(shown)
    lines = ["", f"({left_out} earlier segments)"] if left_out else [""]
    for began in shown:
        tally = digest.segments.get(began.segment) or Tally()
        lines += _entry(f"segment {began.segment}", _segment(began, tally, digest.warm_up_rule))
    return lines


def _segment(began: SegmentBegan, tally: Tally, rule: WarmUpRule) -> str:
    what = ", ".join(began.changes) or f"from {number_format.elapsed(began.t_ns / 1e9)}"
    rate = number_format.rate(tally.throughput)
    response = _short(tally.spread(rule)["response"].latency())
    return f"{what}: {tally.completed:,} completed, {rate} /s, response {response}"


def _short(latency: Latency) -> str:
    decimals = number_format.decimals_for(latency.p50)
    p50, p99 = (number_format.milliseconds(value, decimals) for value in (latency.p50, latency.p99))
    return f"p50 {p50} p99 {p99} ms"
