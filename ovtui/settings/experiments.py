"""What the experiments teach: for each check that a preset or a shipped recording names, what is expected, and where it
is seen. How it is told from a session is in metrics/expectations; a test holds that both know the same checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    expected: str
    """A sentence without its full stop. {timeout} stands for the batch timeout that is set, {size} for the requests in
    flight, as in '16 submissions'."""
    look: str
    """Where it is seen. {overview}, {batches}, ... stand for the key of that view, {switch} for the handover's."""


CHECKS: Mapping[str, Check] = {
    "handover-then-steady": Check(
        "the CPU stands in until the handover; then latency is low and steady",
        "{switch} shows the handover",
    ),
    "handover-then-jitter": Check(
        "after the handover batches make latency higher, and it jitters",
        "{switch} shows the handover, {batches} the batches",
    ),
    "served-alone": Check(
        "every request is served alone: one submission, one completion",
        "{batches} shows a line for each",
    ),
    "batches-full": Check(
        "{size} submissions meet in one completion, but for those left over",
        "{batches} shows the lines",
    ),
    "every-request-waits": Check(
        "every request waits for the timer",
        "{batches} shows a dashed line for each",
    ),
    "waits-bounded": Check(
        "every request waits for the timer, not much longer than {timeout} ms",
        "{batches} shows a dashed line for each",
    ),
    "hints-side-by-side": Check(
        "each of the three hints serves in a segment of its own",
        "{history} shows them beside each other",
    ),
    "accelerator-no-faster": Check(
        "the accelerator serves this model hardly faster than the CPU did",
        "{distribution} shows both",
    ),
}
MADE_OF = ("device", "hint", "auto_batching", "batch_timeout_ms", "nireq", "rate", "arrival")
"""The settings that make an experiment: with another value of one of them what is expected may not hold. How long the
load lasts is of no matter."""
