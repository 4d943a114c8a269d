"""What a box receives: its commands, and what comes to `sh -s` by standard input."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from harness.ssh_boxes import SshBox

from ovtui.fleet.reach.scripts import HOLD, SHELL, wrapped

_OCTAL = re.compile(r"\\0([0-7]{3})")


def listen(box: SshBox, folder: Path) -> None:
    """From now on whatever gets to the box is kept in the folder."""
    folder.mkdir()
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in box.env.items())
    box.enter_by(
        f"""n=$(mktemp {shlex.quote(str(folder))}/XXXXXXXX)
printf '%s' "$SSH_ORIGINAL_COMMAND" >"$n"
if [ "$SSH_ORIGINAL_COMMAND" = '{SHELL}' ]; then
  cd {shlex.quote(str(box.home))} && mkfifo "$n.fifo" && exec 3<&0
  tee "$n.in" <&3 >"$n.fifo" 2>/dev/null &
  env -i {variables} sh -s <"$n.fifo" 3<&-
  s=$?
  kill $!
  exit $s
fi"""
    )


def scripts_heard(folder: Path) -> list[str]:
    """Without what is put around each. Whatever came in another way stands as it came."""
    begin, end = wrapped("\0").decode().split("\0")
    found = []
    for path in sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime_ns):
        if path.suffix:
            continue
        text = path.read_text()
        if text == SHELL:
            text = path.with_suffix(".in").read_text()
            if not text:
                continue  # it was ended before anything had come
            assert text.startswith(begin), text
            assert text.endswith(end), text
            found.append(text.removeprefix(begin).removesuffix(end))
        elif "sftp-server" in text or text == HOLD:
            continue
        else:
            found.append(_OCTAL.sub(lambda each: chr(int(each[1], 8)), text.partition(" sh '")[2].removesuffix("'")))
    return found


def alike(script: str, names: dict[str, str]) -> str:
    """Without the quotes of sh, blank lines around it, and what only this run or this box has. `names`: patterns, and
    what is shown in their place."""
    for pattern, shown in names.items():
        script = re.sub(pattern, shown, script)
    return re.sub(r"['\"\\]", "", script).strip()
