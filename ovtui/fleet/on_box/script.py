"""Scripts for a box, in POSIX sh, which get to its `sh` by standard input. Words from outside stand in them quoted, and
nothing in them reads the rest of the script: whatever they start has no standard input."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from ovtui.fleet.box import Box

NO_OVTUI = "ovtui-fleet: no ovtui"
"""On stderr, with exit status 127, where a box has none."""
PRIVATE = "umask 077\n"


def quoted(words: Iterable[str]) -> str:
    """Words of a command, each as one word for sh whatever is in it. Raises ValueError for a zero byte, which no
    argument can have."""
    return " ".join(map(quoted_word, words))


def quoted_word(word: str) -> str:
    """Raises ValueError."""
    if "\0" in word:
        raise ValueError("a word of a command has a zero byte")
    return shlex.quote(word)


def quoted_path(path: str) -> str:
    """A path of the box as one word for sh; a leading `~/` is the home folder there."""
    if path.startswith("~/"):
        return f'"$HOME"/{quoted_word(path[2:])}' if path[2:] else '"$HOME"'
    return quoted_word(f"./{path}" if path.startswith("-") else path)


def at_folders() -> str:
    """Lines that set STATE, MODELS and VENV to the fleet's folders of the box. Nothing is made there."""
    return "".join(
        f'case "${{{variable}:-}}" in /*) {name}=${variable} ;; *) {name}=${{HOME%/}}/{default} ;; esac\n'
        f'{name}="${name}/ovtui/fleet{below}"\n'
        for name, variable, default, below in (
            ("STATE", "XDG_STATE_HOME", ".local/state", ""),
            ("MODELS", "XDG_CACHE_HOME", ".cache", "/models"),
            ("VENV", "XDG_DATA_HOME", ".local/share", "/venv"),
        )
    )


def find_ovtui(box: Box) -> str:
    """Lines that set OVTUI to the program of the box, and unset the variables that are settings of ovtui's: what a box
    measures is said here. They end the script with status 127 where there is none, and NO_OVTUI on stderr."""
    if box.ovtui:
        looked_at = quoted_path(box.ovtui)
        found = (
            f'OVTUI={looked_at}\n[ -f "$OVTUI" ] && [ -x "$OVTUI" ] || OVTUI=$(command -v -- {looked_at}) || OVTUI=\n'
        )
    else:
        found = (
            "OVTUI=\n"
            'for each in "$VENV/bin/ovtui" "$(command -v ovtui)" "$HOME/.local/bin/ovtui"; do\n'
            '  if [ -f "$each" ] && [ -x "$each" ]; then OVTUI=$each; break; fi\n'
            "done\n"
        )
    return (
        f"{at_folders()}{found}"
        f"if [ -z \"$OVTUI\" ]; then echo '{NO_OVTUI}' >&2; exit 127; fi\n"
        "for each in $(env | sed -n 's/^\\(OVTUI_[A-Za-z0-9_]*\\)=.*/\\1/p'); do\n"
        '  [ "$each" = OVTUI_MACHINE_ROOT ] || unset "$each"\n'
        "done\n"
    )


def run_ovtui(box: Box, words: Iterable[str], *, last: bool = True) -> str:
    """A script that runs the box's ovtui with these words. `last`: nothing comes after it, and no shell waits."""
    return f'{find_ovtui(box)}{"exec " if last else ""}"$OVTUI" {quoted(words)} </dev/null\n'
