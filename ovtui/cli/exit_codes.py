"""The page docs/exit-codes.md: `python -m ovtui.cli.exit_codes > docs/exit-codes.md`. What each command ends with; the
codes and their meanings are those of cli.exits."""

from __future__ import annotations

from typing import NamedTuple

from ovtui.cli.exits import MEANINGS, Exit


class Outcome(NamedTuple):
    """How a command can end."""

    what: str
    code: Exit
    told: str = ""
    """On stderr, in a few words; empty for nothing."""


VIEWS = [
    Outcome("`q`; the end of `--duration` or `--requests`", Exit.FINE),
    Outcome("`D`, `run --detach`: the session goes on", Exit.FINE, "how to come back"),
    Outcome("`ovtui run`: a limit was missed, or is not known to hold", Exit.LIMIT_MISSED, "the limit"),
    Outcome("`ovtui run`: all requests failed", Exit.FAILED, "how many"),
    Outcome("ctrl+c, SIGTERM, SIGHUP to this view", Exit.INTERRUPTED),
    Outcome("the view itself fails", Exit.FAILED, "why; host and load go on"),
    Outcome("the model or the device cannot be used", Exit.UNUSABLE, "why"),
    Outcome("a setting cannot be used with this model", Exit.USAGE, "why"),
    Outcome("the engine died, and no other serves at the end", Exit.FAILED, "engine 1 died with SIGKILL (9: ...)"),
    Outcome("the first engine died while it started or compiled", Exit.FAILED, "engine 1 died with SIGKILL (9: ...)"),
    Outcome(
        "the engine died, `R` started another, which serves at the end", Exit.FINE,
        "engine 1 died with SIGKILL (9: ...); engine 2 serves at the end",
    ),
    Outcome(
        "the engine died, and the one started in its place does not serve yet", Exit.FAILED,
        "engine 1 died with SIGKILL (9: ...); the one started in its place did not serve yet",
    ),
    Outcome(
        "a change of settings: the new engine died while it compiled; the old one serves on", Exit.FINE,
        "engine 2 died with SIGKILL (9: ...); engine 1 serves at the end",
    ),
    Outcome(
        "a change of settings: the old engine died meanwhile; the new one serves", Exit.FINE,
        "engine 1 died with SIGKILL (9: ...); engine 2 serves at the end",
    ),
    Outcome("a change of settings is refused; the old settings serve on", Exit.FINE),
    Outcome("the session was ended by another view (`ovtui stop`)", Exit.FINE, "session ID was ended by another view"),
    Outcome(
        "the host received SIGTERM, SIGHUP or SIGINT", Exit.INTERRUPTED, "session ID was ended by a signal to its host"
    ),
    Outcome("the host was killed or died", Exit.FAILED, "the host process died"),
    Outcome("the host does not answer, and the view is left", Exit.FAILED, "the host (pid 123) did not answer ..."),
    Outcome("the host is of another version, and what it sends cannot be read", Exit.FAILED, "both versions"),
]  # fmt: skip
SESSIONS = [
    Outcome("`sessions`: all hosts answer, or none runs", Exit.FINE),
    Outcome("`sessions`: a host does not answer, or its version does not fit", Exit.FAILED, "one sentence each"),
    Outcome("`attach`, `follow`, `stop`, `stuck`: no such session", Exit.FAILED, "which run"),
    Outcome("`attach`, `follow`, `stop`, `stuck` without ID where several run", Exit.USAGE, "which run"),
    Outcome("`attach`, `stop`: the host does not answer", Exit.FAILED, "its pid, and what to do"),
    Outcome("`attach` without a terminal", Exit.USAGE, "that it needs one"),
    Outcome("`follow`: the session's end was written, however it ended: `code` has it", Exit.FINE),
    Outcome("`follow`: the reader of its lines has gone", Exit.FAILED),
    Outcome("`stuck`: all engines go on, or none runs", Exit.FINE),
    Outcome("`stuck`: an engine does not go on", Exit.FAILED, "nothing; where it stands is on stdout"),
    Outcome("`stuck`: the host does not answer; /proc is read instead", Exit.FAILED, "its pid, and what to do"),
    Outcome("`stop`: the session has ended, by this or another command", Exit.FINE, "where it is recorded"),
    Outcome("`stop --force`: the host was killed", Exit.FINE, "that it was"),
    Outcome("`stop`: the host died meanwhile", Exit.FAILED, "that it did"),
]
OTHERS = [
    Outcome("`replay`, `report`, `export` of a recording that can be read and holds requests", Exit.FINE),
    Outcome("a recording that breaks off, or is still being recorded", Exit.FINE, "where; `replay` in its summary"),
    Outcome("a recording that is missing or cannot be read; `replay`: or holds no request", Exit.FAILED, "why"),
    Outcome("a recording that is damaged, or of a newer format", Exit.FAILED, "what is, how many requests were read"),
    Outcome("`compare`: compared; no condition of `--fail-if` is true", Exit.FINE),
    Outcome("`compare --fail-if`: a condition is true, or its figure is not known", Exit.LIMIT_MISSED, "it"),
    Outcome("`compare`: a recording is missing, cannot be read or holds no request", Exit.FAILED, "which, and why"),
    Outcome("`compare`: the same recording twice, or no such segment", Exit.USAGE, "which segments there are"),
    Outcome("`recordings`: listed, or there is none", Exit.FINE),
    Outcome("`recordings`: one of them cannot be read", Exit.FAILED, "which, and why"),
    Outcome("`learn`: left by `q` or `escape`, or its last section was shown, whatever was seen", Exit.FINE),
    Outcome("`learn` without a terminal, or no such section", Exit.USAGE, "what to type instead"),
    Outcome("`inspect`: the model cannot be read, or not in `--time-limit`", Exit.UNUSABLE, "why"),
    Outcome("`doctor`: everything that this machine has works; a GPU or NPU that it lacks is no fault", Exit.FINE),
    Outcome("`doctor`: a device, a driver or OpenVINO itself does not work", Exit.FAILED),
    Outcome("`inspect`: a device crashes or hangs, or is not there", Exit.FINE, "nothing: its line says so"),
    Outcome("`layers`: profiled, also where `--time-limit` ended it", Exit.FINE),
    Outcome("`layers`: the model or the device cannot be used, or not in `--time-limit`", Exit.UNUSABLE, "why"),
    Outcome("`layers`: a device whose profile is not of one request on one device", Exit.USAGE, "what to give instead"),
    Outcome("`devices`: a device gives no answer, or a part of it", Exit.FAILED, "nothing: its line says so"),
    Outcome("`devices`: a device that was named is not there", Exit.UNUSABLE, "which, and what is missing"),
    Outcome("`bundle`: written; parts may be missing", Exit.FINE, "what is inside, what is missing and why"),
    Outcome("`bundle`: the answer is no", Exit.FAILED, "that nothing was written"),
    Outcome("`bundle`: no room, a name that is still in it, no such session", Exit.FAILED, "why; nothing was written"),
    Outcome("`bundle -o FILE`: the file exists, or several sessions run", Exit.USAGE, "what to name"),
    Outcome(
        "`ab`: compared, and no condition of `--fail-if` is certainly true",
        Exit.FINE,
        "a condition that cannot be told",
    ),
    Outcome(
        "`ab`: a condition of `--fail-if` is true of the whole interval, or its figure is not known",
        Exit.LIMIT_MISSED,
        "it",
    ),
    Outcome("`ab`: too few blocks for an interval, or an engine died", Exit.FAILED, "which"),
    Outcome("`ab`: the model or the device of A or B cannot be used, or B is refused", Exit.UNUSABLE, "why"),
    Outcome("`verify`: both devices agree within `--tolerance`, with `--layers` in all layers", Exit.FINE),
    Outcome(
        "`verify`: they differ, or something is not known to agree", Exit.LIMIT_MISSED, "nothing: the verdict says it"
    ),
    Outcome("`verify`: the model or a device cannot be used, dies, or takes longer than allowed", Exit.UNUSABLE, "why"),
    Outcome("`verify`: AUTO, MULTI or BATCH, which choose what runs; a compiled model", Exit.USAGE, "what to give"),
    Outcome("`find-rate`: a rate is known to hold, also where `--limit` ended it", Exit.FINE),
    Outcome("`find-rate`: no rate is known to hold", Exit.LIMIT_MISSED, "in the answer"),
    Outcome("`find-rate`: no limit on latency, or one on throughput", Exit.USAGE, "what to write"),
    Outcome("`sweep`: a best point was found", Exit.FINE),
    Outcome("`sweep --slo`: no point is known to hold the limits", Exit.LIMIT_MISSED, "that"),
    Outcome("`sweep`: every point was refused", Exit.UNUSABLE, "that; the reasons are in the table"),
    Outcome("`sweep`: Optuna is missing, or the folder cannot be used", Exit.FAILED, "what to type"),
    Outcome("`fleet run`, `fleet resume`, `fleet show RUN`: every box has a result", Exit.FINE),
    Outcome("`fleet run`, ...: every box has a result, and one of them missed a limit", Exit.LIMIT_MISSED, "which"),
    Outcome(
        "`fleet run`, ...: a box failed, whatever the others found; the folder of the run cannot be written to",
        Exit.FAILED,
        "which, and why",
    ),
    Outcome("`fleet run`, ...: the model or the device suits none of the boxes", Exit.UNUSABLE, "why, for each"),
    Outcome(
        "`fleet run`, ...: ctrl+c, SIGTERM, SIGHUP; what was measured until then is in the table",
        Exit.INTERRUPTED,
        "which box could not be stopped",
    ),
    Outcome(
        "`fleet sweep`: each kind of box has a best point, also where boxes were lost", Exit.FINE, "which, and why"
    ),
    Outcome("`fleet sweep`: no box can be used, or none of a kind is left", Exit.FAILED, "how to go on"),
    Outcome("`fleet hosts`, `fleet prometheus-targets`: every box is there", Exit.FINE),
    Outcome(
        "`fleet hosts`, `fleet prometheus-targets`: the SSH configuration of a box is wrong, or it cannot be asked",
        Exit.FAILED,
        "which, and why; the others are there",
    ),
    Outcome("`fleet ...`: an inventory that cannot be read, a box that no inventory has", Exit.USAGE, "where"),
    Outcome("`run --beside`: the second model is refused or dies", Exit.FAILED, "which, and why"),
    Outcome(
        "`fleet attach`: as `attach` on that box; the line broke, the dashboard there was killed, or there is no ovtui",
        Exit.FAILED,
        "which box, why",
    ),
    Outcome("`fleet attach`: left with ctrl+] three times", Exit.INTERRUPTED, "that the session goes on"),
    Outcome("any command: wrong options, settings, config file or preset", Exit.USAGE, "which"),
    Outcome("any command: ctrl+c, SIGTERM, SIGHUP, from its first moments on", Exit.INTERRUPTED),
    Outcome("any command: a fault of its own", Exit.FAILED, "what, and the file with the traceback"),
]
OUTCOMES = {
    "Views: `ovtui`, `ovtui attach`, `ovtui run`": VIEWS,
    "`ovtui sessions`, `ovtui attach`, `ovtui follow`, `ovtui stop`, `ovtui stuck`": SESSIONS,
    "Other commands": OTHERS,
}
HEAD = """# Exit codes

Made by `python -m ovtui.cli.exit_codes > docs/exit-codes.md`.

| exit code | meaning |
|---|---|
"""
RULE = """
What decides is how it stands at the end. An engine that died and was replaced does not fail a session that serves; a
sentence on stderr tells of it. Where several rows hold, a signal to the view comes first, then a view that fails, then
the engine, the host, the requests, the limits. The summary or result is printed in every case.
"""


def page() -> str:
    meanings = "".join(f"| {code.value} | {text} |\n" for code, text in MEANINGS.items())
    tables = (
        f"\n## {title}\n\n| what happens | exit code | on stderr |\n|---|---|---|\n"
        + "".join(f"| {row.what} | {row.code.value} | {row.told} |\n" for row in rows)
        for title, rows in OUTCOMES.items()
    )
    return HEAD + meanings + RULE + "".join(tables)


if __name__ == "__main__":
    print(page(), end="")
