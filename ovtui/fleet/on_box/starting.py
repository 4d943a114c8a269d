"""A run begun on a box, apart from the line that begins it, and once only, however often it is asked for."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from typing import Literal

from ovtui.fleet.box import Box
from ovtui.fleet.on_box.script import find_ovtui, quoted, quoted_word
from ovtui.fleet.reach.line import Line
from ovtui.fleet.told import whole_number
from ovtui.settings.shown_text import in_quotes

RUN_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,80}")
_BOX_NAME = re.compile(r"[0-9A-Za-z_-]{1,24}")
_FOLDER = re.compile(rf"{RUN_NAME.pattern}(\.[0-9A-Za-z_-]{{1,24}}(\.[0-9a-f]{{8}})?)?")
PRESET, RECORDING = "preset.toml", "recording.ovtui"
GONE = 75
"""Exit status where the process that began the run is there no more and has left no word of its end."""


@dataclass(frozen=True, slots=True)
class Begun:
    """How `ovtui run --detach` ended on the box."""

    how: Literal["begun", "refused", "gone", "not-begun"]
    """gone: it was killed, or the box was started anew. not-begun: there is no such run, and none was begun."""
    session: str = ""
    status: int = 0
    stderr: str = ""


def folder_name(run: str, box: str) -> str:
    """What the folder of a run is called on this box: 'RUN.BOX'. No two boxes have the same one, since boxes may share
    a HOME, and one machine may be named twice."""
    if _BOX_NAME.fullmatch(box):
        return f"{run}.{box}"
    plain = re.sub(r"[^0-9A-Za-z_-]", "_", box)[:24] or "_"
    return f"{run}.{plain}.{hashlib.sha256(box.encode(errors='surrogateescape')).hexdigest()[:8]}"


def run_of_folder(name: str) -> str:
    """The run whose folder on a box is called so."""
    return name.split(".", 1)[0]


def run_folder(name: str) -> str:
    """The folder with this name on a box, as a word for sh after `at_folders`. Raises ValueError."""
    if not _FOLDER.fullmatch(name):
        raise ValueError(f"no name of a run: {in_quotes(name)}")
    return f'"$STATE"/{name}'


def begin_words(keep_s: float, record_limit: str) -> list[str]:
    """The words of `ovtui run` behind which --record and its path come. A session that is detached is ended by none of
    these; they say what becomes of it where its start is killed, and how long it waits after its load."""
    return [
        "run", "--detach", "--on-hangup", "keep", "--keep-for", f"{math.ceil(keep_s)}s",
        "--record-limit", record_limit, "--preset", PRESET,
    ]  # fmt: skip


def begin_script(box: Box, run: str, preset: str, words: list[str]) -> str:
    """Writes the preset and begins the run where this name has not been run yet; in both cases waits until the session
    serves, and tells: 'code N' and its ID on stdout, its last words on stderr, or exit status GONE.

    The session starts in a process group of its own, so that neither a hang-up nor the end of this script reaches it;
    the box's own config file is out of sight. A start that was killed before it did anything is made again: its folder
    `begun` is empty."""
    return f"""LC_ALL=C.UTF-8; export LC_ALL
umask 077
{find_ovtui(box)}RUN={run_folder(run)}
mkdir -p -- "$RUN" && cd -- "$RUN" || exit 73
if [ ! -f {PRESET} ]; then
  printf '%s' {quoted_word(preset)} >{PRESET}.new && mv {PRESET}.new {PRESET} || exit 73
fi
start() {{
  mkdir begun 2>/dev/null || return 1
  trap '' HUP
  apart=$(command -v setsid || command -v nohup) || apart=
  RUN=$RUN XDG_CONFIG_HOME=$RUN/config OVTUI=$OVTUI $apart sh -c '
    "$OVTUI" "$@" --record "$RUN/{RECORDING}" </dev/null >begun/out 2>begun/err &
    echo $! >begun/pid.new && mv begun/pid.new begun/pid
    wait $!
    code=$?
    echo $code >begun/code.new && mv begun/code.new begun/code
  ' begin {quoted(words)} </dev/null >/dev/null 2>&1 &
  trap - HUP
}}
start || [ -d begun ] || mkdir begun || exit 73
{_AWAIT}"""


def await_script(box: Box, run: str) -> str:
    """As `begin_script`, of a run that is begun already, or never will be: exit status 66 where there is none."""
    return f"""{find_ovtui(box)}RUN={run_folder(run)}
cd -- "$RUN" 2>/dev/null && [ -d begun ] || exit 66
start() {{ return 1; }}
{_AWAIT}"""


IS_OURS = f"""is_ours() {{
  tr '\\0' '\\n' <"/proc/$1/cmdline" 2>/dev/null | grep -qxF -- "$RUN/{RECORDING}"
}}
"""
"""Whether the process with this number is the one that begins the run: a box that was started anew gives its number to
another. Not yet, for a moment, where it was just forked."""
_AWAIT = f"""{IS_OURS}turns=0
while [ ! -f begun/code ]; do
  turns=$((turns + 1))
  if pid=$(cat begun/pid 2>/dev/null); then
    is_ours "$pid" || {{ sleep 1; is_ours "$pid" || [ -f begun/code ] || exit {GONE}; }}
  elif [ "$turns" -gt 20 ]; then
    rmdir begun 2>/dev/null && start || exit {GONE}
    turns=0
  fi
  if [ "$turns" -lt 20 ]; then sleep 0.2 2>/dev/null || sleep 1; else sleep 1; fi
done
printf 'code %s\\n' "$(cat begun/code)"
[ ! -f begun/out ] || head -c 200 begun/out
[ ! -f begun/err ] || tail -c 4000 begun/err >&2
"""


async def begin(line: Line, script: str, box: Box) -> Begun:
    """Runs one of the scripts above to its end, which is that of the model's compile. Raises BoxError for what the box
    cannot do, such as to write a file."""
    from ovtui.fleet.on_box.asking import error_of

    answer = await line.run(script, silence_s=math.inf, whole_s=86_400.0, most_bytes=1 << 20)
    if answer.status == GONE:
        return Begun("gone", stderr=answer.stderr)
    if answer.status == 66:
        return Begun("not-begun")
    words = answer.stdout.decode(errors="replace").split()
    if answer.status or len(words) < 2 or words[0] != "code" or (status := whole_number(words[1])) is None:
        raise error_of(box, answer.status or 1, answer.stderr, "its sh")
    if status:
        return Begun("refused", status=status, stderr=answer.stderr)
    return Begun("begun", session=words[2] if len(words) > 2 else "")
