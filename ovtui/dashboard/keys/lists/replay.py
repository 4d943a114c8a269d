"""The keys of a replay."""

from __future__ import annotations

from ovtui.dashboard.keys.command import Command, Scope

REPLAY: tuple[Command, ...] = (
    Command("replay-pause", ("P",), "replay('pause')", "pause", "Pause the replay, or let it go on.", Scope.REPLAY, 1),
    Command("replay-slower", ("left_square_bracket",), "replay('slower')", "speed", "Half the speed and less.",
            Scope.REPLAY, 2, "replay-faster", palette="slower"),
    Command("replay-faster", ("right_square_bracket",), "replay('faster')", "speed", "Twice the speed and more.",
            Scope.REPLAY, palette="faster"),
    Command("replay-step-back", ("comma",), "replay('step-back')", "step back", "0.1 s back, paused.", Scope.REPLAY),
    Command("replay-step", ("full_stop",), "replay('step')", "step", "0.1 s on, paused.", Scope.REPLAY, 3,
            "replay-step-back", palette="step on"),
    Command("replay-back", ("less_than_sign",), "replay('back')", "10 s back", "10 s back.", Scope.REPLAY),
    Command("replay-on", ("greater_than_sign",), "replay('on')", "10 s", "10 s on.", Scope.REPLAY, 4, "replay-back",
            palette="10 s on"),
    Command("replay-handover", ("N",), "replay('handover')", "next handover", "To just before the next handover.",
            Scope.REPLAY, 5),
    Command("replay-timeout", ("T",), "replay('timeout')", "next timeout",
            "To just before the next request that a batch timer let go alone.", Scope.REPLAY, 6),
    Command("replay-error", ("E",), "replay('error')", "next error", "To just before the next error.", Scope.REPLAY),
)  # fmt: skip
