"""How many requests, when they come, and when they end."""

from __future__ import annotations

from typing import Annotated

from ovtui.settings.schema.arrival import canonical_arrival
from ovtui.settings.schema.field_spec import Effect, FieldSpec
from ovtui.settings.schema.rate import format_rate, parse_rate

Nireq = Annotated[
    int,
    FieldSpec(
        flags=("--nireq",),
        metavar="N",
        help="Infer requests in flight (the size of the pool), for which a compile tunes the device "
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
Rate = Annotated[
    float,
    FieldSpec(
        flags=("--rate",),
        metavar="RATE",
        help="Load: requests a second (33.3), one each period (30ms), or 'closed': a new one when one returns.",
        effect=Effect.LIVE,
        unset_text="closed loop",
        group="Load",
        key="r",
        unit="/s",
        minimum=0,
        maximum=1e6,
        expected="a number a second (33.3), a period (30ms) or 'closed'",
        parse=parse_rate,
        show=format_rate,
    ),
]
Arrival = Annotated[
    str,
    FieldSpec(
        flags=("--arrival",),
        metavar="FORM",
        help="How requests arrive at that rate: constant, poisson, burst:N, ramp:RATE:SECONDS; or by themselves: "
        "steps:RATE,RATE,...:SECONDS, trace:FILE (a CSV of times in seconds, a recorded session or a demo's name).",
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
        help="Open loop: requests that may be due and wait for an idle one; more are shed, and counted.",
        effect=Effect.LIVE,
        group="Load",
        applies_to="open loop",
        minimum=1,
        maximum=10_000_000,
        step=100,
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
        help="Stop the load after this time; 0 goes on until stopped.",
        effect=Effect.START,
        unset_text="until stopped",
        group="Load",
        label="duration",
        unit="s",
        minimum=0,
    ),
]
Requests = Annotated[
    int,
    FieldSpec(
        flags=("--requests", "-n"),
        metavar="N",
        help="Stop the load after this many requests, in an open loop after so many have come due; 0 goes on until "
        "stopped.",
        effect=Effect.START,
        unset_text="until stopped",
        group="Load",
        minimum=0,
    ),
]
