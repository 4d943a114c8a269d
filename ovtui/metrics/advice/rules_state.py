"""Advice on stateful models."""

from __future__ import annotations

from ovtui.metrics.advice.advice import Advice, Claim
from ovtui.metrics.advice.advice_facts import AdviceFacts

SEQUENCE = 128
"""Tokens of a sequence that is proposed: a short answer of a language model."""


def state_grows(facts: AdviceFacts) -> Advice | None:
    """The state is kept, so each request does more work than the one before, and no figure describes a single one."""
    found = next((finding for finding in facts.steadiness.findings if finding.id == "state-growth"), None)
    if found is None or facts.settings.state != "keep":
        return None
    return Advice(
        "state-grows",
        "warning",
        f"{found.text}; try state {SEQUENCE}: it repeats sequences of {SEQUENCE} requests (reset begins each anew)",
        found.evidence,
        {"state": str(SEQUENCE)},
        Claim(
            "response p50", "rule of thumb", f"no state is longer than {SEQUENCE} requests make it", facts.response_p50
        ),
    )
