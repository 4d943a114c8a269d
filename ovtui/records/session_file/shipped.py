"""The recordings that come with ovtui."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "recordings"
SUFFIX = ".ovtui"


def shipped_recordings() -> dict[str, Path]:
    """Paths by name; empty where the installation has none."""
    return {path.stem: path for path in sorted(FOLDER.glob(f"*{SUFFIX}"))}
