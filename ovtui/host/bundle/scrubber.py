"""Leaves names of people, of hosts and the paths under home out of texts and JSON. Placeholders stand for them:
`<user>`, `<host>`, `~`; the same name always has the same one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ovtui.host.bundle import addresses
from ovtui.host.bundle.common_words import common_words, is_common
from ovtui.host.bundle.name_pattern import ESCAPES, NO_LETTER_AFTER, begins_a_word, escaped, literal, spellings
from ovtui.host.bundle.private_names import PrivateNames

_KINDS = {
    "<user": "names of people", "<host": "names of hosts", "<domain": "names of hosts", "~": "paths under home",
    addresses.MAIL: "mail addresses", addresses.ADDRESS: "addresses of the network", addresses.ID: "ids of the machine",
    addresses.SECRET: "passwords",
}  # fmt: skip
_SLASH = r"(?:/|\\{1,8}(?:/|u002f)?|%(?:25){0,3}2f)"
_IN_NAME = (
    r"(?:[^/\\%\s\"'`<>|:;,()\[\]{}&?#*=\U0010ffff]|%(?!(?:25){0,3}2f)(?:25){0,3}[0-9a-f]{2}|\\{1,8}[ux][0-9a-f]{2,4}|"
    r"\U0010ffffd[89a-f][0-9a-f]{2})"
)
_ANY_HOME = re.compile(
    rf"((?:{_SLASH}(?:var|usr|export|mnt|data|srv))?{_SLASH}(?:home|Users){_SLASH})({_IN_NAME}+)", re.IGNORECASE
)
_PROPERTY = re.compile(r"[A-Z]+(?:_[A-Z0-9]+)+")
"""A key that OpenVINO gives: PERFORMANCE_HINT."""
_REMEMBERED_LENGTH, _MOST_REMEMBERED = 48, 50_000
_SERIAL_KEY, _VERSION_KEY = re.compile("serial|machine_id|boot_id"), re.compile("version|driver", re.IGNORECASE)
_FOLDERS_OF_PEOPLE = (
    r"(?:run/)?media|mnt|srv|data|scratch|storage|work|workspaces?|projects?|nfs|net|shares?|export|volumes?|disk\d*|people|"
    r"users?|tmp|var/tmp|var/(?:spool/)?(?:mail|cron)"
)
"""In which a person often has a folder of their own."""
_WORDS_BEFORE_USER = r"user(?:name|_name)?|logname|owner|login|sudo_user|account|person"
_WORDS_BEFORE_HOST = r"host(?:name|_name)?|nodename|node_name"


class Scrubber:
    """Owner: one thread. `counts` tells what was replaced, by kind."""

    def __init__(self, names: PrivateNames) -> None:
        self.counts: Counter[str] = Counter()
        self._placeholders: dict[str, str] = {}
        """Of each spelling, in small letters."""
        plain: list[str] = []
        common: dict[str, list[str]] = {"<user>": [], "<host>": []}
        self._persons: dict[str, str] = {}
        """The same of people alone: a host may be called as one."""
        of_kind = {"host": names.hosts, "domain": names.domains, "user": names.people, "id": names.ids}
        for kind, given in of_kind.items():
            for number, name in enumerate(given, 1):
                placeholder = f"<{kind}>" if number == 1 or kind == "id" else f"<{kind}-{number}>"
                for spelling in spellings(name):
                    self._placeholders.setdefault(spelling.casefold(), placeholder)
                    if kind == "user":
                        self._persons.setdefault(spelling.casefold(), placeholder)
                    if not is_common(name):
                        plain.append(spelling)
                    elif kind in ("user", "host"):
                        common[f"<{kind}>"].append(spelling)
        self.common = sum(map(len, common.values()))
        """Names that are words of the texts, too."""
        self._plain = _compiled(literal(plain))
        self._escaped = _compiled(escaped(plain))
        self._common = _compiled(literal([*common["<user>"], *common["<host>"]]))
        self._contexts = [
            *_contexts(common["<user>"], _WORDS_BEFORE_USER),
            *_contexts(common["<host>"], _WORDS_BEFORE_HOST),
        ]
        homes = [spelling for home in names.homes for spelling in spellings(home)]
        ends = r"(?![\w.\-]*[^\W_])"
        self._homes, self._homes_escaped = _compiled(literal(homes), ends), _compiled(escaped(homes), ends)
        self._people = len(names.people)
        self._clean: set[tuple[str, bool]] = set()
        """Short texts in which no name is: keys, devices, numbers come many thousand times."""

    def text(self, text: str, *, versions: bool = False) -> str:
        """`versions`: four numbers are a version and no address."""
        if (text, versions) in self._clean:
            return text
        cleaned = self._cleaned(text, versions=versions)
        if cleaned == text and len(text) <= _REMEMBERED_LENGTH and len(self._clean) < _MOST_REMEMBERED:
            self._clean.add((text, versions))
        return cleaned

    def _cleaned(self, text: str, *, versions: bool) -> str:
        has_escapes = ESCAPES.search(text) is not None
        text = addresses.without_addresses(text, self._count, versions=versions)
        homes = self._homes_escaped if has_escapes else self._homes
        if homes is not None and ("/" in text or has_escapes):
            text = homes.sub(self._home, text)
        if "home" in text or "sers" in text or has_escapes:
            text = _ANY_HOME.sub(self._someones_home, text)
        pattern = self._escaped if has_escapes else self._plain
        if pattern is not None:
            text = pattern.sub(self._name, text)
        if self._common is not None and self._common.search(text):
            for context in self._contexts:
                text = context.sub(self._name_in_context, text)
        return text

    def value(self, value: Any, key: str = "") -> Any:
        """Of JSON; in keys names are replaced as in texts."""
        if isinstance(value, str):
            if value and _SERIAL_KEY.search(key):
                return self._counted(addresses.ID)
            return self.text(value, versions=_VERSION_KEY.search(key) is not None)
        if isinstance(value, dict):
            return {self._key(name): self.value(each, str(name)) for name, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(each, key) for each in value]
        return value

    def _key(self, key: Any) -> Any:
        if not isinstance(key, str) or key.casefold() in common_words() or _PROPERTY.fullmatch(key):
            return key
        return self.text(key)

    def _count(self, placeholder: str) -> None:
        kind = next((kind for start, kind in _KINDS.items() if placeholder.startswith(start)), "names of people")
        self.counts[kind] += 1

    def _counted(self, placeholder: str) -> str:
        self._count(placeholder)
        return placeholder

    def _name(self, found: re.Match[str]) -> str:
        if not begins_a_word(found.string, found.start()):
            return found[0]
        return self._counted(self._placeholder(found[0]))

    def _name_in_context(self, found: re.Match[str]) -> str:
        return found["before"] + self._counted(self._placeholder(found["name"]))

    def _placeholder(self, name: str) -> str:
        known = self._placeholders.get(name.casefold())
        if known:
            return known
        spellings_of_it = (  # it is written with escapes
            placeholder
            for spelling, placeholder in self._placeholders.items()
            if re.fullmatch(escaped([spelling]), name, re.IGNORECASE)
        )
        return self._placeholders.setdefault(name.casefold(), next(spellings_of_it, "<user>"))

    def _home(self, found: re.Match[str]) -> str:
        before = found.string[found.start() - 1 : found.start()]
        # '/root' also ends a path: /proc/123/root, /data/root.
        is_end = before and (before.isalnum() or before in "_-.~>") and not begins_a_path(found.string, found.start())
        if is_end and found[0].count("/") < 2 and "home" not in found[0]:
            return found[0]
        return self._counted("~")

    def _someones_home(self, found: re.Match[str]) -> str:
        name = found[2]
        known = self._persons.get(name.casefold())
        if known is None:
            self._people += 1
            known = self._persons[name.casefold()] = f"<user-{self._people}>" if self._people > 1 else "<user>"
        return found[1] + self._counted(known)


def begins_a_path(text: str, at: int) -> bool:
    """After an escape, or after a flag of a compiler: -I/home/anna, -L/home/anna."""
    if begins_a_word(text, at) and text[at - 1] not in "_-.~>":
        return True
    return re.search(r"(?:^|\s)-[A-Za-z]$", text[max(at - 3, 0) : at]) is not None


def _compiled(alternatives: str, after: str = NO_LETTER_AFTER) -> re.Pattern[str] | None:
    return re.compile(f"(?:{alternatives}){after}", re.IGNORECASE) if alternatives else None


def _contexts(names: Iterable[str], words: str) -> list[re.Pattern[str]]:
    """Where a name that is a word, too, stands for a person or a host."""
    one_of = literal(names)
    if not one_of:
        return []
    name = rf"(?P<name>{one_of}){NO_LETTER_AFTER}"
    before = (
        rf"(?<![^\W_])(?:{words})\\?[\"']?\s*[=:]\s*\\?[\"'`]?",
        rf"(?<![^\W_])(?:{words})\s+[\"'`]?",
        rf"(?<![\w.\-~>])/(?:{_FOLDERS_OF_PEOPLE})/" if "user" in words else r"(?!)",
        r"[ug]id=\d+\(",
        r"(?<=[\w.>])@" if "host" in words else r"(?!)",
    )
    found = [re.compile(f"(?P<before>{each}){name}", re.IGNORECASE) for each in before]
    if "user" in words:
        found.append(re.compile(rf"(?P<before>(?<![\w.\-])){name}(?=@[\w<])", re.IGNORECASE))
    return found
