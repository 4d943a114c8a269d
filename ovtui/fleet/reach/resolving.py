"""Where a box is in the end: what its inventory leaves open, OpenSSH's configuration says."""

from __future__ import annotations

from typing import NamedTuple

from ovtui.fleet.box import Box, Transport
from ovtui.fleet.reach.opening import ReachOptions, chosen
from ovtui.fleet.reach.ssh_config import config_words, read_settings


class Place(NamedTuple):
    host: str
    port: int
    user: str
    transport: Transport
    why: str
    """Why it is reached by this transport."""


async def place_of(box: Box, options: ReachOptions) -> Place:
    """Connects to nothing. Raises BoxError."""
    settings = await read_settings(box, config_words(options.ssh_config))
    transport, why = await chosen(box, options)
    return Place(settings.host, settings.port, settings.user, transport, why)
