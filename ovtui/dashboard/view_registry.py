"""How each view is made. A new view is an entry here, one in keys.view_keys, and a subclass of View in its own room."""

from __future__ import annotations

from collections.abc import Callable

from ovtui.dashboard.keys.view_keys import VIEW_KEYS
from ovtui.dashboard.views.context import Context
from ovtui.dashboard.views.view import View


def _dashboard(context: Context) -> View:
    from ovtui.dashboard.overview.overview_view import SessionScreen

    return SessionScreen(context)


def _requests(context: Context) -> View:
    from ovtui.dashboard.requests.requests_view import RequestsScreen

    return RequestsScreen(context)


def _batches(context: Context) -> View:
    from ovtui.dashboard.batches.batches_view import BatchesScreen

    return BatchesScreen(context.digest)


def _distribution(context: Context) -> View:
    from ovtui.dashboard.distribution.distribution_view import DistributionScreen

    return DistributionScreen(context)


def _devices(context: Context) -> View:
    from ovtui.dashboard.devices.devices_view import DevicesScreen

    return DevicesScreen(context)


def _history(context: Context) -> View:
    from ovtui.dashboard.segments.history_view import HistoryScreen

    return HistoryScreen(context)


_MAKERS: dict[str, Callable[[Context], View]] = {
    "dashboard": _dashboard,
    "requests": _requests,
    "batches": _batches,
    "distribution": _distribution,
    "devices": _devices,
    "history": _history,
}
"""By the name in keys.view_keys; each imports its view when it is first opened."""


def make_view(number: int, context: Context) -> View:
    """The view that this digit opens."""
    name = next(view.name for view in VIEW_KEYS if view.number == number)
    return _MAKERS[name](context)
