"""What goes wrong with a line, as one sentence that says what to do."""

from __future__ import annotations

import asyncio
import errno
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass

from ovtui.fleet.box import BoxError, FaultKind
from ovtui.settings.shown_text import shown, shown_within

_TEXT_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Place:
    """What a sentence names of the box."""

    host: str
    port: int
    user: str
    name: str
    """As OpenSSH knows it: what to type after `ssh`."""
    ssh_words: str = ""
    """Options that `ssh` needs to reach it as it was reached here."""
    keys: str = ""
    """Which keys were offered, or why none was."""
    locked: str = ""
    """A key file with a passphrase, where no key could be offered without."""
    known_as: str = ""
    """Its name in known_hosts, where that is not host and port (HostKeyAlias)."""
    proxy: str = ""
    """The program that connects (ProxyCommand)."""
    known_hosts: str = ""
    """The file of the host keys, where ssh-keygen would take another."""

    @property
    def at(self) -> str:
        return f"{shown(self.host)} port {self.port}"

    @property
    def by_hand(self) -> str:
        return f"ssh {self.ssh_words}{' ' if self.ssh_words else ''}{self.name}"


def capped(text: str, characters: int = _TEXT_CHARACTERS) -> str:
    """On one line, without what a terminal obeys, and short."""
    return shown_within(" ".join(text.split()), characters)


def silent(silence_s: float, what: str = "it") -> BoxError:
    return BoxError("silent", f"{what} has sent nothing for {silence_s:g} s: it hangs, or the line to it is dead")


def trickles(seconds: float, what: str = "no whole line") -> BoxError:
    return BoxError("silent", f"it sends, but {what} in {seconds:g} s, and was cut off")


def nothing_run(status: int, stderr: str) -> BoxError:
    said = stderr.strip().rsplit("\n", 1)[-1]
    told = f" ({capped(said, 200)})" if said else ""
    return BoxError("failed", f"its login shell ended with status {status} and ran nothing{told}: look at its profile")


def too_long(whole_s: float) -> BoxError:
    return BoxError("silent", f"it did not end within {whole_s:g} s, and was cut off")


def too_much(most_bytes: float, what: str = "it sent") -> BoxError:
    return BoxError("too-much", f"{what} more than {size_text(most_bytes)}, and was cut off")


def size_text(size: float) -> str:
    for unit, step in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= step:
            return f"{size / step:.4g} {unit}"
    return f"{size:g} bytes"


def lost(why: str = "") -> BoxError:
    return BoxError("lost", f"the line to it broke{': ' + capped(why) if why else ''}")


_OF_SSH: tuple[tuple[str, FaultKind, Callable[[Place, str], str]], ...] = (
    (r"Could not resolve hostname", "unreachable", lambda place, _: unresolved(place)),
    (r"Connection refused", "unreachable", lambda place, _: refused(place)),
    (r"No route to host|Network is unreachable", "unreachable", lambda place, _: no_route(place)),
    (r"Connection timed out during banner exchange", "silent", lambda place, _: no_banner(place)),
    (r"connect to host .*(reset|aborted)", "unreachable", lambda place, _: hung_up(place)),
    (r"Operation timed out|Connection timed out", "unreachable", lambda place, _: no_connection(place)),
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED", "host-key", lambda place, _: changed_key(place, "")),
    (r"REVOKED HOST KEY|host key .* is revoked", "host-key", lambda place, _: revoked_key(place)),
    (r"Host key verification failed|No .* host key is known", "host-key", lambda place, _: unknown_key(place, "")),
    (r"no matching host key type|no matching key exchange|no matching cipher|no matching MAC|Unable to negotiate",
     "unreachable", lambda _, text: no_common(text)),
    (r"Too many authentication failures", "login", lambda place, _: too_many_keys(place)),
    (r"account .*(expired|locked)|has expired", "login", lambda _, text: account(text)),
    (r"UNPROTECTED PRIVATE KEY|bad permissions", "login", lambda _, text: open_key(text)),
    (r"Permission denied \(", "login", lambda place, _: not_accepted(place)),
    (r"invalid format|banner line|Protocol major versions differ|kex_exchange_identification", "unreachable",
     lambda place, text: no_ssh(place, text)),
    (r"Session open refused|open failed|administratively prohibited", "refused", lambda _, text: no_session(text)),
    (r"Bad configuration option|[Tt]erminating, \d+ bad|Bad owner or permissions", "refused",
     lambda _, text: bad_config(text)),
    (r"Connection reset|Broken pipe|closed by remote|Connection closed|not responding|mux_client|master", "lost",
     lambda _, text: lost(text).text),
)  # fmt: skip
"""What OpenSSH's client writes, the more telling first; its texts are never translated."""


def of_ssh(stderr: str, place: Place, *, opened: bool = False) -> BoxError:
    """What OpenSSH's client said when it failed by itself (status 255). `opened`: over a line that was open."""
    lines = [line for line in stderr.splitlines() if line.strip() and not set(line.strip()) <= {"@"}]
    for pattern, kind, text in _OF_SSH:
        for line in lines:
            if (kind == "refused" or not opened) and re.search(pattern, line):
                return BoxError(kind, text(place, line))
    if opened:  # the connection is gone, and the rest is what ssh says of having none
        return lost("" if any("kex_exchange" in line for line in lines) else " ".join(lines[-1:]))
    if not lines and place.proxy:
        return BoxError("unreachable", no_ssh(place, ""))
    if not lines:
        return BoxError(
            "refused", "ssh ended without a word: no session is opened there (MaxSessions), or its shell ended"
        )
    return BoxError("unreachable", f"ssh says: {capped(lines[-1])}")


