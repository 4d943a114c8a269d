"""The terms on the screen: what each means, and which of them stand in which view. The help page shows those of the
view that it was opened over first."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.dashboard.keys.command import Scope

GLOSSARY: dict[str, str] = {
    "inference": "OpenVINO's own latency: from start_async to completion.",
    "service": "From submission to completion, as this program sees it.",
    "response": "From the time a request was due to its completion: how long a caller would have waited.",
    "p50 p99 max": "Half of the requests, 99 of 100, all of them took no longer. The worst in the plot is that of each "
    "column.",
    "seq": "The number of a request: requests count from 0 as they are submitted.",
    "order": "The place of a request among all that came back: 0 came back first.",
    "req": "Which infer request of the pool carried it, from 0. They are used again and again.",
    "batch": "The batch in which the request ran; ~ where that is deduced.",
    "of": "How many requests that batch had; 1: it ran alone.",
    "seg segment": "A period with the same settings; each change in force begins a new one.",
    "state": "first: an engine's first one. late: sent over 1 ms after it was due. timer: alone, as the batch timeout "
    "ran out. held: in a full batch that waited for the timer all the same. overtaken: a later one came back first. "
    "one of: which device served it is not known. warm-up: left out of percentiles.",
    "full, timer": "Full: ran with others in one batch. Timer: ran alone when the batch timeout ran out.",
    "late": "At a fixed rate: sent more than 1 ms after it was due, mostly because no request was idle.",
    "lost": "Records that were overwritten before this screen read them; their requests did complete.",
    "shed": "At a fixed rate: due while the backlog was full, or dropped by a change of the load; never sent.",
    "in flight": "Submitted and not back. On average they are throughput times service time.",
    "(CPU)": "The CPU standing in while AUTO compiles for the accelerator.",
    "first waited": "From a full batch's first submission to its last one, which fires it; the median of batches.",
    "costs": "How long a request waits for its batch or the timer, on average. ≈: includes timer runs, whose wait is "
    "their latency less the least latency of a request that ran alone. ≤: all requests had waited, so that the "
    "time of a run is unknown; the figure is their whole latency, and their wait is no longer than that.",
    "warm-up": "The part of the engine's start that percentiles leave out: all before its median is steady.",
    "SLO": "The limits (slo in the settings) against the segment in force: held or missed with 99 % confidence, or not "
    "known.",
    "busy": "The CPU's use by all processes; of a GPU the time in which it worked for this session, as its driver "
    "tells; of an NPU its use by all processes.",
    "throttled": "The clock of the CPU or GPU was lowered (power limit, temperature), or the CPU quota held the "
    "session. The rules of the CPU, the GPU and the quota differ; where several were at once, there is a fourth.",
    "others": "CPU time of processes that are none of the session's.",
    "glitch": "By how much the worst response at a change of device exceeded the usual peaks before and after it.",
    "settled": "After a change of device: the first of 20 responses in a row that are like the later half of them.",
    "saturated": "All cores are in use, and each frame takes its time from the requests: there is one a second until "
    "some are free again. A key is answered at once, and for 2 s there are as many frames as chosen.",
    "probe, point": "A rate of a search, a point of a sweep: settings that serve and are measured for a while.",
    "front": "The points of a sweep that no other one beats in the goal and in the response time together.",
    "dropped": "A point of a sweep that was left early, because it could not win any more.",
    "untouched": "One inference of an engine without profiling, one request in flight: it takes turns with the "
    "profiled one, so that what profiling costs is a paired figure.",
    "unexplained": "One inference of the profiled engine less the sum of its layers: what is between them; below 0 "
    "where layers run beside each other.",
    "median p95": "Of a layer in single inferences: half of them, 95 of 100 took no longer. <0.001: under a "
    "microsecond, to which OpenVINO cuts.",
    "cumulative": "The shares of this layer and of those above it together, in the order of the list.",
    "A, B": "The two sides of a trial, which serve in turns: A as it was or as it was pinned, and B against it.",
    "staged": "A change that needs a recompile and waits to be applied.",
    "*": "In the settings pane: not at its default, which the config file may set.",
    "fact": "A read-only property of a device.",
    "00:00": "The session's clock: minutes and seconds since the session began, the same on every surface.",
    "kind": "Boxes of the same hardware. Only these are compared with each other.",
    "differs": "Of a box: its p50 in blocks of 2 s against the median of the others of its kind in the same "
    "blocks, by the paired method of ovtui ab.",
    "silent": "Of a box: no line has come from it for longer than one was due. What it measures goes on; the line "
    "is made anew.",
    "in batches": "The share of the requests that ran in a batch of more than one.",
    "–": "Not known: a p99 needs 662 requests and a p99.9 needs 6,630.",
}
_TABLE = ("seq", "order", "req", "batch", "of", "seg segment", "state")
_LATENCIES = ("inference", "service", "response", "p50 p99 max")
TERMS: dict[Scope, Sequence[str]] = {
    Scope.OVERVIEW: (
        *_LATENCIES, "full, timer", "costs", "in flight", "late", "lost", "shed", *_TABLE, "(CPU)", "busy", "others",
        "warm-up", "SLO", "saturated",
    ),
    Scope.TABLE: (*_TABLE, *_LATENCIES[:3]),
    Scope.BATCHES: ("full, timer", "first waited", "costs", "seq", "req", "of", "seg segment"),
    Scope.DISTRIBUTION: (*_LATENCIES, "warm-up", "seg segment", "SLO"),
    Scope.DEVICES: ("(CPU)", "glitch", "settled", "p50 p99 max", "busy", "throttled", "others", "00:00"),
    Scope.LISTS: ("seg segment", *_LATENCIES, "warm-up"),
    Scope.STUDIES: ("probe, point", "front", "dropped", "A, B", "p50 p99 max", "SLO"),
    Scope.LAYERS: ("untouched", "unexplained", "median p95", "cumulative"),
    Scope.FLEET: ("kind", "differs", "silent", "in batches", "p50 p99 max", "(CPU)", "throttled"),
    Scope.SETTINGS: ("staged", "*", "fact"),
}  # fmt: skip
"""By the scopes of a view's own commands: the terms that stand in it."""


def terms_of(scopes: Sequence[Scope]) -> list[str]:
    """The terms of these views, each once, in the order in which they stand there."""
    return list(dict.fromkeys(term for scope in scopes for term in TERMS.get(scope, ())))
