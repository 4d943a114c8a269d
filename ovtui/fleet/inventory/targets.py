"""How a box is named in one word: NAME, USER@HOST, HOST:PORT, [V6]:PORT, ssh://USER@HOST:PORT; and which words may be
one. A name goes into the table, into the name of a file, and to ssh."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

from ovtui.fleet.box import FleetError
from ovtui.settings.shown_text import in_quotes, shown

_LONGEST_NAME = 200
"""Bytes: a file's name may have 255, and an ending follows."""
_SHELL_CHARACTERS = frozenset("'`\"$\\;&<>|(){}")
"""ssh refuses a host with one of these on its command line, because ProxyCommand and Match exec hand it to a shell."""
_WITH_PORT = re.compile(r"\[(?P<bracketed>[^\[\]]*)\](?::(?P<after>[^:]*))?|(?P<host>[^:]*):(?P<port>[^:]*)")


class Target(NamedTuple):
    """One word that names a box, taken apart."""

    host: str
    port: int | None = None
    user: str = ""


def target_of(word: str) -> Target:
    """Raises FleetError, as a sentence without the place."""
    rest = word
    if word.startswith("ssh://"):
        rest = word.removeprefix("ssh://").removesuffix("/")
    user, at, rest = rest.rpartition("@")
    if at:
        check_user(user)
    found = _WITH_PORT.fullmatch(rest)
    if is_ipv6(rest) or not found:
        host, port = rest, None
    elif found["bracketed"] is not None:
        host, port = found["bracketed"], found["after"]
    else:
        host, port = found["host"], found["port"]
    check_host(host)
    return Target(host, None if port is None else port_of(port), user)


def is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def port_of(value: object) -> int:
    """Raises FleetError."""
    text = str(value).strip() if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536:
        return int(text)
    raise FleetError(f"a port is a number from 1 to 65535, not {in_quotes(str(value)[:60])}")


def check_name(name: str) -> None:
    """Raises FleetError where a box cannot be called so."""
    wrong = ""
    if not name.strip():
        wrong = "it is empty"
    elif name.startswith("-"):
        wrong = "it begins with '-', as an option of ssh does"
    elif "/" in name or name in (".", ".."):
        wrong = "it is the name of a file, too, and can have no '/'"
    elif shown(name) != name or name != name.strip():
        wrong = "it has characters that cannot be seen"
    elif len(name.encode()) > _LONGEST_NAME:
        wrong = f"it is longer than {_LONGEST_NAME} bytes"
    if wrong:
        raise FleetError(f"no box can be called {in_quotes(name[:60])}: {wrong}")


def check_host(host: str) -> None:
    """Raises FleetError where ssh is not to be given this as a host."""
    if host.startswith("-"):
        raise FleetError(f"{in_quotes(host[:60])} begins with '-', as an option of ssh does: it is no host")
    if not host or len(host) > 1025 or not _is_word(host) or "/" in host or "@" in host or "[" in host or "]" in host:
        raise FleetError(f"{in_quotes(host[:60])} is no host that ssh would take")


def check_user(user: str) -> None:
    """Raises FleetError where ssh is not to be given this as a user."""
    if not user or user.startswith("-") or not _is_word(user):
        raise FleetError(f"{in_quotes(user[:60])} is no user that ssh would take")


def _is_word(text: str) -> bool:
    return shown(text) == text and not _SHELL_CHARACTERS & set(text) and not any(map(str.isspace, text))
