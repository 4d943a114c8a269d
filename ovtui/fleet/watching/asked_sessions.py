"""Which sessions of a box serve metrics, and where: `ovtui sessions --json` over there tells."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ovtui.fleet.box import Box, BoxError, FleetError
from ovtui.fleet.inventory.targets import Target, target_of
from ovtui.fleet.on_box.asking import ask_json
from ovtui.fleet.reach.line import Line
from ovtui.fleet.told import decoded
from ovtui.fleet.watching.file_sd import address
from ovtui.settings.shown_text import shown

_EVERY = ("0.0.0.0", "::", "")
_SESSION_LENGTH = 60


class _Session(msgspec.Struct):
    session: str
    prometheus: str | None = None


class Served(NamedTuple):
    """What the sessions of one box serve."""

    addresses: list[str]
    """At which Prometheus can read them, from another machine."""
    remarks: list[str]
    """Sentences without the box's name: what cannot be read from elsewhere, and what to do."""


async def ask_sessions(line: Line, box: Box) -> list[tuple[str, str | None]]:
    """Session and HOST:PORT of each; '' for one that serves no metrics, None for one that does not tell. Raises
    BoxError."""
    told = await ask_json(line, box, ["sessions", "--json"], statuses=(0, 1))
    found = decoded(told, list[_Session])
    if found is None:
        raise BoxError("failed", "its ovtui tells of its sessions in a form that cannot be read")
    return [(shown(each.session)[:_SESSION_LENGTH], each.prometheus) for each in found]


def served_at(host: str, sessions: Sequence[tuple[str, str | None]]) -> Served:
    """`host`: where the box is. One that serves on the loopback interface can be read by a Prometheus on the box
    itself alone."""
    served = Served([], [])
    for session, told in sessions:
        if told is None:
            served.remarks.append(f"session {session} does not tell where its metrics are: an older ovtui, or it hangs")
        if not told:
            continue
        at = _address(told)
        if at is None or at.port is None:
            served.remarks.append(f"session {session} tells no address of its metrics that can be read")
        elif at.host in _EVERY:
            served.addresses.append(address(host, at.port))
        elif _is_loopback(at.host) and not _is_loopback(host):
            served.remarks.append(
                f"session {session} serves its metrics at {address(at.host, at.port)} only, where a Prometheus on"
                f" another machine cannot read them: start it with --prometheus 0.0.0.0:{at.port}"
            )
        else:
            served.addresses.append(address(at.host, at.port))
    if not served.addresses and not served.remarks:
        served.remarks.append("no session serves metrics there: start one with --prometheus 0.0.0.0:9464")
    return served


def _address(told: str) -> Target | None:
    try:
        return target_of(told)
    except FleetError:
        return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
