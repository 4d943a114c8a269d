"""The keys of the fleet's screen: its table, the lines under it, its questions and the page of a box.

It shares the keys of the lists, those that work anywhere, and of those of every view the ones in SHARED."""

from __future__ import annotations

from ovtui.dashboard.keys.command import Command, Scope

FLEET: tuple[Command, ...] = (
    Command("fleet-open", ("enter",), "app.open(False)", "open",
            "The dashboard of the box under the cursor, through the tunnel, read-only; the others are followed on.",
            Scope.FLEET, 2),
    Command("fleet-open-commands", ("c",), "app.open(True)", "open with commands",
            "The same dashboard, in which settings can be changed and the session be ended.", Scope.FLEET),
    Command("fleet-box", ("i",), "box", "details", "All that is known of the box under the cursor, on a page.",
            Scope.FLEET, 3),
    Command("fleet-trouble", ("f",), "trouble", "failed, odd", "Only the boxes that failed, are silent or differ from "
            "their kind; again: all.", Scope.FLEET, 4),
    Command("fleet-sort", ("o",), "sort", "sort",
            "Sort the boxes: then a column's letter; the same again reverses, escape is by kind and name.",
            Scope.FLEET, 5),
    Command("fleet-kinds", ("m",), "kinds", "by kind", "The boxes under a heading for each kind of hardware, or in one "
            "list.", Scope.FLEET, 7),
    Command("fleet-stop", ("H",), "app.stop_box", "stop box",
            "End the run on the box under the cursor, and fetch what it measured.", Scope.FLEET, 8, changes=True),
    Command("fleet-stop-all", ("E",), "app.stop_all", "stop all",
            "End the runs on all boxes, and fetch what they measured.", Scope.FLEET, 9, changes=True),
    Command("fleet-filter-take", ("enter",), "leave(True)", "keep", "Back to the boxes that it shows.",
            Scope.FLEET_FILTER, 1),
    Command("fleet-filter-end", ("escape",), "leave(False)", "as before", "Leave the filter as it was.",
            Scope.FLEET_FILTER, 2),
    Command("fleet-sort-column", (), "", "sort by", "Sort by the column with that letter; again: reversed.",
            Scope.FLEET_SORT, 1, keys_text="letter"),
    Command("fleet-sort-end", ("escape",), "leave", "by name", "Back to the order of kinds and names.",
            Scope.FLEET_SORT, 2),
    Command("fleet-answer-end", ("e", "y"), "answer('end')", "end", "End the runs that the question is about.",
            Scope.FLEET_QUESTION, changes=True),
    Command("fleet-answer-leave", ("l", "D"), "answer('leave')", "leave running",
            "Leave; the runs go on, and ovtui fleet resume comes back to them.", Scope.FLEET_QUESTION),
    Command("fleet-answer-stay", ("escape", "q", "n"), "answer('stay')", "stay", "Back to the boxes.",
            Scope.FLEET_QUESTION),
    Command("close-box", ("escape", "i", "q"), "dismiss", "close", "Close the page.", Scope.FLEET_BOX),
    Command("box-down", ("j",), "scroll(1)", "scroll", "A line down.", Scope.FLEET_BOX, opposite="box-up"),
    Command("box-up", ("k",), "scroll(-1)", "up", "A line up.", Scope.FLEET_BOX),
)  # fmt: skip
FLEET_SCOPES = (Scope.FLEET, Scope.FLEET_FILTER, Scope.FLEET_SORT, Scope.FLEET_QUESTION, Scope.FLEET_BOX)
SHARED = (
    "filter", "copy-row", "copy-table", "write-table", "screenshot", "theme", "glyphs", "low-bandwidth", "save-look",
    "help", "palette", "quit", "detach", "interrupt", "redraw", "suspend",
)  # fmt: skip
"""The commands of every view and of anywhere that work on the fleet's screen too."""
