"""Export of a session file in the Chrome trace format, for ui.perfetto.dev and chrome://tracing.

Each infer request of each engine has a lane, with a slice from submission to completion. A flow connects the slices of
a batch. Handovers, changes of settings and engine exits are instants. Counters: perfetto_counters.py. Times are
microseconds from the session's start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from ovtui.records.arrays import Bools, Ints
from ovtui.records.completion_order import in_order_of_completion
from ovtui.records.data_shapes import DataShapes
from ovtui.records.device_codes import name_of
from ovtui.records.events import (
    AcceleratorChanged,
    Compiled,
    DeviceChanged,
    EngineExited,
    EngineSpawned,
    Event,
    IdleMeasured,
    LoadEnded,
    LoadPaused,
    Note,
    OtherLoadBegan,
    OtherLoadEnded,
    Refused,
    SegmentBegan,
    ThrottleBegan,
    ThrottleEnded,
)
from ovtui.records.export.csv_jsonl import flag_names
from ovtui.records.export.perfetto_counters import RequestCounters, Sample, machine_samples
from ovtui.records.record import Records, empty_records, join_records, lag_ms
from ovtui.records.session_file.reader import SessionReader

REQUESTS, EVENTS = 1, 2
"""Process ids of the trace: infer requests; events and counters."""
_FIRST_LANE, _FIRST_ENGINE = 100, 1_000_000
"""Thread ids of the infer requests and of the engines. Perfetto expects thread ids to be unique in the machine, as in
Linux: if one is used in two processes, or is also a process id, two lanes merge and overlapping slices are lost."""
_MACHINE_LANES = {"cpu": 11, "gpu": 12, "quota": 13, "other load": 14}
"""Thread ids of what disturbs."""
_RECENT_ROWS = 1024
"""Rows whose batches may be incomplete."""
_SEGMENT_COUNT = 1 << 16
"""Number of different values of a record's `segment`."""
_LANES_PER_ENGINE = 1 << 16
"""Lanes reserved for an engine: more than it can have infer requests."""


def trace_json(file: SessionReader) -> Iterator[str]:
    yield '{"displayTimeUnit":"ms","traceEvents":[\n'
    yield ",\n".join(map(_dump, _process_names(file)))
    engines = np.ones(_SEGMENT_COUNT, np.int64)
    """Engine number by segment."""
    shapes = DataShapes()
    for _, event in file.events():
        shapes.fold(event)
        if isinstance(event, SegmentBegan):
            engines[event.segment % _SEGMENT_COUNT] = event.engine
        for mark in _event_marks(event):
            yield ",\n" + _dump(mark)
    yield from map(_counter, machine_samples(file.readings(-1, file.end_ns)))
    counters, flows = RequestCounters(), _BatchArrows()
    seen: set[int] = set()
    for records in in_order_of_completion(file.readable_records()):
        lanes = _FIRST_LANE + (engines[records["segment"]] - 1) * _LANES_PER_ENGINE + records["request"]
        yield from _request_slices(records, lanes, seen, shapes.texts(records))
        yield from flows.add(records, lanes)
        yield from map(_counter, counters.add(records))
    yield from flows.end()
    yield from map(_counter, counters.end())
    yield "\n]}\n"


def _process_names(file: SessionReader) -> list[dict[str, Any]]:
    title = file.meta.get("command", "ovtui")
    names = {REQUESTS: f"infer requests: {title}", EVENTS: "session"}
    lanes = [
        {**_metadata(EVENTS, "thread_name", name="other load" if name == "other load" else f"{name} throttled"),
         "tid": lane} for name, lane in _MACHINE_LANES.items()
    ]  # fmt: skip
    return (
        lanes
        + [_metadata(pid, "process_name", name=name) for pid, name in names.items()]
        + [_metadata(pid, "process_sort_index", sort_index=index) for pid, index in {EVENTS: 0, REQUESTS: 1}.items()]
    )


def _metadata(pid: int, kind: str, **values: Any) -> dict[str, Any]:
    return {"ph": "M", "pid": pid, "tid": pid, "name": kind, "args": values}


def _request_slices(records: Records, lanes: Ints, seen: set[int], shapes: list[str]) -> Iterator[str]:
    for lane in sorted(set(lanes.tolist()) - seen):
        seen.add(lane)
        engine, request = (lane - _FIRST_LANE) // _LANES_PER_ENGINE + 1, (lane - _FIRST_LANE) % _LANES_PER_ENGINE
        name = f"request {request}" if engine == 1 else f"engine {engine} request {request}"
        yield ",\n" + _dump({**_metadata(REQUESTS, "thread_name", name=name), "tid": lane})
    parts = []
    columns = [records[name].tolist() for name in _FIELDS]
    shape_args = {text: f',"data_shape":{_dump_text(text)}' if text else "" for text in set(shapes)}
    for lane, shape, waited_ms, *row in zip(lanes.tolist(), shapes, lag_ms(records).tolist(), *columns, strict=True):
        seq, batch, size, device, segment, flags, submit_ns, done_ns, infer_us = row
        name = name_of(device) + (f" batch of {size}" if size > 1 else "")
        start_us, duration_us = submit_ns / 1e3, (done_ns - submit_ns) / 1e3
        notes = "".join(f', "{flag}": true' for flag in flag_names(flags))
        parts.append(
            f',\n{{"ph":"X","pid":{REQUESTS},"tid":{lane},"ts":{start_us:.3f},"dur":{duration_us:.3f},"name":"{name}",'
            f'"cat":"request","args":{{"seq":{seq},"batch":{batch},"segment":{segment},'
            f'"inference_ms":{infer_us / 1e3:.4f},"waited_ms":{waited_ms:.3f}{shape_args[shape]}{notes}}}}}'
        )
    yield "".join(parts)


