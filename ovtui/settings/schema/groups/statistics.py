"""What the figures leave out, and the limits that they are held against."""

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
        help="Limits to hold: 'p99<20ms,errors=0,throughput>100/s'; latencies are response's unless named "
        "(inference.p99<8ms).",
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
        help="What percentiles leave out of an engine's start: by rule until its median is steady, only its first "
        "inference, or none.",
        effect=Effect.LIVE,
        group="Statistics",
        label="warm-up",
    ),
]
