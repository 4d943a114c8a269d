"""The words for ssh in an inventory's ansible_ssh_common_args and its like: which of them go along."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from ovtui.fleet.box import FleetError
from ovtui.settings.shown_text import in_quotes, shown

_WITH_VALUE, _ALONE = frozenset("bcilmopBFIJPSLRD"), frozenset("46AaCkKqvXxY")
"""ssh's options that leave to ovtui what runs over the line."""
_ABOUT_HOST_KEYS = {
    "stricthostkeychecking", "checkhostip", "nohostauthenticationforlocalhost", "verifyhostkeydns", "knownhostscommand",
    "updatehostkeys",
}  # fmt: skip
_KNOWN_HOSTS = {"userknownhostsfile", "globalknownhostsfile"}
_WHAT_RUNS = {"remotecommand", "requesttty", "sessiontype", "forkafterauthentication", "stdinnull", "localcommand"}


class SshWords(NamedTuple):
    """`unchecked`: some were left out that would have switched off the check of host keys."""

    words: tuple[str, ...]
    unchecked: bool


def ssh_words(text: str) -> SshWords:
    """Raises FleetError, as a sentence without the place."""
    try:
        given = shlex.split(text)
    except ValueError as error:
        raise FleetError(f"the options for ssh cannot be taken apart ({error})") from None
    kept: list[str] = []
    unchecked = False
    left = iter(given)
    for word in left:
        if shown(word) != word:
            raise FleetError("the options for ssh have characters that cannot be seen")
        for option, value in _options(word, left):
            if option == "o":
                name, setting = _setting(value)
                if name in _WHAT_RUNS:
                    raise FleetError(f"ssh's {in_quotes(value[:60])} does not fit: ovtui says what runs on a box")
                if name in _ABOUT_HOST_KEYS or (name in _KNOWN_HOSTS and setting.lower() in ("/dev/null", "none")):
                    unchecked = unchecked or setting.lower() not in ("yes", "ask")
                    continue
            kept += [f"-{option}", value] if option in _WITH_VALUE else [f"-{option}"]
    return SshWords(tuple(kept), unchecked)


def _options(word: str, left: Iterator[str]) -> list[tuple[str, str]]:
    """Those in one word ('-4C', '-p22', '-o'), with the value, which may be the next word."""
    if not word.startswith("-") or word in ("-", "--"):
        raise FleetError(f"{in_quotes(word[:60])} among the options for ssh is none, and would be taken for a host")
    found: list[tuple[str, str]] = []
    for at, letter in enumerate(word[1:], 2):
        if letter in _WITH_VALUE:
            value = word[at:] or next(left, None)
            if not value:
                raise FleetError(f"ssh's -{letter} has no value")
            return [*found, (letter, value)]
        if letter not in _ALONE:
            raise FleetError(f"ssh's -{shown(letter)} does not fit: ovtui says what runs over the line")
        found.append((letter, ""))
    return found


def _setting(text: str) -> tuple[str, str]:
    """'StrictHostKeyChecking=no', 'StrictHostKeyChecking no': the name in lower case, and the value."""
    name, _, value = text.strip().replace("=", " ", 1).partition(" ")
    return name.lower(), value.strip()