_FIELDS = ("seq", "batch_id", "batch_size", "device", "segment", "flags", "submit_ns", "done_ns", "infer_us")


class _BatchArrows:
    """A flow arrow through the requests of each batch, in the order of submission. Arrows have numbers of their own,
    because batches of different engines share numbers."""

    def __init__(self) -> None:
        self._pending = empty_records()
        self._lanes = np.zeros(0, np.int64)
        self._arrows = 0

    def add(self, records: Records, lanes: Ints) -> Iterator[str]:
        batched = records["batch_id"] > 0
        self._pending = join_records([self._pending, records[batched]])
        self._lanes = np.append(self._lanes, lanes[batched])
        keys = self._batch_keys()
        complete = ~np.isin(keys, keys[-_RECENT_ROWS:])
        yield from self._draw(complete)

    def end(self) -> Iterator[str]:
        yield from self._draw(np.ones(len(self._pending), bool))

    def _batch_keys(self) -> Ints:
        """A key that is unique to a batch and its engine, for each pending record."""
        return self._pending["batch_id"].astype(np.int64) << 16 | (self._lanes - _FIRST_LANE) // _LANES_PER_ENGINE

    def _draw(self, which: Bools) -> Iterator[str]:
        keys, batched, lanes = self._batch_keys()[which], self._pending[which], self._lanes[which]
        self._pending, self._lanes = self._pending[~which], self._lanes[~which]
        order = np.lexsort((batched["seq"], keys))
        keys, batched, lanes = keys[order], batched[order], lanes[order]
        first = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
        last = np.append(keys[1:] != keys[:-1], True)[: len(keys)]
        for i in np.flatnonzero(~(first & last)).tolist():
            kind = "s" if first[i] else "f" if last[i] else "t"
            self._arrows += kind == "s"
            # The point lies inside the slice, so that viewers attach the arrow to it.
            inside_us = (int(batched["submit_ns"][i]) + int(batched["done_ns"][i])) / 2e3
            bind = ',"bp":"e"' if kind == "f" else ""
            yield (
                f',\n{{"ph":"{kind}","pid":{REQUESTS},"tid":{int(lanes[i])},"ts":{inside_us:.3f},'
                f'"id":{self._arrows},"name":"batch","cat":"batch"{bind}}}'
            )


def _counter(sample: Sample) -> str:
    value = {"value": sample.value}
    return ",\n" + _dump(
        {"ph": "C", "pid": EVENTS, "tid": EVENTS, "ts": sample.t_ns / 1e3, "name": sample.name, "args": value}
    )


def _event_marks(event: Event) -> list[dict[str, Any]]:
    match event:
        case Compiled():
            began_us = (event.t_ns - event.compile_ms * 1e6) / 1e3
            name = f"compile {event.device}"
            return [
                {"ph": "X", "pid": EVENTS, "tid": _event_thread(event), "ts": began_us, "dur": event.compile_ms * 1e3,
                 "name": name, "cat": "engine", "args": {"execution_devices": event.execution_devices}},
                {"ph": "M", "pid": EVENTS, "tid": _event_thread(event), "name": "thread_name",
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
        case AcceleratorChanged():
            text = f"{event.device} {event.state}{f': {event.reason}' if event.reason else ''}"
        case Refused():
            text = f"{'cancelled' if event.called_off else 'refused'}: {event.reason}"
        case LoadEnded():
            text = f"load ends: {event.reason}"
        case Note():
            text = event.text
        case ThrottleEnded() | OtherLoadEnded():
            return [_machine_span(event)]
        case ThrottleBegan() | OtherLoadBegan():
            text = _machine_text(event)
        case LoadPaused():
            text = "load pauses: the idle machine is measured"
        case IdleMeasured():
            watts = ", ".join(f"{name} {value}" for name, value in event.watts.items())
            text = f"idle: {watts or f'not measured: {event.text}'}"
        case _:
            return []
    scope = "g" if isinstance(event, (DeviceChanged, SegmentBegan)) else "t"
    return [{"ph": "i", "s": scope, "pid": EVENTS, "tid": _event_thread(event), "ts": event.t_ns / 1e3,
             "name": text, "cat": "event"}]  # fmt: skip


def _machine_text(event: ThrottleBegan | ThrottleEnded | OtherLoadBegan | OtherLoadEnded) -> str:
    if isinstance(event, ThrottleBegan | ThrottleEnded):
        reasons = f" ({', '.join(event.reasons)})" if event.reasons else ""
        return f"{event.source} throttled{reasons}"
    return f"{event.name or 'other processes'}: {event.percent:.0f} % of the cores"


def _machine_span(event: ThrottleEnded | OtherLoadEnded) -> dict[str, Any]:
    """From its beginning to its end, in a lane of its own: spans may lie over each other."""
    lane = _MACHINE_LANES[event.source if isinstance(event, ThrottleEnded) else "other load"]
    since_us = event.since_ns / 1e3
    return {"ph": "X", "pid": EVENTS, "tid": lane, "ts": since_us, "dur": event.t_ns / 1e3 - since_us,
            "name": _machine_text(event), "cat": "machine"}  # fmt: skip


def _event_thread(event: Event) -> int:
    engine: int = getattr(event, "engine", 0)
    return _FIRST_ENGINE + engine if engine else EVENTS


def _dump_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)  # Perfetto does not unescape →
