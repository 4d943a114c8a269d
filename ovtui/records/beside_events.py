"""The events of a second model that runs beside the session's own: what it does, once a second."""

from __future__ import annotations

import msgspec


class BesideSecond(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="beside-second"):
    """One second of the second model, told by the process of the study: by its own records, which are in another
    session. Left out of the event log: it marks no change."""

    t_ns: int
    """The end of that second, on the clock of this session. A request belongs to the second in which it came back."""
    study: int
    serving: bool
    """False where the second model rested, so that the first one was alone, for all of the second."""
    completed: int
    throughput: float
    """1/s, of successful requests."""
    errors: int = 0
    p50_ms: float | None = None
    """Of the responses; None where nothing came back."""
    p99_ms: float | None = None
    """None where too few came back for it."""
    service_p50_ms: float | None = None
    """From submission to completion."""
    inference_p50_ms: float | None = None
