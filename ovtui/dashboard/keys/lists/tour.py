"""The keys of the caption: of `ovtui learn`, and of a session that is an experiment.

They work while it is shown. The keys of a view, of the settings pane and of pages win over them: escape leads the lanes
back to the newest first."""

from __future__ import annotations

from ovtui.dashboard.keys.command import Command, Scope

TOUR: tuple[Command, ...] = (
    Command(
        "tour-next",
        ("enter",),
        "tour('next')",
        "next",
        "ovtui learn: the next sentence, then the next section.",
        Scope.TOUR,
        1,
    ),
    Command(
        "tour-back",
        ("backspace",),
        "tour('back')",
        "back",
        "ovtui learn: the sentence before, then the section before.",
        Scope.TOUR,
        2,
    ),
    Command(
        "tour-end",
        ("escape",),
        "tour('end')",
        "hide",
        "Hide the caption of a demo or a preset. ovtui learn keeps it; quit ends it and prints what was seen.",
        Scope.TOUR,
        3,
    ),
)
