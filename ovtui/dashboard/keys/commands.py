"""The registry of the dashboard's commands: bindings, footer, help page and command palette are made from this list.

Commands avoid ctrl+a, ctrl+b, ctrl+s, ctrl+j, ctrl+o and alt chords, which tmux, screen, flow control and the line
discipline intercept, and ctrl+h, ctrl+i, ctrl+m, which arrive as backspace, tab and enter. Digits 1 to 9 are reserved
for views."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding, BindingType


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
)  # fmt: skip
"""To add a view, add it here and put its class into a package of its own."""


class Scope(StrEnum):
    """Where a command works. The keys of an inner scope override those of an outer one, in this order: editing,
    settings, the view's own, anywhere."""

    ANYWHERE = "Anywhere"
    OVERVIEW = "Overview"
    VIEWS = "Every view"
    TABLE = "Request table"
    BATCHES = "Batches"
    LISTS = "Devices and history"
    DEVICES = "Devices"
    DISTRIBUTION = "Distribution"
    REPLAY = "Replay"
    SETTINGS = "Settings pane"
    EDITING = "Editing a value"
    SEARCHING = "Searching the settings"
    ADVICE = "Advice"
    TRIAL = "Trial"
    REASONS = "OpenVINO's reasons"
    DOCTOR = "Doctor"
    STUCK = "Engine that does not answer"
    PRESETS = "Presets"
    NAMING = "Naming a preset"
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
    changes: bool = False
    """Changes what is measured, or stages a change; not offered in a read-only session."""


