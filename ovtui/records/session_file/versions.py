"""What is said where a newer ovtui recorded than the one that reads."""

from __future__ import annotations

from ovtui import __version__
from ovtui.records.session_file.schema import VERSION


def newer_text(format_version: int, written_by: str, unknown_events: int) -> str:
    """One sentence that names both versions; empty where this ovtui knows all that is in the file."""
    writer = f"ovtui {written_by}" if written_by else "an ovtui"
    if format_version > VERSION:
        return (
            f"written by a newer ovtui ({writer}, format {format_version}); this one ({__version__}, format {VERSION}) "
            "may misread it: use one at least as new"
        )
    if unknown_events:
        events = f"{unknown_events:,} events hold" if unknown_events > 1 else "1 event holds"
        return (
            f"recorded by {writer}; {events} what this one ({__version__}) does not know and leaves out, "
            "all requests are read"
        )
    return ""
