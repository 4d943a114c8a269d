"""The keys that sort and filter the table of requests, and the one that leads to the slowest."""

from __future__ import annotations

from ovtui.dashboard.keys.command import Command, Scope

TABLE_SEARCH: tuple[Command, ...] = (
    Command("sort", ("o",), "sort", "sort",
            "Sort the requests: then a column's letter; the same again reverses, escape is the order of completion.",
            Scope.TABLE),
    Command("all-requests", ("escape",), "release", "all",
            "End the filter; again: the sorting; again: the newest request.", Scope.REQUESTS),
    Command("filter-take", ("enter",), "leave(True)", "filter", "Show the requests for which all words hold.",
            Scope.FILTERING, 1),
    Command("filter-end", ("escape",), "leave(False)", "as before", "Leave the filter as it was.",
            Scope.FILTERING, 2),
    Command("filter-complete", ("tab",), "complete", "complete", "Complete the word.", Scope.FILTERING, 3),
    Command("sort-column", (), "", "sort by", "Sort by the column with that letter; again: reversed.", Scope.SORTING, 1,
            keys_text="letter"),
    Command("sort-end", ("escape",), "leave", "by completion", "Back to the order of completion.", Scope.SORTING, 2),
)  # fmt: skip

TABLE_FROM_ANYWHERE: tuple[Command, ...] = (
    Command("slowest", ("exclamation_mark",), "screen.slowest", "slowest",
            "The slowest request that counts, in view 2, and why it was.", Scope.VIEWS),
    Command("filter", ("slash",), "screen.filter", "filter",
            "Filter the requests, in view 2: late, timer, GPU.0, >20ms, batch 162, not late.", Scope.VIEWS),
)  # fmt: skip
