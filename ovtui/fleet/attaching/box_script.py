"""The script that opens the dashboard on a box, in a terminal there that is like the one here."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Mapping

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.on_box.script import find_ovtui, quoted

NO_OVTUI_STATUS = 127
_HANDED_ON = ("COLORTERM", "NO_COLOR")
"""Of the terminal here; TERM goes with the request for a terminal there."""


_BY_SIGNAL, _BY_ANOTHER = 128, 254
"""What a shell adds to the number of the signal that ended a command; what the line tells where it is not known."""


def ended_unlike_ovtui(status: int) -> BoxError:
    """`status`: none of the exit codes that ovtui ends with by itself. Its screen is gone, and a word is needed."""
    if status == _BY_ANOTHER:
        return BoxError("failed", "its dashboard was ended by a signal there")
    with contextlib.suppress(ValueError):
        return BoxError("failed", f"its dashboard was ended by {signal.Signals(status - _BY_SIGNAL).name} there")
    return BoxError("failed", f"its dashboard ended with exit code {status} there")


def attach_script(box: Box, session: str, *, write: bool, utf_8: bool, environ: Mapping[str, str]) -> str:
    """`session`: an ID or its beginning; empty for the only one. `write`: keys may change settings and end the session.
    `utf_8`: the terminal here takes it. `environ`: of this process. Ends with NO_OVTUI_STATUS, and without a word,
    where the box has no ovtui."""
    words = ["attach", *([] if write else ["--read-only"]), *(["--", session] if session else [])]
    # By the name of the locale: the box need not have it. Not by `export`, which bash remarks on then.
    variables = [f"LC_ALL={'C.UTF-8' if utf_8 else 'C'}"]
    variables += [f"{name}={environ[name]}" for name in _HANDED_ON if environ.get(name)]
    return (
        f"exec 3>&2 2>/dev/null\n{find_ovtui(box)}exec 2>&3 3>&-\n"
        f'exec env {quoted(variables)} "$OVTUI" {quoted(words)}\n'
    )
