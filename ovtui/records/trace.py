"""A session file in the Chrome trace format, which ui.perfetto.dev and chrome://tracing open.

Lanes by infer request hold a slice from submission to completion; the slices of one batch are joined by a flow; what
happened (handovers, settings, deaths) stands as an instant over all lanes; throughput and the requests in flight are
counters of 0.1 s. Times are microseconds from the session's start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from ovtui.records.devices import name_of
from ovtui.records.events import (
    AcceleratorNews,
    Compiled,
    DeviceChanged,
    EngineExited,
    EngineSpawned,
    Event,
    LoadEnded,
    Note,
    Refused,
    SegmentBegan,
)
from ovtui.records.export import flag_names
from ovtui.records.layout import Records
from ovtui.records.session_reader import SessionReader

REQUESTS, WAITS, EVENTS = 1, 2, 3
"""Process ids of the trace: the infer requests, what waited before its submission, what happened."""
COUNTER_NS = 100_000_000
HELD_BACK = 100
"""Counter steps: 10 s, longer than a request is in flight."""


def trace(file: SessionReader) -> Iterator[str]:
    yield '{"displayTimeUnit":"ms","traceEvents":[\n'
    yield ",\n".join(map(_dump, _names(file)))
    for _, event in file.events():
        for made in _happening(event):
            yield ",\n" + _dump(made)
    counters = _Counters()
    seen: set[int] = set()
    for records in file.all_records():
        yield from _lanes(records, seen)
        yield from counters.add(records)
    yield from counters.end()
    yield "\n]}\n"


def _names(file: SessionReader) -> list[dict[str, Any]]:
    title = file.meta.get("command", "ovtui")
    names = {REQUESTS: f"infer requests: {title}", WAITS: "waiting since due", EVENTS: "session"}
    return [_meta(pid, "process_name", name=name) for pid, name in names.items()] + [
        _meta(pid, "process_sort_index", sort_index=index) for pid, index in {EVENTS: 0, REQUESTS: 1, WAITS: 2}.items()
    ]


def _meta(pid: int, kind: str, **values: Any) -> dict[str, Any]:
    return {"ph": "M", "pid": pid, "tid": 0, "name": kind, "args": values}


def _lanes(records: Records, seen: set[int]) -> Iterator[str]:
    for request in sorted(set(records["request"].tolist()) - seen):
        seen.add(request)
        for pid in (REQUESTS, WAITS):
            yield ",\n" + _dump({**_meta(pid, "thread_name", name=f"request {request}"), "tid": request})
    parts = []
    for row in zip(*(records[name].tolist() for name in _FIELDS), strict=True):
        seq, request, batch, size, device, segment, flags, due_ns, submit_ns, done_ns, infer_us = row
        name = name_of(device) + (f" batch of {size}" if size > 1 else "")
        start, long = submit_ns / 1e3, (done_ns - submit_ns) / 1e3
        notes = "".join(f', "{flag}": true' for flag in flag_names(flags))
        parts.append(
            f',\n{{"ph":"X","pid":{REQUESTS},"tid":{request},"ts":{start:.3f},"dur":{long:.3f},"name":"{name}",'
            f'"cat":"request","args":{{"seq":{seq},"batch":{batch},"segment":{segment},'
            f'"inference_ms":{infer_us / 1e3:.4f}{notes}}}}}'
        )
        if submit_ns > due_ns:
            parts.append(
                f',\n{{"ph":"X","pid":{WAITS},"tid":{request},"ts":{due_ns / 1e3:.3f},'
                f'"dur":{(submit_ns - due_ns) / 1e3:.3f},"name":"waited","cat":"wait","args":{{"seq":{seq}}}}}'
            )
    yield "".join(parts)
    yield "".join(_flows(records))


_FIELDS = (
    "seq", "request", "batch_id", "batch_size", "device", "segment", "flags", "due_ns", "submit_ns", "done_ns",
    "infer_us",
)  # fmt: skip


def _flows(records: Records) -> Iterator[str]:
    """An arrow through the requests of each batch, in the order of their submission."""
    batched = records[records["batch_id"] > 0]
    if not len(batched):
        return
    batched = batched[np.lexsort((batched["seq"], batched["batch_id"]))]
    ids = batched["batch_id"]
    first = np.append(True, ids[1:] != ids[:-1])
    last = np.append(ids[1:] != ids[:-1], True)
    for i in np.flatnonzero(~(first & last)).tolist():
        kind = "s" if first[i] else "f" if last[i] else "t"
        # Inside its slice, or no viewer knows which slice the arrow belongs to.
        inside_us = (int(batched["submit_ns"][i]) + int(batched["done_ns"][i])) / 2e3
        bind = ',"bp":"e"' if kind == "f" else ""
        yield (
            f',\n{{"ph":"{kind}","pid":{REQUESTS},"tid":{int(batched["request"][i])},"ts":{inside_us:.3f},'
            f'"id":{int(ids[i])},"name":"batch","cat":"batch"{bind}}}'
        )


class _Counters:
    """Completions a second and requests in flight, in steps of COUNTER_NS, from records nearly in order."""

    def __init__(self) -> None:
        self._done: dict[int, int] = {}
        self._in_flight: dict[int, int] = {}
        """Change within each step."""
        self._open = 0

    def add(self, records: Records) -> Iterator[str]:
        for name, sign, into in (("submit_ns", 1, self._in_flight), ("done_ns", -1, self._in_flight)):
            steps, counts = np.unique(records[name] // COUNTER_NS, return_counts=True)
            for step, count in zip(steps.tolist(), counts.tolist(), strict=True):
                into[step] = into.get(step, 0) + sign * count
                if sign < 0:
                    self._done[step] = self._done.get(step, 0) + count
        # What comes later may have been submitted earlier: the last steps are held back.
        yield from self._tell(int(records["submit_ns"].min()) // COUNTER_NS - HELD_BACK)

    def end(self) -> Iterator[str]:
        yield from self._tell(None)

    def _tell(self, before: int | None) -> Iterator[str]:
        for step in sorted(self._in_flight):
            if before is not None and step >= before:
                break
            self._open += self._in_flight.pop(step)
            rate = self._done.pop(step, 0) * 1_000_000_000 / COUNTER_NS
            at_us = step * COUNTER_NS / 1e3
            yield (
                ",\n"
                + _dump(_counter(at_us, "completions/s", rate))
                + ",\n"
                + _dump(_counter(at_us, "in flight", self._open))
            )


def _counter(at_us: float, name: str, value: float) -> dict[str, Any]:
    return {"ph": "C", "pid": EVENTS, "tid": 0, "ts": at_us, "name": name, "args": {"value": value}}


def _happening(event: Event) -> list[dict[str, Any]]:
    match event:
        case Compiled():
            began_us = (event.t_ns - event.compile_ms * 1e6) / 1e3
            name = f"compile {event.device}"
            return [
                {"ph": "X", "pid": EVENTS, "tid": event.engine, "ts": began_us, "dur": event.compile_ms * 1e3,
                 "name": name, "cat": "engine", "args": {"execution_devices": event.execution_devices}},
                {"ph": "M", "pid": EVENTS, "tid": event.engine, "name": "thread_name",
                 "args": {"name": f"engine {event.engine}"}},
            ]  # fmt: skip
        case DeviceChanged():
            text = f"handover {','.join(event.before)} → {','.join(event.after)}"
        case SegmentBegan():
            text = f"segment {event.segment}" + (f": {', '.join(event.changes)}" if event.changes else "")
        case EngineSpawned():
            text = f"engine {event.engine} starts"
        case EngineExited():
            text = f"engine {event.engine} {'ends' if event.expected else f'dies: {event.signal or event.code}'}"
        case AcceleratorNews():
            text = f"{event.device} {event.state}{f': {event.reason}' if event.reason else ''}"
        case Refused():
            text = f"refused: {event.reason}"
        case LoadEnded():
            text = f"load ends: {event.reason}"
        case Note():
            text = event.text
        case _:
            return []
    scope = "g" if isinstance(event, (DeviceChanged, SegmentBegan)) else "t"
    return [{"ph": "i", "s": scope, "pid": EVENTS, "tid": getattr(event, "engine", 0), "ts": event.t_ns / 1e3,
             "name": text, "cat": "event"}]  # fmt: skip


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))
