"""How a script travels to a box: whole or not at all, and past any login shell."""

from __future__ import annotations

SHELL = "sh -s"
"""Two words that every login shell reads the same way, fish and csh too. The script itself comes by standard input."""
BEGINS = b"ovtui: the script begins\n"
"""What stdout of a wrapped script starts with: a login shell may have printed something before."""
READY = b"ovtui-line-is-open"
HOLD = f"echo {READY.decode()}; exec cat"
"""Says that the login is over, and ends when this process does, whatever ends it: its standard input closes then."""
OWN_STATUS = 255
"""What OpenSSH's client ends with where it failed itself; a script that ends so is told as 254."""
_GOES_WITH_THE_LINE = """
{
echo 'ovtui: the script begins'
exec 3<&0
(
  while read -r _; do :; done <&3
  read -r _ _ _ _ g _ <"/proc/$$/stat"
  if [ "$g" = "$$" ] || [ "$g" = "$PPID" ]; then kill -HUP 0; else kill -HUP "$$"; fi
) >/dev/null 2>&1 &
w=$!
(
exec 3<&-
{script}
) </dev/null
s=$?
exec 2>/dev/null
kill "$w"
[ "$s" -lt 255 ] || s=254
exit "$s"
}
"""


def wrapped(script: str) -> bytes:
    """What is sent to `sh -s` for a script; standard input then stays open for as long as the script may run.

    All stands in braces: sh reads it to its end before it begins, so that one whose line broke while it was sent does
    nothing, and so that what watches standard input does not take the end of a long script from it. Its children have
    no standard input. When standard input closes, all of the group that sshd made for this command get SIGHUP: sshd
    itself ends nothing where there is no terminal, and sends no signals where a command is forced. A server that makes
    no group of it (dropbear) has the shell alone ended; what writes to it then gets SIGPIPE. What was detached with a
    session of its own goes on."""
    return _GOES_WITH_THE_LINE.replace("{script}", script).lstrip().encode("utf-8", "surrogateescape")


def shown_wrapping() -> str:
    """For a person: what `wrapped` puts around a script, with SCRIPT in its place."""
    return wrapped("SCRIPT\n").decode()


def as_command(script: str) -> str:
    """The script as words for a login shell, whatever that is, where standard input is needed for something else. In
    its quotes are letters, digits and backslashes alone. For scripts of a few KB: it is 5 times as long."""
    octal = "".join(f"\\0{byte:03o}" for byte in script.encode("utf-8", "surrogateescape"))
    return f"""sh -c 'eval "$(printf %b "$1")"' sh '{octal}'"""


def in_terminal(script: str) -> str:
    """As `as_command`. A terminal that was closed while sshd was still starting the script hangs nobody up: the script
    looks for itself whether it is there."""
    return as_command(f"[ -t 0 ] || exit 129\n{script}")
