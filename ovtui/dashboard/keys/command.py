"""What a command is: its keys, where it works, its words; and the digits of the views.

Commands avoid ctrl+a, ctrl+b, ctrl+s, ctrl+j, ctrl+o and alt chords, which tmux, screen, flow control and the line
discipline intercept, and ctrl+h, ctrl+i, ctrl+m, which arrive as backspace, tab and enter. Digits 1 to 9 are reserved
for views."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ViewKey:
    """A view and the digit that opens it."""

    number: int
    name: str
    """One word: shown in the footer; 'view-' and this word is the id of the command that opens the view."""
    target: str
    """'module:class' below ovtui.dashboard, imported when the view is opened first."""
    help: str


VIEW_KEYS: tuple[ViewKey, ...] = (
    ViewKey(1, "overview", "overview.overview_view:OverviewView", "What serves, how fast, and what has just changed."),
    ViewKey(2, "requests", "requests.requests_view:RequestsView",
            "Every request that is kept, and the details of one of them."),
    ViewKey(3, "batches", "batches.batches_view:BatchesView",
            "Which requests shared a batch, when each fired and why."),
    ViewKey(4, "distribution", "distribution.distribution_view:DistributionView",
            "How latencies spread: histogram and percentiles, by device, batching or segment."),
    ViewKey(5, "devices", "devices.devices_view:DevicesView",
            "Start-up, figures by device, the machine, events."),
    ViewKey(6, "history", "segments.history_view:HistoryView",
            "Segments beside each other: what each change of settings did."),
    ViewKey(7, "studies", "studies.studies_view:StudiesView",
            "Searches, sweeps and trials: begin one, how far it is, what it found."),
    ViewKey(8, "layers", "layers.layers_view:LayersView",
            "The time of each layer of the model, on one device or on two: profile them, sort and filter them."),
)  # fmt: skip
"""To add a view, add it here and put its class into a package of its own."""


class Scope(StrEnum):
    """Where a command works. The keys of an inner scope override those of an outer one, in this order: editing,
    settings, the view's own, anywhere."""

    ANYWHERE = "Anywhere"
    OVERVIEW = "Overview"
    VIEWS = "Every view"
    TABLE = "Request table"
    REQUESTS = "Requests"
    FILTERING = "Filtering the requests"
    SORTING = "Sorting the requests"
    BATCHES = "Batches"
    LISTS = "Devices, history, studies and layers"
    DEVICES = "Devices"
    DISTRIBUTION = "Distribution"
    STUDIES = "Studies"
    STUDY_LINE = "Describing a study"
    LAYERS = "Layers"
    LAYER_FILTER = "Filtering the layers"
    REPLAY = "Replay"
    TOUR = "Caption and ovtui learn"
    SETTINGS = "Settings pane"
    TYPING = "Typing a choice"
    EDITING = "Editing a value"
    SEARCHING = "Searching the settings"
    ADVICE = "Advice"
    TRIAL = "Trial"
    EVENTS = "History of events"
    REASONS = "OpenVINO's reasons"
    DOCTOR = "Doctor"
    STUCK = "Engine that does not answer"
    PRESETS = "Presets"
    NAMING = "Naming a preset"
    FLEET = "Fleet"
    FLEET_FILTER = "Filtering the boxes"
    FLEET_SORT = "Sorting the boxes"
    FLEET_QUESTION = "Before runs end"
    FLEET_BOX = "Page of a box"
    HELP = "Help"


@dataclass(frozen=True, slots=True)
class Command:
    id: str
    keys: tuple[str, ...]
    """Default keys by Textual's names; empty for a command that accepts a whole class of keys (see `keys_text`)."""
    action: str
    label: str
    """A word or two, for the footer and the palette."""
    help: str
    scope: Scope
    footer: int = 0
    """Rank in the footer, 1 first; 0: not in the footer. Where space is short, the highest number is dropped first."""
    opposite: str = ""
    """Id of the command with the opposite effect; the footer shows both keys, as in j/k."""
    keys_text: str = ""
    """Shown instead of keys for a command that accepts a whole class of keys."""
    priority: bool = False
    palette: str = ""
    """What the palette calls it, where the label says too little without the key of its opposite."""
    changes: bool = False
    """Changes what is measured, or stages a change; not offered in a read-only session."""
