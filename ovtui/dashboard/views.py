"""The views, each on a digit's key. A new one is an entry here and a subclass of View in screens/."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovtui.dashboard.preferences import Preferences
    from ovtui.dashboard.screens.view import View
    from ovtui.dashboard.staging import Staging
    from ovtui.metrics.digest import Digest
    from ovtui.records.source import Source


@dataclass(frozen=True, slots=True)
class Context:
    """What a view draws from and acts on."""

    digest: Digest
    staging: Staging
    source: Source
    preferences: Preferences


@dataclass(frozen=True, slots=True)
class Entry:
    number: int
    """The digit that opens it."""
    name: str
    """One word: for the footer, and after 'view-' its command's id."""
    help: str
    make: Callable[[Context], View]
    """Imports the screen, and makes it when it is first opened."""


def _dashboard(context: Context) -> View:
    from ovtui.dashboard.screens.session import SessionScreen

    return SessionScreen(context)


def _requests(context: Context) -> View:
    from ovtui.dashboard.screens.requests import RequestsScreen

    return RequestsScreen(context)


def _batches(context: Context) -> View:
    from ovtui.dashboard.screens.batches import BatchesScreen

    return BatchesScreen(context.digest)


def _distribution(context: Context) -> View:
    from ovtui.dashboard.screens.distribution import DistributionScreen

    return DistributionScreen(context)


def _devices(context: Context) -> View:
    from ovtui.dashboard.screens.devices import DevicesScreen

    return DevicesScreen(context)


def _history(context: Context) -> View:
    from ovtui.dashboard.screens.history import HistoryScreen

    return HistoryScreen(context)


ENTRIES: tuple[Entry, ...] = (
    Entry(1, "dashboard", "What serves, how fast, and what has just changed.", _dashboard),
    Entry(2, "requests", "Every request that is kept, and all that is known of one.", _requests),
    Entry(3, "batches", "Which requests shared a batch, when each fired and why.", _batches),
    Entry(
        4,
        "distribution",
        "How latencies spread: histogram and percentiles, by device, batching or segment.",
        _distribution,
    ),
    Entry(5, "devices", "How an engine came up, figures by device and around a handover, all that happened.", _devices),
    Entry(6, "history", "Segments beside each other: what each change of settings did.", _history),
)
