"""The views by the digit that opens each; view_registry says what draws them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ViewKey:
    number: int
    """The digit that opens it."""
    name: str
    """One word: for the footer, and after 'view-' its command's id."""
    help: str


VIEW_KEYS: tuple[ViewKey, ...] = (
    ViewKey(1, "dashboard", "What serves, how fast, and what has just changed."),
    ViewKey(2, "requests", "Every request that is kept, and all that is known of one."),
    ViewKey(3, "batches", "Which requests shared a batch, when each fired and why."),
    ViewKey(4, "distribution", "How latencies spread: histogram and percentiles, by device, batching or segment."),
    ViewKey(5, "devices", "How an engine came up, figures by device and around a handover, all that happened."),
    ViewKey(6, "history", "Segments beside each other: what each change of settings did."),
)
