"""Settings of the load: requests in flight, arrival, and limits."""

from __future__ import annotations

from typing import Annotated, Literal

from ovtui.settings.schema.arrival import canonical_arrival
from ovtui.settings.schema.field_spec import Effect, FieldSpec
from ovtui.settings.schema.rate import format_rate, parse_rate
from ovtui.settings.schema.state_policy import canonical_state

Nireq = Annotated[
    int,
    FieldSpec(
        flags=("--nireq",),
        metavar="N",
        help="Infer requests in flight (the size of the pool); compiling tunes the device for them "
        "(PERFORMANCE_HINT_NUM_REQUESTS); 0 takes OPTIMAL_NUMBER_OF_INFER_REQUESTS.",
        effect=Effect.LIVE,
        unset_text="auto",
        replaces_pool=True,
        group="Load",
        label="in flight",
        key="n",
        minimum=0,
        maximum=4096,
    ),
]
Api = Annotated[
    Literal["auto", "sync", "async"],
    FieldSpec(
        flags=("--api",),
        help="How requests are made: sync (infer(), one in flight, no other thread takes part), async (start_async); "
        "auto: sync in a closed loop with one request in flight.",
        effect=Effect.LIVE,
        group="Load",
        applies_to="closed loop",
    ),
]
Rate = Annotated[
    float,
    FieldSpec(
        flags=("--rate",),
        metavar="RATE",
        help="Load: requests per second (33.3), the period between requests (30ms), or 'closed': a new request when "
        "one returns.",
        effect=Effect.LIVE,
        unset_text="closed loop",
        group="Load",
        key="r",
        unit="/s",
        minimum=0,
        maximum=1e6,
        expected="requests per second (33.3), a period (30ms) or 'closed'",
        parse=parse_rate,
        show=format_rate,
    ),
]
Arrival = Annotated[
    str,
    FieldSpec(
        flags=("--arrival",),
        metavar="FORM",
        help="How requests arrive at that rate: constant, poisson, burst:N, ramp:RATE:SECONDS; or at their own: "
        "steps:RATE,RATE,...:SECONDS, trace:FILE (a CSV of times, in seconds unless its header names another unit; a "
        "recorded session or a demo's name).",
        effect=Effect.LIVE,
        group="Load",
        applies_to="open loop",
        parse=canonical_arrival,
    ),
]
Backlog = Annotated[
    int,
    FieldSpec(
        flags=("--backlog",),
        metavar="N",
        help="Open loop: how many due requests may wait for an idle infer request; further ones are shed and counted.",
        effect=Effect.LIVE,
        group="Load",
        applies_to="open loop",
        minimum=1,
        maximum=10_000_000,
        step=100,
    ),
]
State = Annotated[
    str,
    FieldSpec(
        flags=("--state",),
        metavar="POLICY",
        help="When the state of a stateful model (ReadValue/Assign) is reset: reset, before each request; N, after "
        "every N requests of each infer request; keep, never.",
        effect=Effect.LIVE,
        group="Load",
        applies_to="models with state",
        expected="reset, keep or a whole number from 1",
        parse=canonical_state,
    ),
]
Seed = Annotated[
    int,
    FieldSpec(
        flags=("--seed",),
        metavar="N",
        help="Seed of the random inputs.",
        effect=Effect.RECOMPILE,
        group="Load",
        minimum=0,
    ),
]
DurationS = Annotated[
    float,
    FieldSpec(
        flags=("--duration", "-t"),
        metavar="SECONDS",
        help="Stop the load after this time; 0 runs until stopped.",
        effect=Effect.START,
        unset_text="until stopped",
        group="Load",
        label="duration",
        unit="s",
        minimum=0,
        maximum=2_000_000,  # 23 days: in ms, the longest wait of poll(2)
    ),
]
Requests = Annotated[
    int,
    FieldSpec(
        flags=("--requests", "-n"),
        metavar="N",
        help="Stop the load after this many requests, in an open loop after as many have come due; 0 runs until "
        "stopped.",
        effect=Effect.START,
        unset_text="until stopped",
        group="Load",
        minimum=0,
    ),
]
EndRule = Annotated[
    Literal["first", "benchmark_app"],
    FieldSpec(
        flags=("--end-rule",),
        help="When the load ends: with the first of --duration and --requests; or as in benchmark_app, once those that "
        "are set are all reached, with each infer request (each data shape) started equally often. There the first "
        "inference comes before the load and counts for neither, unless --warm-up is none.",
        effect=Effect.START,
        group="Load",
        label="ends",
    ),
]
FillInputs = Annotated[
    Literal["once", "kept", "each", "benchmark_app"],
    FieldSpec(
        flags=("--fill-inputs",),
        help="When infer requests are given their inputs: several items in turn, what does not change once (once); "
        "each keeps its first item (kept); before every inference anew, as in an application (each); or kept, and each "
        "where the model leaves shapes open (benchmark_app).",
        effect=Effect.RECOMPILE,
        group="Load",
        label="fill inputs",
    ),
]
