"""The part of a Result on the state of a stateful model."""

from __future__ import annotations

import msgspec

from ovtui.records.events import Variable


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Of a stateful model (ReadValue/Assign). Each infer request has a state of its own; `settings.state` says when it
    is reset."""

    variables: list[Variable]
    tokens: int | None
    """The longest state of an infer request while `settings.state` is in force, by the tokens that requests gave it;
    null where the inputs do not tell."""
    request_tokens: int | None
    """Tokens of a sequence in each request; null where not known, or where requests differ."""
    sequences: int
    """Side by side in a request."""
    tokens_per_s: float | None
    """Tokens of all sequences a second in the last segment; null where not known, and for single tokens each of which
    begins with an empty state."""
    ms_per_1000_tokens: float | None
    """By how much the median inference rises for every 1,000 tokens that the state grows; null where the state does not
    grow, or no rise shows."""
