"""Which limits a rate can be sought for."""

from __future__ import annotations

from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.arrival import Burst, Constant, Poisson, parse_arrival
from ovtui.settings.schema.slo import Limit, limits_in_force
from ovtui.settings.shown_text import in_quotes

EXAMPLE = "--slo 'p99<20ms'"


def rate_limits(slo: str) -> tuple[Limit, ...]:
    """The limits in force. Raises SettingsError, with what to write, where no rate is the highest that holds them."""
    limits = limits_in_force(slo)
    if not limits:
        raise SettingsError(f"slo: the highest rate needs a limit that it holds; write one on latency: {EXAMPLE}")
    for limit in limits:
        if limit.metric == "throughput":
            raise SettingsError(f"slo: {limit}: the rate is what is sought; write limits on latency alone: {EXAMPLE}")
        if limit.unit == "ms" and limit.comparison == "=":
            raise SettingsError(f"slo: {limit}: that a latency equals a number cannot be shown; write < or >")
    if not any(limit.unit == "ms" and not limit.is_floor for limit in limits):
        raise SettingsError(f"slo: {slo}: no limit keeps the rate down; write one on latency, too: {EXAMPLE}")
    return limits


def rate_arrival(arrival: str) -> str:
    """The arrival with which rates are probed. Raises SettingsError for one that has no rate, or changes it."""
    if not isinstance(parse_arrival(arrival), Constant | Poisson | Burst):
        raise SettingsError(
            f"arrival: {in_quotes(arrival)} has rates of its own; a rate is sought with poisson, constant or burst:N"
        )
    return arrival
