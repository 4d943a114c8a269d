"""What OpenSSH's configuration says of a name, as OpenSSH itself reads it: `ssh -G`.

It evaluates Match, Include, Host and the system's own file, which asyncssh reads otherwise or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import re
import shlex
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha1
from pathlib import Path

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach import errors
from ovtui.fleet.reach.errors import Place

_READ_S = 10.0
"""A `Match exec` may ask a network."""


@cache
def ssh_program() -> str:
    """The path of OpenSSH's client; empty where there is none."""
    return shutil.which("ssh") or ""


def account_home() -> Path:
    """What ~ is for OpenSSH, whatever HOME says."""
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return Path.home()


def config_words(ssh_config: str) -> list[str]:
    """-F for `ssh`: the file that was named, or that of HOME where OpenSSH would look elsewhere."""
    if ssh_config:
        return ["-F", str(Path(ssh_config).expanduser())]
    if Path.home() == account_home():
        return []
    own = Path.home() / ".ssh" / "config"
    return ["-F", str(own) if own.exists() else "none"]


def box_words(box: Box) -> list[str]:
    """Options of `ssh` for what an inventory says of a box; the host itself comes last, after `--`."""
    words = []
    if box.port is not None:
        words += ["-p", str(box.port)]
    if box.user:
        words += ["-o", f"User={box.user}"]
    for path in box.key_files:
        words += ["-i", str(Path(path).expanduser())]
    return [*words, *box.ssh_options]


def host_of(box: Box) -> str:
    return box.address or box.name


@dataclass(frozen=True, slots=True)
class Settings:
    """Of `ssh -G`, a list for each keyword; keywords in small letters."""

    name: str
    values: Mapping[str, list[str]] = field(default_factory=dict)
    defaults: Mapping[str, list[str]] = field(default_factory=dict)
    """The same without any configuration: what differs was set."""

    def get(self, keyword: str, default: str = "") -> str:
        found = self.values.get(keyword)
        return found[0] if found else default

    def was_set(self, keyword: str) -> str:
        """The value where a configuration sets another than OpenSSH's own; else empty."""
        return self.get(keyword) if self.values.get(keyword) != self.defaults.get(keyword) else ""

    @property
    def host(self) -> str:
        return self.get("hostname", self.name)

    @property
    def port(self) -> int:
        return int(self.get("port", "22"))

    @property
    def user(self) -> str:
        return self.get("user")

    @property
    def proxy_command(self) -> str:
        """With its tokens replaced; empty where there is none."""
        command = self.get("proxycommand", "none")
        return "" if command == "none" else self.expanded(command)

    def path(self, text: str) -> Path:
        """A path of the configuration: ~ is HOME, tokens and ${VARIABLES} are replaced."""
        text = self.expanded(text)
        text = re.sub(r"\$\{(\w+)\}", lambda found: os.environ.get(found[1], found[0]), text)
        return Path(text).expanduser()

    def expanded(self, text: str) -> str:
        """Tokens such as %h, as ssh_config(5) lists them."""
        local = socket.gethostname()
        alias = self.get("hostkeyalias") or self.host
        user = pwd.getpwuid(os.getuid()).pw_name if _has_account() else self.user
        jump = self.get("proxyjump")
        tokens = {
            "%": "%", "h": self.host, "p": str(self.port), "r": self.user, "n": self.name, "u": user,
            "d": str(Path.home()), "l": local, "L": local.partition(".")[0], "i": str(os.getuid()), "k": alias,
            "j": "" if jump == "none" else jump,
            "C": sha1(f"{local}{self.host}{self.port}{self.user}".encode()).hexdigest(),
        }  # fmt: skip
        return re.sub("%(.)", lambda found: tokens.get(found[1], found[0]), text)

    def key_files(self) -> list[Path]:
        """Those that exist, each once, in their order."""
        paths = [self.path(text) for text in self.values.get("identityfile", []) if text != "none"]
        return [path for path in dict.fromkeys(paths) if path.exists() or Path(f"{path}.pub").exists()]

    def known_hosts_files(self) -> list[Path]:
        """Those of the user first. OpenSSH names those of `~` by the account's home; HOME's are meant."""
        paths: list[Path] = []
        for keyword in ("userknownhostsfile", "globalknownhostsfile"):
            paths += [self.path(text) for text in _paths(self.get(keyword)) if text != "none"]
        theirs, ours = account_home(), Path.home()
        if theirs == ours:
            return paths
        usual = {theirs / ".ssh" / name: ours / ".ssh" / name for name in ("known_hosts", "known_hosts2")}
        return [usual.get(path, path) for path in paths]


def _paths(text: str) -> list[str]:
    """The words of a list of files; `ssh -G` writes a name with a space in it as it is."""
    words, found = text.split(" "), []
    while words:
        for count in range(len(words), 0, -1):
            name = " ".join(words[:count])
            if count == 1 or Path(name).expanduser().exists():
                found.append(name)
                del words[:count]
                break
    return [name for name in found if name]


@cache
def _has_account() -> bool:
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        return False
    return True


def place_of(settings: Settings, ssh_words: list[str], keys: str = "", locked: str = "") -> Place:
    files = settings.known_hosts_files()
    known = str(files[0]) if files and files[0] != account_home() / ".ssh" / "known_hosts" else ""
    words = [*ssh_words]
    if known and Path.home() != account_home():
        words += ["-o", f"UserKnownHostsFile={known}"]
    return Place(
        settings.host, settings.port, settings.user, shlex.quote(settings.name), shlex.join(words), keys, locked,
        known_as=settings.get("hostkeyalias"), proxy=settings.proxy_command,
        known_hosts=shlex.quote(known) if known else "",
    )  # fmt: skip


async def read_settings(box: Box, config: list[str]) -> Settings:
    """`config`: as `config_words` has it. Raises BoxError: refused, login. Costs a process:
    6 ms."""
    for path in box.key_files:
        if not Path(path).expanduser().exists():
            raise BoxError("login", f"the key file that the inventory names is not there: {errors.capped(path, 200)}")
    if not ssh_program():
        from ovtui.fleet.reach.config_by_asyncssh import DEFAULTS, read_by_asyncssh

        return Settings(host_of(box), read_by_asyncssh(box, host_of(box), config), DEFAULTS)
    words = [*config, *box_words(box)]
    values = await _ask(words, host_of(box))
    return Settings(host_of(box), values, await _defaults())


_defaults_found: dict[str, dict[str, list[str]]] = {}


async def _defaults() -> dict[str, list[str]]:
    program = ssh_program()
    if program not in _defaults_found:
        _defaults_found[program] = await _ask(["-F", "none"], "localhost")
    return _defaults_found[program]


async def _ask(words: list[str], host: str) -> dict[str, list[str]]:
    process = await asyncio.create_subprocess_exec(
        ssh_program(), "-G", *words, "--", host,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_READ_S):
            stdout, stderr = await process.communicate()
    except TimeoutError:
        raise BoxError("refused", f"ssh -G needs more than {_READ_S:g} s to read its configuration") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        said = stderr.decode("utf-8", "replace").strip().splitlines()
        raise BoxError("refused", errors.bad_config(said[0] if said else f"ssh -G ended with {process.returncode}"))
    values: dict[str, list[str]] = {}
    for line in stdout.decode("utf-8", "surrogateescape").splitlines():
        keyword, _, value = line.partition(" ")
        values.setdefault(keyword.lower(), []).append(value)
    return values
