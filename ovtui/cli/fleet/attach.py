"""`ovtui fleet attach`: the dashboard of a box, through SSH."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit, notify
from ovtui.cli.fleet.host_options import boxes_from, host_options
from ovtui.cli.interrupts import INTERRUPTS, SIGNALS

if TYPE_CHECKING:
    from ovtui.fleet.box import Box
    from ovtui.fleet.reach.opening import ReachOptions

_Made = TypeVar("_Made")
_CONNECT_S = 20.0
"""Longer than for a run, which tries again and has to notice a hang: a person waits, and has ctrl+c. On a machine with
twenty times the load of its cores a login takes 4 s."""
_LINE_BROKE = 255
"""In place of the exit status of what ran there."""


@click.command("attach")
@host_options
@click.argument("name", metavar="NAME")
@click.argument("session", metavar="[ID]", required=False, default="")
@click.option(
    "--run",
    "of_run",
    default="",
    metavar="RUN",
    shell_complete=completers.fleet_runs,
    help="NAME is a box of this run of ovtui fleet.",
)
@click.option("--write", is_flag=True, help="Let keys change settings, and end the session.")
def attach_command(name: str, session: str, of_run: str, write: bool, **given: Any) -> int:
    """Open a box's own dashboard here.

    NAME is a box of the inventory, or without one a name for OpenSSH. ID, or its beginning, is needed where several
    sessions run there. Without --write nothing there is changed. Where the box hangs, press ctrl+] three times."""
    box, options = _box_of_run(name, of_run) if of_run else _box(name, given)
    if reason := _why_no_terminal():
        raise click.UsageError(f"a dashboard needs a terminal: {reason}; ovtui fleet run shows boxes without one")
    from ovtui.fleet.box import BoxError
    from ovtui.fleet.reach.opening import why_not_able

    if (missing := why_not_able()) and options.transport == "asyncssh":
        raise click.ClickException(missing)
    with INTERRUPTS.held():  # the terminal is given back before this process ends
        try:
            return asyncio.run(_attach(box, options, session, write=write))
        except BoxError as error:
            raise click.ClickException(f"{box.name}: {error.text}") from None
        finally:
            INTERRUPTS.install()  # asyncio has put back Python's own


def _box(name: str, given: dict[str, Any]) -> tuple[Box, ReachOptions]:
    """Raises click.UsageError where there is no such box."""
    alone = not (given["hosts"] or given["host"])
    if alone:
        given["host"] = (name,)
    boxes, options, _ = boxes_from(given)
    for box in boxes:
        if alone or box.name == name:
            return box, options
    raise click.UsageError(f"there is no box {name} among those that are named; ovtui fleet hosts lists them")


def _box_of_run(name: str, run: str) -> tuple[Box, ReachOptions]:
    """Raises click.UsageError where there is no such box or run."""
    from ovtui.fleet.box import FleetError
    from ovtui.fleet.reach.opening import ReachOptions
    from ovtui.fleet.running.run_folder import find_run, read_brief

    try:
        brief = read_brief(find_run(run))
    except FleetError as error:
        raise click.UsageError(str(error)) from None
    box = next((box for box in brief.boxes if box.name == name), None)
    if box is None:
        raise click.UsageError(f"there is no box {name} in the run {brief.name}; ovtui fleet show lists them")
    return box, ReachOptions(ssh_config=brief.ssh_config, transport=brief.transport)


def _why_no_terminal() -> str:
    from ovtui.terminal.terminal_kind import why_no_screen

    if not sys.stdin.isatty():
        return "stdin is none"
    if not sys.stdout.isatty():
        return "stdout is none"
    return why_no_screen(os.environ.get("TERM", ""))


async def _attach(box: Box, options: ReachOptions, session: str, *, write: bool) -> int:
    """Raises BoxError."""
    from ovtui.fleet.attaching.box_script import NO_OVTUI_STATUS, attach_script, ended_unlike_ovtui
    from ovtui.fleet.attaching.local_terminal import LocalTerminal
    from ovtui.fleet.attaching.remote_screen import RemoteScreen
    from ovtui.fleet.on_box.asking import no_ovtui
    from ovtui.fleet.reach.errors import lost
    from ovtui.fleet.reach.opening import open_line
    from ovtui.settings.charset import UTF_8, terminal_charset
    from ovtui.terminal.screen_filter import ScreenFilter

    utf_8 = terminal_charset() == UTF_8
    script = attach_script(box, session, write=write, utf_8=utf_8, environ=os.environ)
    line = await _unless_interrupted(open_line(box, dataclasses.replace(options, connect_s=_CONNECT_S)))
    if line is None:
        return Exit.INTERRUPTED
    try:
        with LocalTerminal() as local:
            remote = await _unless_interrupted(line.terminal(script, *local.size, os.environ["TERM"]))
            if remote is None:
                return Exit.INTERRUPTED
            how, status = await RemoteScreen(remote, local, ScreenFilter(ascii_only=not utf_8)).run()
    finally:
        await line.close()
    if how == "left":
        notify(f"left with ctrl+]; the session on {box.name} goes on")
    if how != "ended":
        return Exit.INTERRUPTED
    if status == NO_OVTUI_STATUS:
        raise no_ovtui(box)
    if status == _LINE_BROKE:
        raise lost()
    if status not in set(Exit):
        raise ended_unlike_ovtui(status)
    return status


async def _unless_interrupted(work: Coroutine[Any, Any, _Made]) -> _Made | None:
    """None where a signal came first. Its handlers stay, and do nothing afterwards."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    for number in SIGNALS:
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return None
