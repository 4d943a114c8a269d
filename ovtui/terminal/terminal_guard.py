"""Gives the terminal back where what draws on it, a view or `ovtui fleet attach`, is killed, or dies in native code.

A shell waits for the end of a pipe whose other end only the view holds: 0.1 ms to start, 0.1 MB of its own, and no time
at all while the screen is up. Forked off Python it would take 1 MB, and the host, which outlives the view, has no
terminal and is not there in a replay."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import Any

ABORTED = "\x18\x1b[0m\x1b[?2026l"
"""After what was cut off anywhere: ends an escape sequence (CAN), the style, and a frame that is put together."""
_SHELL = "/bin/sh"
_STDIN = 0
"""Where the attributes are those of the terminal that Textual has changed."""
_MODES_OFF = "".join(f"\x1b[?{mode}l" for mode in (2004, 2048, 1000, 1003, 1015, 1016, 1006, 1004))
RESTORED = f"{_MODES_OFF}\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h"
"""What switches off all that the driver has switched on, for an end by force."""
_SCRIPT = """# gives the terminal back where the program that draws on it is killed
exec 3<&2 2>/dev/null
trap '' HUP INT QUIT TERM TSTP TTOU
while read -r word was now; do
    before= raw=
    if [ "$word" = up ]; then before=$was raw=$now; fi
done
[ "$before" ] || exit 0
if_left() {
    read -r a b c d e session f front g </proc/$$/stat
    case $front in "$1" | "$2" | "$session" | -1) ;; *) exit 0 ;; esac
}
if_left "$@"
printf 'RESTORED'
sleep 0.3 || sleep 1
if_left "$@"
[ "$(stty -g <&3)" != "$raw" ] || stty "$before" <&3 || stty sane <&3
"""
"""Its parameters are the process groups of the view and of the view's parent. Where another one than theirs has the
terminal, as an editor in front of a view in the background, that one is left in peace. Most shells set the attributes
for their prompt by themselves, and are not to be disturbed in that: only those that are still the view's are changed,
which dash and scripts leave as they are."""


class TerminalGuard:
    """Owner: who draws. Where no shell can be started, there is no guard."""

    def __init__(self, also: str = "") -> None:
        """`also`: what switches off more than RESTORED does."""
        self._also = also
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe = -1

    def screen_is_up(self, before: list[Any] | None, raw: list[Any] | None) -> None:
        """The terminal's attributes, as they are to be given back, and as the view has set them."""
        if before is None or raw is None:
            return
        if self._process is None:
            self._start()
        self._tell(f"up {_as_stty(before)} {_as_stty(raw)}")

    def screen_is_down(self) -> None:
        """The view has given the terminal back itself."""
        self._tell("down")

    def close(self) -> None:
        """Ends the guard; after `screen_is_down`."""
        if self._process is not None:
            os.close(self._pipe)
            self._process.wait()
            self._process, self._pipe = None, -1

    def _start(self) -> None:
        read_end, write_end = os.pipe2(os.O_CLOEXEC)
        script = _SCRIPT.replace("RESTORED", _as_printf(ABORTED + self._also + RESTORED))
        groups = (str(os.getpgrp()), str(os.getpgid(os.getppid())))
        try:
            # A process group of its own: what is sent to the view's, such as the SIGKILL, does not end it.
            self._process = subprocess.Popen(
                [_SHELL, "-c", script, _SHELL, *groups], stdin=read_end, stderr=_STDIN, process_group=0
            )
        except OSError:
            os.close(write_end)
        else:
            self._pipe = write_end
        finally:
            os.close(read_end)

    def _tell(self, words: str) -> None:
        if self._process is not None:
            with contextlib.suppress(OSError):  # it has been killed itself
                os.write(self._pipe, f"{words}\n".encode())


def _as_stty(attributes: list[Any]) -> str:
    """As `stty -g` writes them and `stty` reads them."""
    *flags, _, _, characters = attributes
    numbers = [*flags, *(each if isinstance(each, int) else ord(each) for each in characters)]
    return ":".join(f"{number:x}" for number in numbers)


def _as_printf(text: str) -> str:
    return text.replace("\x1b", "\\033").replace("\x18", "\\030")
