"""The factory of each view. A new view is an entry here, one in keys.commands.VIEW_KEYS, and a subclass of View in a
package of its own."""

from __future__ import annotations

from collections.abc import Callable

from ovtui.dashboard.keys.commands import VIEW_KEYS
from ovtui.dashboard.views.view import View, ViewContext


def _overview(context: ViewContext) -> View:
    from ovtui.dashboard.overview.overview_view import OverviewView

    return OverviewView(context)


def _requests(context: ViewContext) -> View:
    from ovtui.dashboard.requests.requests_view import RequestsView

    return RequestsView(context)


def _batches(context: ViewContext) -> View:
    from ovtui.dashboard.batches.batches_view import BatchesView

    return BatchesView(context)


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
"""By the name in VIEW_KEYS. Each factory imports its view when it is opened first."""


def make_view(number: int, context: ViewContext) -> View:
    """A new instance of the view that this digit opens."""
    name = next(view.name for view in VIEW_KEYS if view.number == number)
    return _FACTORIES[name](context)
