"""The state of a stateful model as part of a Result, and as a line of text."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.digest import Digest
from ovtui.metrics.result.schema import Result
from ovtui.metrics.result.state_schema import State
from ovtui.metrics.session.model_state import ModelState, model_state


def state_result(digest: Digest) -> State | None:
    """Of the segment in force; None for a model without state."""
    session_state = digest.session_state
    found = model_state(session_state)
    if found is None or session_state.segment is None:
        return None
    growth = digest.state_growth()
    return State(
        variables=found.variables,
        tokens=found.tokens,
        request_tokens=found.request_tokens,
        sequences=found.sequences,
        tokens_per_s=found.tokens_per_s(digest.segment(session_state.segment.segment).throughput),
        ms_per_1000_tokens=growth.ms_per_1000_tokens if growth else None,
    )


def state_line(result: Result) -> str:
    """'stateful: 2 variables, 1,234 tokens, kept; 950.2 tokens/s'."""
    state = result.state
    assert state is not None
    policy = result.settings.state if result.settings is not None else ""
    known = ModelState(state.variables, policy, state.tokens, state.request_tokens, state.sequences)
    rate = f"; {number_format.rate(state.tokens_per_s)} {known.rate_unit}" if state.tokens_per_s is not None else ""
    return f"{known.text}, {known.policy_text}{rate}"
