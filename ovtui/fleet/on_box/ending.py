"""A run ended on a box: the session that records into its folder, also where its ID is not known, and a start that is
under way; and the folder taken away."""

from __future__ import annotations

import math
import os.path
import re

import msgspec

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.on_box.asking import ask_json, error_of
from ovtui.fleet.on_box.script import at_folders, find_ovtui, quoted_word
from ovtui.fleet.on_box.starting import IS_OURS, RECORDING, run_folder
from ovtui.fleet.reach.line import Line
from ovtui.fleet.told import decoded

STOP_S = 180.0
"""Longest drain that is waited for; a session's own limit is shorter for all but the slowest requests."""
_SESSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
SESSIONS_WORDS = ("sessions", "--json")
AT_ONCE_S = 1.0
"""What a session gets to drain where it is to end at once."""


class _Running(msgspec.Struct):
    """Of `ovtui sessions --json`."""

    session: str
    record: str | None = None
    problem: str = ""


def start_stopped_script(box: Box, run: str) -> str:
    """Ends the start of a run, where it is under way, and keeps one that has not begun from beginning. Prints the path
    of the run's recording."""
    return f"""umask 077
{find_ovtui(box)}RUN={run_folder(run)}
printf '%s\\n' "$RUN/{RECORDING}"
mkdir -p -- "$RUN" && cd -- "$RUN" || exit 73
if mkdir begun 2>/dev/null; then echo 130 >begun/code; exit 0; fi
{IS_OURS}turns=0
while [ ! -f begun/code ] && [ "$turns" -lt 60 ]; do
  turns=$((turns + 1))
  if pid=$(cat begun/pid 2>/dev/null); then
    if is_ours "$pid"; then kill -TERM "$pid" 2>/dev/null; elif [ "$turns" -gt 5 ]; then break; fi
  elif [ "$turns" -gt 20 ]; then
    break
  fi
  sleep 0.2 2>/dev/null || sleep 1
done
exit 0
"""


def stop_script(box: Box, session: str, *, at_once: bool) -> str:
    if not at_once:
        return f'{find_ovtui(box)}exec "$OVTUI" stop {quoted_word(session)} </dev/null\n'
    return f"""{find_ovtui(box)}"$OVTUI" stop --force {quoted_word(session)} </dev/null &
sleep {AT_ONCE_S:g}
kill -TERM $! 2>/dev/null
wait $!
exit 0
"""


async def session_of(line: Line, box: Box, recording: str) -> str:
    """The ID of the session on the box that records into this file; empty where none does. Raises BoxError."""
    told = await ask_json(line, box, SESSIONS_WORDS, statuses=(0, 1))
    found = decoded(told, list[_Running])
    if found is None:
        raise BoxError("failed", "what its ovtui says of its sessions cannot be read")
    wanted = os.path.normpath(recording)
    return next((each.session for each in found if each.record and os.path.normpath(each.record) == wanted), "")


async def stop_run(line: Line, box: Box, run: str, session: str = "", *, at_once: bool = False) -> None:
    """Ends whatever the run has begun on the box; its load drains first, unless `at_once`. `session`: its ID where
    it is known to serve. Does nothing where nothing runs. Raises BoxError."""
    if not _SESSION.fullmatch(session):
        script = start_stopped_script(box, run)
        answer = await line.run(script, silence_s=math.inf, whole_s=60.0, most_bytes=1 << 20)
        if answer.status:
            raise error_of(box, answer.status, answer.stderr, "its sh")
        recording = answer.stdout.decode(errors="surrogateescape").rstrip("\n")
        session = await session_of(line, box, recording)
    if not _SESSION.fullmatch(session):
        return
    script = stop_script(box, session, at_once=at_once)
    answer = await line.run(script, silence_s=math.inf, whole_s=STOP_S, most_bytes=1 << 20)
    if answer.status and f"no session {session}" not in answer.stderr:
        raise error_of(box, answer.status, answer.stderr)


def removal_script(run: str) -> str:
    """Takes the run's folder away, and those above it where they are empty then."""
    return f"""{at_folders()}RUN={run_folder(run)}
rm -rf -- "$RUN" || exit
rmdir -- "$STATE" 2>/dev/null
exit 0
"""


async def remove_run(line: Line, box: Box, run: str) -> None:
    """Raises BoxError."""
    answer = await line.run(removal_script(run), silence_s=60.0, whole_s=300.0, most_bytes=1 << 20)
    if answer.status:
        raise error_of(box, answer.status, answer.stderr, "its sh")
