"""A checker for the Trace Event Format (Google's document of that name) and the additional rules of Perfetto's
importer: `check` raises AssertionError for the first invalid event."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

Event = dict[str, Any]
NUMBER = (int, float)
COMMON: dict[str, tuple[type, ...]] = {"ph": (str,), "pid": (int,), "tid": (int,), "name": (str,)}
OWN: dict[str, dict[str, tuple[type, ...]]] = {
    "X": {"ts": NUMBER, "dur": NUMBER, "cat": (str,)},
    "i": {"ts": NUMBER, "s": (str,), "cat": (str,)},
    "C": {"ts": NUMBER, "args": (dict,)},
    "s": {"ts": NUMBER, "cat": (str,), "id": (int,)},
    "t": {"ts": NUMBER, "cat": (str,), "id": (int,)},
    "f": {"ts": NUMBER, "cat": (str,), "id": (int,), "bp": (str,)},
    "M": {"args": (dict,)},
}
OPTIONAL = {"args", "bp"}
METADATA = {"process_name": "name", "process_sort_index": "sort_index", "thread_name": "name"}


def check(text: str) -> list[Event]:
    """The events of a trace, after all checks."""
    whole = json.loads(text, parse_constant=_no_constant)
    assert set(whole) == {"displayTimeUnit", "traceEvents"}
    assert whole["displayTimeUnit"] in ("ms", "ns")
    events: list[Event] = whole["traceEvents"]
    for event in events:
        _fields(event)
    _threads(events)
    _nesting(events)
    _flows(events)
    return events


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def _fields(event: Event) -> None:
    phase = event.get("ph")
    assert phase in OWN, event
    wanted = COMMON | OWN[phase]
    assert set(wanted) <= set(event) <= set(wanted) | OPTIONAL, event
    for key, types in wanted.items():
        assert isinstance(event[key], types), event
        assert not isinstance(event[key], bool), event
    assert event.get("ts", 0) >= 0, event
    assert event.get("dur", 0) >= 0, event
    if phase == "i":
        assert event["s"] in ("g", "p", "t"), event
    if phase == "M":
        assert set(event["args"]) == {METADATA[event["name"]]}, event
    if phase == "C":
        assert event["args"], event
        assert all(isinstance(value, NUMBER) for value in event["args"].values()), event


def _threads(events: list[Event]) -> None:
    """Perfetto expects thread ids to be unique in the machine: none may be in two processes, and only the main thread
    of a process may have the process id."""
    processes: dict[int, set[int]] = defaultdict(set)
    for event in events:
        processes[event["tid"]].add(event["pid"])
    pids = set().union(*processes.values())
    for tid, found in processes.items():
        assert len(found) == 1, (tid, found)
        assert tid not in pids or found == {tid}, (tid, found)
    assert 0 not in processes  # the kernel's idle thread


def _nesting(events: list[Event]) -> None:
    """Slices of a lane follow or contain each other: Perfetto drops overlapping ones."""
    lanes: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            start_ns = round(event["ts"] * 1e3)
            lanes[event["pid"], event["tid"]].append((start_ns, start_ns + round(event["dur"] * 1e3)))
    for lane, slices in lanes.items():
        open_ends: list[int] = []
        for start, end in sorted(slices, key=lambda span: (span[0], -span[1])):
            while open_ends and open_ends[-1] <= start:
                open_ends.pop()
            assert not open_ends or end <= open_ends[-1], (lane, start, end, open_ends[-1])
            open_ends.append(end)


def _flows(events: list[Event]) -> None:
    """Each arrow has one begin and one end, is ordered by time, and has each of its points inside a slice."""
    slices: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    arrows: dict[tuple[str, int], list[Event]] = defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            slices[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
        elif event["ph"] in "stf":
            arrows[event["cat"], event["id"]].append(event)
    for points in arrows.values():
        phases = "".join(point["ph"] for point in points)
        assert phases == "s" + "t" * (len(points) - 2) + "f", points
        for point in points:
            lane = slices[point["pid"], point["tid"]]
            assert any(start <= point["ts"] <= end for start, end in lane), point
