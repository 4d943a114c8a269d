"""The options that say which boxes a command of `ovtui fleet` is about, and how they are reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ovtui.cli import completers
from ovtui.cli.exits import notify
from ovtui.cli.interrupts import INTERRUPTS
from ovtui.cli.path_type import PATH

if TYPE_CHECKING:
    from ovtui.fleet.box import Box
    from ovtui.fleet.reach.opening import ReachOptions

JOBS = 16
_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])
_OPTIONS = (
    click.option(
        "--hosts", multiple=True, type=PATH, metavar="FILE", shell_complete=completers.paths,
        help="An inventory: a list with a box on each line, or one of Ansible's. May be given several times.",
    ),
    click.option(
        "--host", multiple=True, metavar="NAME", shell_complete=completers.ssh_hosts,
        help="A box, by its name for OpenSSH, or as [USER@]HOST[:PORT]. May be given several times.",
    ),
    click.option(
        "--only", multiple=True, metavar="PATTERN",
        help="Of those named: a box, a group, 'box*'; '!PATTERN' leaves out. May be given several times.",
    ),
    click.option(
        "--ssh", "transport", type=click.Choice(("auto", "asyncssh", "ssh")), default="auto", show_default=True,
        help="What makes the connections: asyncssh, or the system's ssh.",
    ),
    click.option(
        "--ssh-config", type=PATH, default="", metavar="FILE", shell_complete=completers.paths,
        help="Instead of ~/.ssh/config.",
    ),
    click.option(
        "--jobs", type=click.IntRange(1, 1000), default=JOBS, show_default=True, metavar="N",
        help="So many boxes at a time.",
    ),
)  # fmt: skip


def host_options(command: _Decorated) -> _Decorated:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def boxes_from(given: dict[str, Any]) -> tuple[list[Box], ReachOptions, int]:
    """Takes the options of `host_options` out of `given`. Returns the boxes, how they are reached, and how many at a
    time; tells on stderr what a person should know of the inventory. Raises click.UsageError."""
    from ovtui.fleet.box import FleetError
    from ovtui.fleet.inventory.reading import read_boxes
    from ovtui.fleet.reach.opening import ReachOptions

    files, hosts, only = given.pop("hosts"), given.pop("host"), given.pop("only")
    options = ReachOptions(ssh_config=given.pop("ssh_config"), transport=given.pop("transport"))
    jobs: int = given.pop("jobs")
    try:
        with INTERRUPTS.unwinding():  # an inventory may be a program
            return read_boxes(files, hosts, only, notify), options, jobs
    except FleetError as error:
        raise click.UsageError(str(error)) from None
