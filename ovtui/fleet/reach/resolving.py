"""Where a box is in the end: what its inventory leaves open, OpenSSH's configuration says."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ovtui.fleet.box import Box, Transport
from ovtui.fleet.reach.opening import ReachOptions, chosen
from ovtui.fleet.reach.ssh_config import config_words, host_of, read_settings, ssh_program


class Resolved(NamedTuple):
    host: str
    port: int
    user: str
    transport: Transport
    why: str
    """Why it is reached by this transport."""


async def resolved(box: Box, options: ReachOptions) -> Resolved:
    """Connects to nothing. Raises BoxError."""
    transport, why = await chosen(box, options)
    settings = await read_settings(box, config_words(options.ssh_config))
    return Resolved(settings.host, settings.port, settings.user, transport, why)


async def address_of(box: Box, options: ReachOptions) -> str:
    """The host alone; as the inventory has it where this machine has no OpenSSH. Raises BoxError."""
    if not ssh_program():
        return host_of(box)
    without_keys = msgspec.structs.replace(box, key_files=())  # one that is missing is no matter here
    return (await read_settings(without_keys, config_words(options.ssh_config))).host
