"""The keys of the layers, and of the line that filters them."""

from __future__ import annotations

from ovtui.dashboard.keys.command import Command, Scope

LAYERS: tuple[Command, ...] = (
    Command("layers-begin", ("b",), "begin", "profile",
            "Profile each layer on the device that serves, with an engine of its own; the load rests meanwhile.",
            Scope.LAYERS, 2, changes=True),
    Command("layers-on", ("B",), "ask", "profile on", "Profile the layers on one device or on two, side by side: CPU "
            "GPU.", Scope.LAYERS, 3, changes=True),
    Command("layers-stop", ("H",), "stop", "stop", "End the profiling with what it has; the load goes on.",
            Scope.LAYERS, 1),
    Command("layers-sort", ("o",), "sort", "sort", "By time, in the order of execution, by name, by type.",
            Scope.LAYERS, 4),
    Command("layers-back", ("left", "h"), "choose(-1)", "other device", "The device, or the profiling, before.",
            Scope.LAYERS, 5, "layers-after"),
    Command("layers-after", ("right",), "choose(1)", "device after", "The device, or the profiling, after.",
            Scope.LAYERS),
    Command("layer-filter-take", ("enter",), "leave(True)", "keep", "Back to the layers that it shows.",
            Scope.LAYER_FILTER, 1),
    Command("layer-filter-end", ("escape",), "leave(False)", "as before", "Leave the filter as it was.",
            Scope.LAYER_FILTER, 2),
)  # fmt: skip
