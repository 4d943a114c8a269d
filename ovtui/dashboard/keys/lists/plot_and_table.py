"""The keys of the overview and of the request table; those that sort and filter it, and that lead to the slowest."""

from __future__ import annotations

from ovtui.dashboard.keys.command import Command, Scope

PLOT_AND_TABLE: tuple[Command, ...] = (
    Command(
        "freeze", ("space", "f"), "freeze", "freeze", "Freeze the request table, or let it follow again.",
        Scope.TABLE, 3,
    ),
    Command("zoom", ("z", "plus", "equals_sign"), "zoom(-1)", "zoom",
            "A shorter time span in the plot: 15 min, 5 min, 60 s, 10 s; around a held handover ±30 s to ±1.5 s.",
            Scope.OVERVIEW, 4, "zoom-back"),
    Command("zoom-back", ("Z", "minus"), "zoom(1)", "zoom back", "A longer time span in the plot.", Scope.OVERVIEW),
    Command("plot-axis", ("l",), "plot_axis", "log/linear",
            "The plot's latency axis: by itself (logarithmic where the worst is over 20 times the p50), logarithmic, "
            "linear.",
            Scope.OVERVIEW),
    Command("switch", ("H",), "switch", "handover",
            "Fix the plot around the newest change of device; again: follow the present.", Scope.OVERVIEW),
    Command("metric", ("m",), "metric", "latency", "Which latency the plot shows: inference, service, response.",
            Scope.OVERVIEW, 5),
    Command("span", ("w",), "span", "span",
            "Percentiles of the segment in force, of the whole run, or of the last 60, 10 or 1 s.", Scope.OVERVIEW, 6),
    Command("machine", ("M",), "machine", "machine",
            "CPU and accelerators under the plot, or not.",
            Scope.OVERVIEW),
    Command("table-down", ("j", "down"), "table('down')", "older", "One request down the table.", Scope.TABLE, 7,
            "table-up"),
    Command("table-up", ("k", "up"), "table('up')", "newer", "One request up the table.", Scope.TABLE),
    Command("table-page-down", ("pagedown",), "table('page_down')", "page down", "One page down the table.",
            Scope.TABLE),
    Command("table-page-up", ("pageup",), "table('page_up')", "page up", "One page up the table.", Scope.TABLE),
    Command("table-newest", ("home",), "table('home')", "newest", "The newest request.", Scope.TABLE),
    Command("table-oldest", ("end", "G"), "table('end')", "oldest", "The oldest request that is kept.", Scope.TABLE),
    Command("focus", ("tab", "shift+tab"), "focus_pane", "focus", "Between the settings pane and the rest.",
            Scope.OVERVIEW),
)  # fmt: skip

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
            "Filter the requests, in view 2: late, timer, GPU.0, >20ms, batch 162, not late. In view 8: the layers; "
            "of a fleet: the boxes.",
            Scope.VIEWS),
)  # fmt: skip
