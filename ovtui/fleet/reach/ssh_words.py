"""Options of the system's ssh, so that it asks nothing, trusts no unknown key, and opens nothing that is not needed."""

from __future__ import annotations

import math
import shlex
from pathlib import Path

from ovtui.fleet.reach.jumps import jump_settings
from ovtui.fleet.reach.ssh_config import Settings, account_home, ssh_program

_SAFE = (
    "BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "PasswordAuthentication=no",
    "KbdInteractiveAuthentication=no", "LogLevel=ERROR", "ClearAllForwardings=yes", "ForwardAgent=no",
    "ForwardX11=no", "PermitLocalCommand=no", "ConnectionAttempts=1", "ServerAliveInterval=3",
    "ServerAliveCountMax=2", "ControlPersist=no", "EscapeChar=none", "RemoteCommand=none", "RequestTTY=no",
    "Tunnel=no",
)  # fmt: skip
"""They come first on the command line: of each option OpenSSH takes the first value that it meets."""


def host_words() -> list[str]:
    """For a command that goes through a connection which is open: no configuration is read once more."""
    return ["-F", "none"]


async def safe_words(settings: Settings, ssh_words: list[str], connect_s: float) -> list[str]:
    """For a connection of its own."""
    options = [*_SAFE, f"ConnectTimeout={math.ceil(connect_s)}", *_of_home(settings)]
    command = ""
    for hop, hop_words in await jump_settings(settings, ssh_words):
        through = [f"ProxyCommand={command.replace('%', '%%')}"] if command else []
        words = _with_dashes([*_SAFE, f"ConnectTimeout={math.ceil(connect_s)}", *_of_home(hop), *through])
        command = shlex.join([ssh_program(), *words, "-W", "[%h]:%p", *hop_words, "--", hop.name])
    if command:
        options.append(f"ProxyCommand={command}")
    return _with_dashes(options)


def _with_dashes(options: list[str]) -> list[str]:
    return [word for option in options for word in ("-o", option)]


def _of_home(settings: Settings) -> list[str]:
    """Where HOME is not the account's home, in which ssh would look."""
    if Path.home() == account_home():
        return []
    files = " ".join(f'"{path}"' for path in settings.known_hosts_files())
    keys = [f'IdentityFile="{path}"' for path in settings.key_files()]
    return [f"UserKnownHostsFile={files}", *keys] if files else keys
