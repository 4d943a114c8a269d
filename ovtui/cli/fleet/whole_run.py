"""A run on many boxes followed to its end, on a screen or without one, and its outcome written."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.fleet.caught_signals import caught_signals
from ovtui.cli.fleet.outcome import exit_code, write_outcome
from ovtui.cli.fleet.progress import FleetProgress
from ovtui.cli.interrupts import INTERRUPTS

if TYPE_CHECKING:
    from ovtui.fleet.running.controller import FleetController
    from ovtui.fleet.running.held_line import Opening
    from ovtui.fleet.running.run_folder import FleetBrief, RunFolder


def made_folder(brief: FleetBrief) -> RunFolder:
    """Raises click.ClickException."""
    from ovtui.fleet.box import FleetError
    from ovtui.fleet.running.run_folder import RunFolder

    try:
        return RunFolder.make(brief)
    except FleetError as error:
        raise click.ClickException(str(error)) from None


def taken_folder(run: str) -> RunFolder:
    """Of a run that is kept, to go on with it. Raises click.ClickException."""
    from ovtui.fleet.box import FleetError
    from ovtui.fleet.running.run_folder import RunFolder, find_run

    try:
        return RunFolder.take(find_run(run))
    except FleetError as error:
        raise click.ClickException(str(error)) from None


def opening_of(brief: FleetBrief) -> Opening:
    """How the boxes of a run are reached. Raises click.ClickException where asyncssh is needed and missing."""
    from ovtui.fleet.reach.opening import ReachOptions, open_line, why_not_able

    options = ReachOptions(ssh_config=brief.ssh_config, transport=brief.transport)
    if brief.transport != "ssh" and (reason := why_not_able()):
        raise click.ClickException(reason)
    return partial(open_line, options=options)


def follow_run(folder: RunFolder, json_path: str, report: str, *, screen: bool) -> int:
    """Returns the exit code. Raises click.ClickException."""
    from ovtui.fleet.box import FleetError
    from ovtui.fleet.on_box.facts import ask_facts
    from ovtui.fleet.running.controller import FleetController

    brief = folder.brief
    opening = opening_of(brief)
    with INTERRUPTS.held():
        try:
            progress = FleetProgress(brief.name)
            controller = FleetController(folder, opening, facts=ask_facts, changed=progress.changed)
        except FleetError as error:
            raise click.ClickException(str(error)) from None
        try:
            code_before = _show_or_follow(controller, progress, screen=screen)
        finally:
            INTERRUPTS.install()  # asyncio has put back Python's own
            folder.close()
        if code_before is not None:
            return code_before
        code = exit_code(controller.states, controller.faults, interrupted=controller.interrupted)
        if controller.problem:
            notify(controller.problem)
            code = code or Exit.FAILED
        write_outcome(controller.states, folder, code, json_path, report, over=True)
        for sentence in controller.one_machines():
            notify(sentence)
        progress.end(controller.states, folder.folder)
    return code


def _show_or_follow(controller: FleetController, progress: FleetProgress, *, screen: bool) -> int | None:
    """The exit code where the boxes run on without this command; None where all of them are over."""
    from ovtui.cli.dashboard import has_screen

    if screen and has_screen("the boxes are told line by line"):
        from ovtui.cli.fleet.on_screen import show_boxes

        progress.quiet = True
        return show_boxes(controller)
    asyncio.run(_follow(controller, progress))
    return None


async def _follow(controller: FleetController, progress: FleetProgress) -> None:
    def caught() -> None:
        """The first signal ends the loads, the second one at once."""
        if not controller.interrupted:
            progress.say("ending the loads of all boxes, and fetching what was measured; again: at once")
            controller.stop()
        else:
            controller.stop_at_once()

    progress.begin(controller.states)
    with caught_signals(caught):
        summaries = asyncio.ensure_future(progress.summaries(controller.states))
        try:
            await controller.run()
        finally:
            summaries.cancel()
            await asyncio.gather(summaries, return_exceptions=True)
