"""The keys of the studies, of the line that describes one, and those of every view that compare settings."""

from __future__ import annotations

from ovtui.dashboard.keys.command import Command, Scope

STUDIES: tuple[Command, ...] = (
    Command("study-open", ("enter",), "open", "open",
            "What was measured of the point: its segment in view 6, in a replay the moment; on a sweep's best point: "
            "stage its settings.",
            Scope.STUDIES, 2),
    Command("study-show", ("o",), "show", "show", "What was measured of the point, of the best one too.",
            Scope.STUDIES),
    Command("study-use", ("u",), "use", "use", "Stage the settings of the point under the cursor.", Scope.STUDIES, 3,
            changes=True),
    Command("study-stop", ("H",), "stop", "stop", "End the study or the trial with what it has.", Scope.STUDIES, 1),
    Command("find-rate", ("r",), "ask('find-rate')", "find rate",
            "Search for the highest rate at which the limits hold: p99<20ms.", Scope.STUDIES, 4, changes=True),
    Command("sweep", ("w",), "ask('sweep')", "sweep",
            "Measure many settings and find the best: nstreams=1,2,4 nireq=1..16 goal=throughput slo=p99<20ms.",
            Scope.STUDIES, 5, changes=True),
    Command("beside", ("b",), "ask('beside')", "beside",
            "Run a second model on this machine, and tell what it costs this one: MODEL,rate=30.", Scope.STUDIES, 6,
            changes=True),
    Command("rank", ("a",), "ask('rank')", "rank",
            "Measure each device with each hint, in one table: CPU GPU AUTO hint=latency,throughput.", Scope.STUDIES, 9,
            changes=True),
    Command("study-back", ("left", "h"), "choose(-1)", "other study", "The study or trial before.", Scope.STUDIES, 7,
            "study-on"),
    Command("study-on", ("right",), "choose(1)", "study after", "The study or trial after.", Scope.STUDIES),
    Command("study-plot", ("z",), "plot", "pictures", "The pictures in the place of the table, or the table again.",
            Scope.STUDIES, 8),
    Command("heat-pair", ("m",), "pair", "other two", "The heat map of two other settings of the sweep.",
            Scope.STUDIES),
    Command("study-line-take", ("enter",), "leave(True)", "begin", "Begin what the line describes.",
            Scope.STUDY_LINE, 1),
    Command("study-line-end", ("escape",), "leave(False)", "cancel",
            "Begin nothing; what was written is there again next time.", Scope.STUDY_LINE, 2),
)  # fmt: skip

COMPARE: tuple[Command, ...] = (
    Command("pin", ("at",), "screen.pin", "pin as A", "Remember the settings in force as A, to compare others "
            "with them.", Scope.VIEWS),
    Command("compare-now", ("X",), "screen.compare", "compare with now",
            "Try the pinned settings A against those in force, in turns, and show the measured difference.",
            Scope.VIEWS, changes=True),
)  # fmt: skip
