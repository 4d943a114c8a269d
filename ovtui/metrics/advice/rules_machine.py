"""Rules about what the machine does beside the model."""

from __future__ import annotations

from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.advice.advice_facts import AdviceFacts
from ovtui.metrics.number_format import milliseconds

LONGER_FACTOR = 1.1
"""By so much the median has to be longer: less is within what medians of seconds differ by themselves."""


def disturbed(facts: AdviceFacts) -> Advice | None:
    """Throttling or another process made inferences take longer for a part of the segment: its figures are of two
    machines."""
    found = facts.disturbed
    if found is None or found.factor < LONGER_FACTOR:
        return None
    medians = f"{milliseconds(found.median_ms)} ms, and {milliseconds(found.others_ms)} ms in the other {found.others}"
    return Advice(
        "disturbed",
        "warning",
        f"{found.what} for {found.seconds} s, and inferences took longer in them: these figures are of two machines; "
        "measure again without it, or for so long that it settles",
        f"median inference of the {found.seconds} seconds {medians}",
    )