COMMANDS: tuple[Command, ...] = (
    Command(
        "freeze", ("space", "f"), "freeze", "freeze", "Freeze the request table, or let it follow again.",
        Scope.TABLE, 3,
    ),
    Command("zoom", ("z",), "zoom(1)", "zoom", "A longer time span in the plot: 10 s, 60 s, 5 min, 15 min.",
            Scope.OVERVIEW, 4, "zoom-back"),
    Command("zoom-back", ("Z",), "zoom(-1)", "zoom back", "A shorter time span in the plot.", Scope.OVERVIEW),
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
    Command("restart", ("R",), "restart", "restart", "Start the engine again after it has died.", Scope.VIEWS),
    Command("copy-row", ("y",), "copy('row')", "copy row",
            "Copy the row under the cursor, with all its fields, to the terminal's clipboard (OSC 52).", Scope.VIEWS),
    Command("copy-table", ("Y",), "copy('table')", "copy table",
            "Copy the visible rows to the terminal's clipboard (OSC 52).", Scope.VIEWS),
    Command("write-table", ("W",), "write_table", "write table",
            "Write every row that is kept to a CSV file in the current directory.", Scope.VIEWS),
    Command("screenshot", ("S",), "picture", "screenshot", "Write the screen to an SVG file in the current directory.",
            Scope.VIEWS),
    Command("theme", ("C",), "cycle_look('theme')", "theme", "Colours: dark, light, the terminal's own, high contrast.",
            Scope.VIEWS),
    Command("glyphs", ("g",), "cycle_look('glyphs')", "glyphs", "Draw in braille, blocks or plain ASCII.", Scope.VIEWS),
    Command("low-bandwidth", ("L",), "cycle_look('low_bandwidth')", "low bandwidth",
            "For slow lines: one frame a second, and a plot every few seconds.", Scope.VIEWS),
    Command("save-look", (), "save_look", "save the look", "Write theme, glyphs and bandwidth to the config file.",
            Scope.VIEWS),
    Command("run-back", ("b",), "pick(-1)", "batch", "The batch, or the request alone, that completed before.",
            Scope.BATCHES, 1, "run-on"),
    Command("run-on", ("B",), "pick(1)", "next batch",
            "The batch, or the request alone, that completed next.", Scope.BATCHES),
    Command("time-back", ("h", "left"), "scroll_time(-1)", "scroll", "Earlier by an eighth of the span.",
            Scope.BATCHES, 2, "time-on"),
    Command("time-on", ("l", "right"), "scroll_time(1)", "later", "Later by an eighth of the span.", Scope.BATCHES),
    Command("lanes-zoom", ("z", "minus"), "zoom(1)", "zoom", "A longer time span.", Scope.BATCHES, 3,
            "lanes-zoom-back"),
    Command("lanes-zoom-back", ("Z", "plus", "equals_sign"), "zoom(-1)", "zoom back", "A shorter time span.",
            Scope.BATCHES),
    Command("lanes-fit", ("0",), "fit", "fit", "The time span that shows some batches whole.", Scope.BATCHES, 6),
    Command("lanes-freeze", ("space", "f"), "freeze", "freeze", "Freeze the lanes, or let them follow again.",
            Scope.BATCHES, 4),
    Command("lanes-newest", ("home", "escape"), "follow", "newest", "Follow the newest completions.", Scope.BATCHES),
    Command("members-down", ("j", "down"), "members(1)", "members", "The next member of the batch.",
            Scope.BATCHES, 5, "members-up"),
    Command("members-up", ("k", "up"), "members(-1)", "member before", "The member before.", Scope.BATCHES),
    Command("list-down", ("j", "down"), "move(1)", "move", "A row down the list.", Scope.LISTS, 1, "list-up"),
    Command("list-up", ("k", "up"), "move(-1)", "up", "A row up the list.", Scope.LISTS),
    Command("list-page-down", ("pagedown", "space"), "page(1)", "page", "A page down the list.", Scope.LISTS),
    Command("list-page-up", ("pageup",), "page(-1)", "page up", "A page up the list.", Scope.LISTS),
    Command("list-first", ("home",), "to_first", "first", "The first row.", Scope.LISTS),
    Command("list-last", ("end", "G"), "to_last", "last", "The last row.", Scope.LISTS),
    Command("list-follow", ("escape",), "release", "follow", "Follow what is newest again.", Scope.LISTS, 4),
    Command("log-lines", ("l",), "log", "log", "Show the lines of AUTO's log between the events, or not.",
            Scope.DEVICES, 3),
    Command("other-engine", ("e",), "engine", "engine",
            "The start of the engine before; after the first one, of the newest again.",
            Scope.DEVICES, 4),
    Command("machine-whole", ("M",), "machine", "machine",
            "The whole table of the machine, in the place of start-up and figures by device; again: these.",
            Scope.DEVICES, 2),
    Command("metric-shown", ("m",), "metric", "latency", "Which latency is shown: inference, service, response.",
            Scope.DISTRIBUTION, 1),
    Command("grouping", ("c",), "grouping", "compare", "All together, or by device, batching, segment or data shape.",
            Scope.DISTRIBUTION, 2),
    Command("span-shown", ("w",), "span", "span", "The segment in force, the whole run, or the last 60, 10 or 1 s.",
            Scope.DISTRIBUTION, 3),
    Command("axes", ("l",), "axes", "log/linear", "Logarithmic or linear axes.", Scope.DISTRIBUTION, 4),
    Command("rule", ("u",), "rule", "warm-up",
            "What percentiles leave out of engines' starts, in every view and in the summary: by rule, only the first "
            "inference, nothing.",
            Scope.DISTRIBUTION, 5),
    Command("replay-pause", ("P",), "replay('pause')", "pause", "Pause the replay, or let it go on.", Scope.REPLAY, 1),
    Command("replay-slower", ("left_square_bracket",), "replay('slower')", "speed", "Half the speed and less.",
            Scope.REPLAY, 2, "replay-faster"),
    Command("replay-faster", ("right_square_bracket",), "replay('faster')", "speed", "Twice the speed and more.",
            Scope.REPLAY),
    Command("replay-step-back", ("comma",), "replay('step-back')", "step back", "0.1 s back, paused.", Scope.REPLAY),
    Command("replay-step", ("full_stop",), "replay('step')", "step", "0.1 s on, paused.", Scope.REPLAY, 3,
            "replay-step-back"),
    Command("replay-back", ("less_than_sign",), "replay('back')", "back", "10 s back.", Scope.REPLAY),
    Command("replay-on", ("greater_than_sign",), "replay('on')", "10 s", "10 s on.", Scope.REPLAY, 4, "replay-back"),
    Command("replay-handover", ("N",), "replay('handover')", "next handover", "To just before the next handover.",
            Scope.REPLAY, 5),
    Command("replay-timeout", ("T",), "replay('timeout')", "next timeout",
            "To just before the next request that a batch timer let go alone.", Scope.REPLAY, 6),
    Command("replay-error", ("E",), "replay('error')", "next error", "To just before the next error.", Scope.REPLAY),
    Command("row-down", ("j", "down"), "row(1)", "down", "The next setting.", Scope.SETTINGS, 5, "row-up"),
    Command("row-up", ("k", "up"), "row(-1)", "up", "The setting before.", Scope.SETTINGS),
    Command("row-page-down", ("pagedown",), "row_page(1)", "page down", "A page down.", Scope.SETTINGS),
    Command("row-page-up", ("pageup",), "row_page(-1)", "page up", "A page up.", Scope.SETTINGS),
    Command("row-first", ("home",), "row_end(-1)", "first", "The first setting.", Scope.SETTINGS),
    Command("row-last", ("end", "G"), "row_end(1)", "last", "The last setting.", Scope.SETTINGS),
    Command("increase", ("plus", "equals_sign"), "step(1)", "change", "Raise a number by one step.",
            Scope.SETTINGS, 3, "decrease", changes=True),
    Command("decrease", ("minus",), "step(-1)", "lower", "Lower a number by one step.", Scope.SETTINGS),
    Command("choice-next", ("space", "right"), "choice(1)", "choose", "The next choice of the row, or the fold.",
            Scope.SETTINGS, 4),
    Command("choice-back", ("left",), "choice(-1)", "choose back", "The choice before.", Scope.SETTINGS),
    Command("edit", ("enter",), "edit", "edit", "Edit the value; on a number's row a digit begins at once.",
            Scope.SETTINGS, 2, changes=True),
    Command("row-key", (), "", "own key", "Go to the row with that key: choices move on, texts open for editing.",
            Scope.SETTINGS, keys_text="a row's letter"),
    Command("undo", ("u",), "undo", "undo", "Undo the last change, staged or live.", Scope.SETTINGS, 7,
            changes=True),
    Command(
        "undo-all", ("U",), "undo_all", "undo all",
        "Undo all staged changes, and cancel those that are being applied.", Scope.SETTINGS,
    ),
    Command("reset", ("backspace", "delete"), "reset", "default", "Put the row back to its default.",
            Scope.SETTINGS, 6, changes=True),
    Command("search", ("slash",), "search", "search", "Show the rows whose name, label or help contains these words.",
            Scope.SETTINGS, 5),
    Command("close-pane", ("escape",), "close", "close", "End the search, or close the pane; staged changes are kept.",
            Scope.SETTINGS, 8),
    Command("accept", ("enter",), "submit", "accept", "Accept the value.", Scope.EDITING, 1),
    Command("cancel", ("escape",), "cancel", "cancel", "Leave the value as it was.", Scope.EDITING, 2),
    Command("search-take", ("enter", "down"), "leave(True)", "to the rows", "Go to the rows that were found.",
            Scope.SEARCHING, 1),
    Command("search-clear", ("escape",), "leave(False)", "show all", "End the search.", Scope.SEARCHING, 2),
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
    Command("preset-down", ("j", "down"), "move(1)", "down", "The next preset.", Scope.PRESETS),
    Command("preset-up", ("k", "up"), "move(-1)", "up", "The preset before.", Scope.PRESETS),
    Command("preset-load", ("enter",), "load", "load", "Stage what the preset would change.", Scope.PRESETS),
    Command("preset-save", ("s",), "name('save')", "save", "Save what is set, the staged included, under a name.",
            Scope.PRESETS),
    Command("preset-copy", ("c",), "name('copy')", "copy", "Copy the preset, comments and all, under another name.",
            Scope.PRESETS),
    Command("preset-rename", ("r",), "name('rename')", "rename", "Give a preset of yours another name.", Scope.PRESETS),
    Command("preset-delete", ("d",), "delete", "delete", "Delete a preset of yours; asks once more.", Scope.PRESETS),
    Command("close-presets", ("escape", "p", "q"), "dismiss_page", "close", "Close the page.", Scope.PRESETS),
    Command("name-take", ("enter",), "submit", "take", "Accept the name.", Scope.NAMING),
    Command("name-cancel", ("escape",), "cancel", "cancel", "Cancel.", Scope.NAMING),
    Command("close-help", ("escape", "question_mark", "q"), "dismiss", "close", "Close this page.", Scope.HELP, 1),
    Command("help-down", ("j",), "scroll(1)", "down", "A line down.", Scope.HELP),
    Command("help-up", ("k",), "scroll(-1)", "up", "A line up.", Scope.HELP),
    Command("help", ("question_mark",), "help", "help", "All keys, and a glossary of the terms on the screen.",
            Scope.ANYWHERE, 9),
    Command("bell", ("ctrl+g",), "bell_at_changes", "bell", "Ring the terminal's bell when the device changes, or not.",
            Scope.ANYWHERE),
    Command("palette", ("colon",), "command_palette", "commands", "Find a command by its name.", Scope.ANYWHERE),
    Command("quit", ("q",), "leave", "quit", "End the session and print what was measured.", Scope.ANYWHERE, 9),
    Command("detach", ("D",), "detach", "detach", "Leave the session running; ovtui attach comes back to it.",
            Scope.ANYWHERE),
    Command("interrupt", ("ctrl+c",), "interrupt", "interrupt", "As quit, with exit code 130.", Scope.ANYWHERE,
            priority=True),
    Command("suspend", ("ctrl+z",), "suspend_process", "suspend", "Back to the shell; fg comes back here.",
            Scope.ANYWHERE),
)  # fmt: skip

ALWAYS_IN_FOOTER = ("help", "quit")


def in_scope(*scopes: Scope) -> list[Command]:
    return [command for command in COMMANDS if command.scope in scopes]


def command(id_: str) -> Command:
    return next(command for command in COMMANDS if command.id == id_)


def bindings(scope: Scope) -> list[BindingType]:
    """Textual's bindings of one scope. Binding ids are command ids, which the [keys] table of the config file names."""
    return [
        Binding(",".join(c.keys), c.action, c.label, show=False, id=c.id, priority=c.priority)
        for c in in_scope(scope)
        if c.keys
    ]


def footer_commands(*scopes: Scope) -> list[Command]:
    """The commands of these scopes that the footer shows, by rank."""
    return sorted((c for c in in_scope(*scopes) if c.footer), key=lambda c: c.footer)
