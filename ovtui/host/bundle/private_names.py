"""The names that a bundle leaves out: of the people and hosts that this machine knows, and what identifies it. Nothing
here asks the network: a name server that does not answer would hold a bundle up."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

_FIRST_PERSON, _LAST_PERSON = 1000, 59_999
"""Numbers that Linux gives to accounts of people."""
_NO_PERSON = frozenset({"root", "nobody", "daemon", "bin", "sys", "nogroup"})
_MOST_PEOPLE = 200
_HOME_OF = re.compile(r"/(?:home|Users)/([^/\s\"'<>:;,\\]+)")
_SERIALS = ("product_serial", "product_uuid", "board_serial", "chassis_serial", "product_asset_tag", "board_asset_tag",
            "chassis_asset_tag")  # fmt: skip
_NO_SERIAL = re.compile(r"(?i)[\s0.\-]*|.*(?:default|filled|o\.?e\.?m|none|not |serial|asset|unknown|tag).*")
_SHORTEST_ID = 5
_NO_HOST = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "(none)"})


@dataclass(frozen=True, slots=True)
class PrivateNames:
    """Each without repetition, the most important first: it gets the placeholder without a number."""

    people: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    """Folders, which become '~'."""
    ids: tuple[str, ...] = ()


def names_of_this_machine(
    environment: Mapping[str, str], owned: Iterable[Path] = (), root: Path = Path("/"), others: Iterable[str] = ()
) -> PrivateNames:
    """`owned`: files whose owners are people, too; `others`: more names of people. `root` stands for / where
    files of the machine are read."""
    accounts = [*_own_accounts(owned), *_accounts_of_people(root)]
    people = [environment.get(name, "") for name in ("USER", "LOGNAME", "USERNAME", "SUDO_USER", "DOAS_USER")]
    people += [account.pw_name for account in accounts]
    people += [part for account in accounts for part in _full_name(account.pw_gecos)]
    people += others
    homes = [environment.get("HOME", ""), *(account.pw_dir for account in accounts), "/root"]
    people += [part for home in homes for part in _person_of_home(home)]
    hosts, domains = _hosts(environment, root)
    return PrivateNames(
        people=_once(name for name in people if name and name not in _NO_PERSON)[:_MOST_PEOPLE],
        hosts=hosts,
        domains=domains,
        homes=_once(home for given in homes for home in _home_paths(given)),
        ids=_once(_ids(root)),
    )


def together(first: PrivateNames, second: PrivateNames) -> PrivateNames:
    """The names of both."""
    names = (field.name for field in fields(PrivateNames))
    return PrivateNames(**{name: _once((*getattr(first, name), *getattr(second, name))) for name in names})


def people_in_paths(texts: Iterable[str]) -> list[str]:
    """Whose home folders are named in texts of another machine, whose accounts are not known here."""
    found: dict[str, None] = {}
    for text in texts:
        for name in _HOME_OF.findall(text):
            if len(found) < _MOST_PEOPLE:
                found.setdefault(name)
    return list(found)


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def _own_accounts(owned: Iterable[Path]) -> Iterator[pwd.struct_passwd]:
    numbers = [os.getuid(), os.geteuid()]
    with suppress(ValueError):
        numbers.append(int(os.environ.get("SUDO_UID", "")))
    for path in owned:
        with suppress(OSError, ValueError):
            numbers.append(path.stat().st_uid)
    for number in dict.fromkeys(numbers):
        with suppress(KeyError, OverflowError):
            yield pwd.getpwuid(number)


def _accounts_of_people(root: Path) -> Iterator[pwd.struct_passwd]:
    """From the file: the accounts of a directory service may be many thousand."""
    for line in _lines(root / "etc/passwd"):
        parts = line.split(":")
        if len(parts) == 7 and parts[2].isdecimal() and _FIRST_PERSON <= int(parts[2]) <= _LAST_PERSON:
            yield pwd.struct_passwd((parts[0], "", int(parts[2]), 0, parts[4], parts[5], parts[6]))


def _full_name(gecos: str) -> Iterator[str]:
    """The name and its parts, and the room and telephones behind it."""
    whole, *more = gecos.split(",")
    whole = whole.strip()
    if whole and whole not in _NO_PERSON:
        yield whole
        parts = whole.split()
        yield from (part for part in parts if len(parts) > 1 and len(part) > 3)
    yield from (each.strip() for each in more if len(each.strip()) >= _SHORTEST_ID)


def _person_of_home(home: str) -> Iterator[str]:
    """HOME may be called otherwise than the account: /home/Anna Lind of 'alind'."""
    folder, _, name = home.rstrip("/").rpartition("/")
    if folder.endswith(("/home", "/Users")):
        yield from _full_name(name)


def _home_paths(home: str) -> Iterator[str]:
    """As it is named and as it is; not '/', nor what all share."""
    for path in (home, os.path.realpath(home) if home.startswith("/") else ""):
        clean = path.rstrip("/")
        shared = clean.count("/") < 2 and clean != "/root"
        if (
            clean.startswith("/")
            and not shared
            and not clean.startswith(("/usr/", "/bin/", "/sbin/", "/dev/", "/proc/"))
        ):
            yield clean


def _hosts(environment: Mapping[str, str], root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The hosts' names, long ones and short ones, and the domains that they are in."""
    names = [os.uname().nodename, environment.get("HOSTNAME", ""), *_lines(root / "etc/hostname")]
    names = [name.strip().rstrip(".") for name in names if name.strip() and not name.startswith("#")]
    short = {name.partition(".")[0].casefold() for name in names}
    aliases = [line.partition("#")[0].split() for line in _lines(root / "etc/hosts")]
    names += [name for line in aliases if any(name.partition(".")[0].casefold() in short for name in line[1:])
              for name in line[1:]]  # fmt: skip
    domains = [name.partition(".")[2] for name in names]
    for line in _lines(root / "etc/resolv.conf"):
        words = line.split()
        if words[:1] in (["search"], ["domain"]):
            domains += words[1:]
    domains = [domain.rstrip(".") for domain in domains if "." in domain.rstrip(".")]
    names += [name.partition(".")[0] for name in names]
    kept = _once(name for name in names if name.casefold() not in _NO_HOST and not name.replace(".", "").isdecimal())
    return kept, _once(domain for domain in domains)


def _ids(root: Path) -> Iterator[str]:
    for place in ("etc/machine-id", "var/lib/dbus/machine-id", "proc/sys/kernel/random/boot_id"):
        yield from (line.strip() for line in _lines(root / place)[:1] if len(line.strip()) >= _SHORTEST_ID)
    for name in _SERIALS:
        for line in _lines(root / "sys/class/dmi/id" / name)[:1]:
            if len(line.strip()) >= _SHORTEST_ID and not _NO_SERIAL.fullmatch(line.strip()):
                yield line.strip()


def _lines(path: Path) -> list[str]:
    with suppress(OSError):
        return path.read_bytes()[: 1 << 20].decode("utf-8", "surrogateescape").splitlines()
    return []
