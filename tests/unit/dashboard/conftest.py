"""Whatever a dashboard is driven by, also by the snapshots' own fixture."""

from __future__ import annotations

from harness import quick_idle

quick_idle.install()
