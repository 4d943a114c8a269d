"""How each view is made. A new view is an entry here, one in keys.view_keys, and a subclass of View in its own room."""

from __future__ import annotations

from collections.abc import Callable

from ovtui.dashboard.keys.view_keys import VIEW_KEYS
from ovtui.dashboard.views.context import ViewContext
from ovtui.dashboard.views.view import View


def _overview(context: ViewContext) -> View:
    from ovtui.dashboard.overview.overview_view import OverviewView

    return OverviewView(context)


def _requests(context: ViewContext) -> View:
    from ovtui.dashboard.requests.requests_view import RequestsView

    return RequestsView(context)


def _batches(context: ViewContext) -> View:
    from ovtui.dashboard.batches.batches_view import BatchesView

    return BatchesView(context.digest)


def _distribution(context: ViewContext) -> View:
    from ovtui.dashboard.distribution.distribution_view import DistributionView

    return DistributionView(context)


def _devices(context: ViewContext) -> View:
    from ovtui.dashboard.devices.devices_view import DevicesView

    return DevicesView(context)


def _history(context: ViewContext) -> View:
    from ovtui.dashboard.segments.history_view import HistoryView

    return HistoryView(context)


_FACTORIES: dict[str, Callable[[ViewContext], View]] = {
    "dashboard": _overview,
    "requests": _requests,
    "batches": _batches,
    "distribution": _distribution,
    "devices": _devices,
    "history": _history,
}
"""By the name in keys.view_keys; each imports its view when it is first opened."""


def make_view(number: int, context: ViewContext) -> View:
    """The view that this digit opens."""
    name = next(view.name for view in VIEW_KEYS if view.number == number)
    return _FACTORIES[name](context)
