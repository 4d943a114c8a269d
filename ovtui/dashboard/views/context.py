"""What every view of the dashboard is given."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.staging import Staging
from ovtui.metrics.digest import Digest
from ovtui.records.source import Source


@dataclass(frozen=True, slots=True)
class ViewContext:
    """What a view draws from and acts on."""

    digest: Digest
    staging: Staging
    source: Source
    preferences: Preferences
