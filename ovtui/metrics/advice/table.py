"""Every rule there is. A new one is added here, with a case in tests/unit/test_advice.py where it must speak and one
where it must be silent."""

from __future__ import annotations

from ovtui.metrics.advice import batching
from ovtui.metrics.advice.rules import Rule

RULES: tuple[Rule, ...] = (
    batching.in_flight_no_multiple,
    batching.rate_too_low,
    batching.cannot_batch,
    batching.hint_does_not_batch,
    batching.never_seen_together,
    batching.tail_waits,
)