def of_os(error: OSError, place: Place) -> BoxError:
    """Of a connection that did not come about."""
    if isinstance(error, socket.gaierror):
        return BoxError("unreachable", unresolved(place))
    if isinstance(error, ConnectionRefusedError) or ("Connect call failed" in str(error) and "111" in str(error)):
        return BoxError("unreachable", refused(place))
    if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL):
        return BoxError("unreachable", no_route(place))
    if error.errno == errno.ETIMEDOUT:
        return BoxError("unreachable", no_connection(place))
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return BoxError("unreachable", "this machine has no file descriptors left: ulimit -n raises the limit")
    if isinstance(error, ConnectionError):
        return BoxError("unreachable", hung_up(place))
    return BoxError("unreachable", f"no connection to {place.at}: {capped(str(error))}")


def hung_up(place: Place) -> str:
    return f"{place.at} hung up before the login: too many logins at once (MaxStartups), or it refuses this address"


def unresolved(place: Place) -> str:
    return (
        f"the name {shown(place.host)} does not resolve: correct it in the inventory, or name its address (HostName in "
        "~/.ssh/config, ansible_host)"
    )


def refused(place: Place) -> str:
    return f"nothing listens at {place.at}: is sshd running there, and is it that port?"


def no_route(place: Place) -> str:
    return f"there is no route to {place.at}: it is off, or another network (VPN) is needed"


def no_connection(place: Place) -> str:
    return f"no connection to {place.at} in time: it is off, or a firewall drops what is sent to it"


def no_banner(place: Place) -> str:
    return f"{place.at} took the connection and then said nothing: its sshd hangs, or it is not SSH that listens there"


def no_ssh(place: Place, text: str) -> str:
    if place.proxy:
        return f"the program that connects to it (ProxyCommand {capped(place.proxy, 160)}) ended: try it by hand"
    return (
        f"what listens at {place.at} is not SSH, or its sshd hung up, as it does with too many logins at once "
        f"(MaxStartups): {capped(text, 120)}"
    )


def no_common(text: str) -> str:
    return f"its sshd and this side have no algorithm in common ({capped(text, 160)}): --ssh ssh, or a newer sshd there"


def unknown_key(place: Place, fingerprint: str) -> str:
    key = f" ({fingerprint})" if fingerprint else ""
    return f"its host key{key} is not in known_hosts: type  {place.by_hand}  once, and compare the fingerprint"


def changed_key(place: Place, fingerprint: str) -> str:
    key = f" to {fingerprint}" if fingerprint else ""
    name = place.known_as or known_name(place.host, place.port)
    file = f" -f {place.known_hosts}" if place.known_hosts else ""
    return (
        f"its host key has changed{key}: if the box was installed anew, type  ssh-keygen -R '{name}'{file}  and then  "
        f"{place.by_hand}; if not, somebody may stand between"
    )


def revoked_key(place: Place) -> str:
    return f"its host key is marked @revoked in known_hosts: the box at {place.at} needs a new key, or is another's"


def known_name(host: str, port: int) -> str:
    """As known_hosts has it."""
    return shown(host) if port == 22 else f"[{shown(host)}]:{port}"


def too_many_keys(place: Place) -> str:
    return (
        f"it hung up after too many keys that it does not accept: name the right one (IdentityFile and IdentitiesOnly "
        f"yes for {place.name} in ~/.ssh/config)"
    )


def not_accepted(place: Place) -> str:
    if place.locked:
        return f"the key {place.locked} has a passphrase, and no agent offers it: type  ssh-add {place.locked}  first"
    keys = f" ({place.keys})" if place.keys else ""
    return (
        f"it accepts no key of {shown(place.user)} here{keys}: bring one there with  ssh-copy-id "
        f"{place.ssh_words}{' ' if place.ssh_words else ''}{place.name}"
    )


def account(text: str) -> str:
    return f"the account there cannot log in: {capped(text, 160)}"


def open_key(text: str) -> str:
    return f"ssh does not use a key file that others can read (chmod 600 it): {capped(text, 160)}"


def no_session(text: str) -> str:
    return f"its sshd opens no session ({capped(text, 160)}): MaxSessions there, or a key that may run nothing"


def bad_config(text: str) -> str:
    return f"the SSH configuration cannot be read: {capped(text, 240)}"


_FULL = re.compile(r"No space left on device|[Dd]isk quota exceeded|File too large|[Ff]ile size limit exceeded")


def of_transfer(stderr: str, remote: str) -> BoxError:
    """Of a file that could not be brought there."""
    last = stderr.strip().splitlines()[-1] if stderr.strip() else ""
    folder = shown(remote.rsplit("/", 1)[0] or "/")
    if _FULL.search(stderr):
        what = "quota is used up" if "quota" in stderr.lower() else "disk is full"
        return BoxError("full-disk", f"the {what} there: make room in {folder}")
    if "Permission denied" in stderr or "Read-only file system" in stderr:
        why = "is read-only" if "Read-only" in stderr else "may not be written to"
        return BoxError("failed", f"{folder} {why} for the account there: {capped(last, 160)}")
    return BoxError("failed", f"{shown(remote)} could not be written: {capped(last, 200) or 'no reason was given'}")


def of_timeout(error: BaseException) -> bool:
    return isinstance(error, asyncio.TimeoutError | TimeoutError)
