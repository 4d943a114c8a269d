"""`open_line`: a line to a box, by asyncssh or by the system's ssh, whichever reaches it."""

from __future__ import annotations

import asyncio
import importlib.util
from dataclasses import dataclass

from ovtui.fleet.box import Box, BoxError, Transport
from ovtui.fleet.reach.line import Line
from ovtui.fleet.reach.ssh_config import Settings, box_words, config_words, place_of, read_settings, ssh_program

_AT_ONCE = 64
"""Logins at the same time; each costs 10 ms of this machine."""
_turns: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Semaphore]] = {}


@dataclass(frozen=True)
class ReachOptions:
    ssh_config: str = ""
    """As `ssh -F`; empty: ~/.ssh/config and the system's."""
    transport: Transport = "auto"
    connect_s: float = 8.0
    """From the name to the login."""


def why_not_able() -> str:
    """Why no box can be reached by asyncssh: a sentence; empty where it is installed."""
    if importlib.util.find_spec("asyncssh") is None:
        return "ovtui fleet needs asyncssh, which is not installed: pip install 'ovtui[fleet]'"
    return ""


async def chosen(box: Box, options: ReachOptions) -> tuple[Transport, str]:
    """By which of the two a box is reached, and why: for --dry-run. Raises BoxError. Connects to nothing, but a `Match
    exec` of the configuration runs."""
    transport, reason, _ = await _choose(box, options)
    return transport, reason


async def open_line(box: Box, options: ReachOptions) -> Line:
    """Raises BoxError: unreachable, host-key, login, silent, lost, refused."""
    async with _turn():
        transport, _, settings = await _choose(box, options)
        words = [*config_words(options.ssh_config), *box_words(box)]
        if transport == "ssh":
            from ovtui.fleet.reach.system_line import connect_by_ssh

            place = place_of(settings, words, *await _keys(settings))
            return await connect_by_ssh(box, settings, place, words, options.connect_s)
        from ovtui.fleet.reach.connecting import connect

        return await connect(box, settings, words, options.connect_s)


async def _keys(settings: Settings) -> tuple[str, str]:
    """For a sentence, where asyncssh is here to read them."""
    if why_not_able():
        return "", ""
    from ovtui.fleet.reach.key_files import KeyFiles

    keys = await asyncio.to_thread(KeyFiles.read, settings)
    return keys.text, keys.locked


def _turn() -> asyncio.Semaphore:
    loop = asyncio.get_running_loop()
    kept = _turns.get(id(loop))
    if kept is None or kept[0] is not loop:
        _turns.clear()
        kept = _turns[id(loop)] = loop, asyncio.Semaphore(_AT_ONCE)
    return kept[1]


async def _choose(box: Box, options: ReachOptions) -> tuple[Transport, str, Settings]:
    forced = options.transport if options.transport != "auto" else box.transport
    if forced != "ssh" and (why_not := why_not_able()):
        raise BoxError("refused", why_not)
    settings = await read_settings(box, config_words(options.ssh_config))
    if forced != "auto":
        if forced == "asyncssh" and box.ssh_options:
            raise BoxError("refused", "the inventory gives it options of ssh (ansible_ssh_common_args): --ssh ssh")
        if forced == "ssh":
            _require_ssh()
        return forced, "--ssh says so" if options.transport != "auto" else "the inventory says so", settings
    if box.ssh_options:
        _require_ssh()
        return "ssh", "the inventory gives it options of ssh (ansible_ssh_common_args)", settings
    from ovtui.fleet.reach.choice import needs_ssh

    if reason := needs_ssh(settings):
        _require_ssh(f"{reason}, and ")
        return "ssh", reason, settings
    return "asyncssh", "nothing in its SSH configuration needs the system's ssh", settings


def _require_ssh(reason: str = "") -> None:
    if not ssh_program():
        raise BoxError("refused", f"{reason}there is no ssh on this machine: install OpenSSH's client")
