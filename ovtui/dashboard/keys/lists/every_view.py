"""The keys that work in every view, and anywhere."""

from __future__ import annotations

from ovtui.dashboard.keys.command import VIEW_KEYS, Command, Scope

EVERY_VIEW: tuple[Command, ...] = (
    *(
        Command(f"view-{view.name}", (str(view.number),), f"view({view.number})", view.name, view.help, Scope.VIEWS)
        for view in VIEW_KEYS
    ),
    Command("settings", ("s",), "settings", "settings", "Open or close the settings pane.", Scope.VIEWS, 1),
    Command("advice", ("v",), "advice", "advice",
            "What could be better, with its figures and the settings that would help.",
            Scope.VIEWS),
    Command("trial", ("V",), "trial", "trial", "The newest trial: its blocks, what it found, which settings to keep.",
            Scope.VIEWS),
    Command("apply", ("x",), "apply", "apply", "Apply the staged settings together; the old engine serves meanwhile.",
            Scope.VIEWS),
    Command("events", ("e",), "screen.events", "events",
            "The history of events: what happened, what was refused, what keys were answered.", Scope.VIEWS),
    Command("reason", ("O",), "screen.reason", "whole reason",
            "OpenVINO's whole text on a start, a change or requests that failed.", Scope.VIEWS),
    Command("measure-idle", ("I",), "measure_idle", "idle watts",
            "Pause the load for 5 s and measure the power of the idle machine.", Scope.VIEWS, changes=True),
    Command("doctor", ("K",), "screen.doctor", "doctor",
            "Which devices of this machine work, why the others do not, and what to type.", Scope.VIEWS),
    Command("stuck", ("F",), "screen.stuck", "stuck",
            "Where the engines stand now: each thread, the Python stacks, what each was doing.", Scope.VIEWS),
    Command("presets", ("p",), "presets", "presets", "Load, save, copy, rename and delete presets.", Scope.VIEWS, 8),
    Command("adopt", ("A",), "adopt", "adopt",
            "Put the settings that a failure suggests into the settings pane.", Scope.VIEWS, changes=True),
    Command("restart", ("R",), "restart", "restart", "Start the engine again after it has died.", Scope.VIEWS,
            changes=True),
    Command("copy-row", ("y",), "screen.copy('row')", "copy row",
            "Copy the row under the cursor, with all its fields, to the terminal's clipboard (OSC 52).", Scope.VIEWS),
    Command("copy-table", ("Y",), "screen.copy('table')", "copy table",
            "Copy the visible rows to the terminal's clipboard (OSC 52).", Scope.VIEWS),
    Command("write-table", ("W",), "screen.write_table", "write table",
            "Write every row that is kept to a CSV file in the current directory.", Scope.VIEWS),
    Command("screenshot", ("S",), "picture", "screenshot",
            "Write the screen to an SVG file in the current directory.", Scope.VIEWS),
    Command("theme", ("C",), "cycle_look('theme')", "theme", "Colours: dark, light, the terminal's own, high contrast.",
            Scope.VIEWS),
    Command("glyphs", ("g",), "cycle_look('glyphs')", "glyphs", "Draw in braille, blocks or plain ASCII.", Scope.VIEWS),
    Command("low-bandwidth", ("L",), "cycle_look('low_bandwidth')", "low bandwidth",
            "For slow lines: one frame a second, and a plot every few seconds.", Scope.VIEWS),
    Command("save-look", (), "save_look", "save the look", "Write theme, glyphs and bandwidth to the config file.",
            Scope.VIEWS),
)  # fmt: skip

ANYWHERE: tuple[Command, ...] = (
    Command("help", ("question_mark",), "help", "help", "All keys, and a glossary of the terms on the screen.",
            Scope.ANYWHERE, 9),
    Command("bell", ("ctrl+g",), "bell_at_changes", "bell", "Ring the terminal's bell when the device changes, or not.",
            Scope.ANYWHERE),
    Command("palette", ("colon",), "command_palette", "find", "Find a command by its name.", Scope.ANYWHERE),
    Command("quit", ("q",), "leave", "quit",
            "End the session and print what was measured; of a fleet: after a question.", Scope.ANYWHERE, 9),
    Command("detach", ("D",), "detach", "detach",
            "Leave the session running; ovtui attach comes back to it, to a fleet ovtui fleet resume.", Scope.ANYWHERE),
    Command("interrupt", ("ctrl+c",), "interrupt", "interrupt", "As quit, with exit code 130.", Scope.ANYWHERE,
            priority=True),
    Command("redraw", ("ctrl+l",), "redraw", "redraw",
            "Draw the whole screen again: another program has written over it, or the line has dropped characters.",
            Scope.ANYWHERE, priority=True),
    Command("suspend", ("ctrl+z",), "suspend_process", "suspend", "Back to the shell; fg comes back here.",
            Scope.ANYWHERE),
)  # fmt: skip
