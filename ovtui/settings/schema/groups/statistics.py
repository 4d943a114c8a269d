"""Settings of the statistics: the warm-up rule and the service-level objectives."""

from __future__ import annotations

from typing import Annotated, Literal

from ovtui.settings.schema.field_spec import Effect, FieldSpec
from ovtui.settings.schema.slo import canonical_slo

WarmUpRule = Literal["rule", "first", "none"]

Slo = Annotated[
    str,
    FieldSpec(
        flags=("--slo",),
        metavar="LIMITS",
        help="Limits to hold: 'p99<20ms,errors=0,throughput>100/s'; a latency is the response time unless named "
        "(inference.p99<8ms). Without a limit on errors, errors=0 is one.",
        effect=Effect.LIVE,
        unset_text="none",
        example="'p99<20ms,errors=0'",
        expected="limits such as 'p99<20ms,errors=0'",
        group="Statistics",
        parse=canonical_slo,
    ),
]
WarmUp = Annotated[
    WarmUpRule,
    FieldSpec(
        flags=("--warm-up",),
        help="What percentiles exclude of an engine's start: all until its median is steady (rule), only its first "
        "inference (first), or nothing (none).",
        effect=Effect.LIVE,
        group="Statistics",
        label="warm-up",
    ),
]
