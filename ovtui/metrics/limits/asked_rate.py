"""The rate that an open loop asked for and got: a throughput that is known without statistics."""

from __future__ import annotations

from ovtui.metrics.groups.group_figures import GroupFigures
from ovtui.metrics.groups.throughputs import RATE_DECIMALS
from ovtui.metrics.session.session_state import SessionState
from ovtui.settings.schema.settings import Settings

_AT_ONE_RATE = ("constant", "poisson", "burst")


def asked_rate(settings: Settings, group: GroupFigures, session_state: SessionState, missing: int) -> float | None:
    """Requests a second that came due and were all served; None where that is not so, in a closed loop, and where the
    rate changes by its schedule. `group`: of the segment in force. `missing`: requests whose records were lost, that
    were shed, or that still waited at the end."""
    all_served = session_state.phase == "ended" and group.completed and not group.errors and not missing
    at_one_rate = settings.rate and settings.arrival.partition(":")[0] in _AT_ONE_RATE
    return round(settings.rate, RATE_DECIMALS) if all_served and at_one_rate else None
