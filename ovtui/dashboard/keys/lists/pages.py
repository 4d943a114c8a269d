"""The keys of the pages that cover a view: advice, trial, reasons, doctor, stuck, help."""

from __future__ import annotations

from ovtui.dashboard.keys.command import Command, Scope

PAGES: tuple[Command, ...] = (
    Command("advice-down", ("j", "down"), "move(1)", "down", "The next piece of advice.", Scope.ADVICE),
    Command("advice-up", ("k", "up"), "move(-1)", "up", "The one before.", Scope.ADVICE),
    Command("advice-stage", ("enter",), "stage", "stage", "Stage the settings that it suggests.", Scope.ADVICE),
    Command("advice-try", ("t",), "try", "try",
            "Try its settings against those in force, in turns, for 30 s at most, and show the measured difference.",
            Scope.ADVICE),
    Command("close-advice", ("escape", "v", "q"), "dismiss", "close", "Close the list.", Scope.ADVICE),
    Command("trial-keep", ("enter",), "keep", "keep", "Put the settings in force that were tried.", Scope.TRIAL),
    Command("trial-back", ("escape", "U"), "back", "cancel",
            "Cancel a trial that runs; after it, keep the settings that were in force.", Scope.TRIAL),
    Command("trial-hide", ("V", "q"), "dismiss", "hide", "Close the page; a trial runs on.", Scope.TRIAL),
    Command("close-events", ("escape", "e", "q"), "dismiss", "close", "Close the page.", Scope.EVENTS),
    Command("events-down", ("j", "down"), "scroll(1)", "scroll", "A line down, to older ones.", Scope.EVENTS,
            opposite="events-up"),
    Command("events-up", ("k", "up"), "scroll(-1)", "up", "A line up, to newer ones.", Scope.EVENTS),
    Command("events-page-down", ("pagedown", "space"), "page(1)", "page", "A page down.", Scope.EVENTS),
    Command("events-page-up", ("pageup",), "page(-1)", "page up", "A page up.", Scope.EVENTS),
    Command("events-newest", ("home",), "newest", "newest", "The newest event; the page follows again.", Scope.EVENTS),
    Command("events-oldest", ("end", "G"), "oldest", "oldest", "The oldest event that is kept.", Scope.EVENTS),
    Command("events-level", ("l",), "level", "levels",
            "All of them; without answers and the log's lines; warnings and errors alone.", Scope.EVENTS),
    Command("close-reason", ("escape", "O", "q"), "dismiss", "close", "Close the page.", Scope.REASONS),
    Command("reason-down", ("j",), "scroll(1)", "down", "A line down.", Scope.REASONS),
    Command("reason-up", ("k",), "scroll(-1)", "up", "A line up.", Scope.REASONS),
    Command("close-doctor", ("escape", "K", "q"), "dismiss", "close", "Close the page.", Scope.DOCTOR),
    Command("doctor-again", ("r",), "again", "look again", "Look at the machine once more.", Scope.DOCTOR),
    Command("doctor-down", ("j",), "scroll(1)", "down", "A line down.", Scope.DOCTOR, opposite="doctor-up"),
    Command("doctor-up", ("k",), "scroll(-1)", "up", "A line up.", Scope.DOCTOR),
    Command("close-stuck", ("escape", "F", "q"), "dismiss", "close", "Close the page.", Scope.STUCK),
    Command("stuck-again", ("r",), "again(False)", "look again", "Look at the engines once more.", Scope.STUCK),
    Command("stuck-native", ("n",), "again(True)", "native stacks",
            "Look once more, with native stacks by gdb or eu-stack: the engine stops for a moment.", Scope.STUCK),
    Command("stuck-down", ("j",), "scroll(1)", "down", "A line down.", Scope.STUCK),
    Command("stuck-up", ("k",), "scroll(-1)", "up", "A line up.", Scope.STUCK),
)  # fmt: skip

HELP: tuple[Command, ...] = (
    Command("close-help", ("escape", "question_mark", "q"), "dismiss", "close", "Close this page.", Scope.HELP, 1),
    Command("help-down", ("j",), "scroll(1)", "down", "A line down.", Scope.HELP),
    Command("help-up", ("k",), "scroll(-1)", "up", "A line up.", Scope.HELP),
    Command("help-page", ("space", "pagedown"), "page", "page", "A page down.", Scope.HELP),
    Command("help-keys", ("tab",), "keys", "keys", "From the terms to the keys, and back.", Scope.HELP),
)  # fmt: skip
