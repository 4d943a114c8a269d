"""`ovtui fleet prometheus-targets`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit
from ovtui.cli.fleet.host_options import boxes_from, host_options
from ovtui.cli.fleet.problems import tell_problems
from ovtui.cli.interrupts import INTERRUPTS
from ovtui.cli.path_type import PATH
from ovtui.cli.streams import require_stdout

if TYPE_CHECKING:
    from ovtui.fleet.box import Box
    from ovtui.fleet.reach.opening import ReachOptions
    from ovtui.fleet.watching.asked_sessions import Served
    from ovtui.fleet.watching.file_sd import Target

PORT = 9464
"""That docs and examples give to --prometheus; OpenTelemetry's exporters have it, too."""


@click.command("prometheus-targets")
@host_options
@click.option("--port", type=click.IntRange(1, 65535), default=None, metavar="N",
              help=f"At which every box serves its metrics.  [default: {PORT}]")  # fmt: skip
@click.option("--ask", is_flag=True, help="Ask each box which sessions run, and where they serve their metrics.")
@click.option("--out", type=PATH, default="", metavar="FILE", shell_complete=completers.paths,
              help="Write to FILE in one step, instead of to stdout. Prometheus reads it again by itself.")  # fmt: skip
def prometheus_targets_command(port: int | None, ask: bool, out: str, **given: Any) -> int:
    """Write the boxes as Prometheus reads them.

    As its file_sd has it, with the labels host, group and kind; docs/watching.md has the rest of the way."""
    from ovtui.fleet.box import FleetError
    from ovtui.fleet.watching.file_sd import text_of, write_targets

    if ask and port is not None:
        raise click.UsageError("--ask finds the ports by itself; leave out --port")
    if not out:
        require_stdout("the targets")
    boxes, options, jobs = boxes_from(given)
    if ask:
        targets, failed = _asked(boxes, options, jobs, out)
    else:
        targets, failed = _told(boxes, options, jobs, port or PORT)
    if not out:
        sys.stdout.buffer.write(text_of(targets))
    else:
        try:
            write_targets(out, targets)
        except FleetError as error:
            raise click.ClickException(str(error)) from None
    return Exit.FAILED if failed else Exit.FINE


def _told(boxes: Sequence[Box], options: ReachOptions, jobs: int, port: int) -> tuple[list[Target], bool]:
    """Where OpenSSH's configuration has them; none is connected to."""
    from ovtui.fleet.each_box import ask_each
    from ovtui.fleet.reach.resolving import address_of
    from ovtui.fleet.watching.file_sd import address, target_of_box

    with INTERRUPTS.unwinding():
        hosts = asyncio.run(ask_each(boxes, lambda box: address_of(box, options), jobs))
    targets: list[Target] = []
    problems: list[tuple[str, str]] = []
    for box, found in zip(boxes, hosts, strict=True):
        if isinstance(found, Exception):
            problems.append((box.name, found.text))
        else:
            targets.append(target_of_box(box, [address(found, port)]))
    return targets, tell_problems(problems)


def _asked(boxes: Sequence[Box], options: ReachOptions, jobs: int, out: str) -> tuple[list[Target], bool]:
    """What serves now. A box that cannot be asked keeps what the file has of it, so that its alerts stay."""
    from ovtui.fleet.each_box import ask_each
    from ovtui.fleet.reach.opening import open_line
    from ovtui.fleet.reach.resolving import address_of
    from ovtui.fleet.watching.asked_sessions import ask_sessions, served_at
    from ovtui.fleet.watching.file_sd import read_targets, target_of_box

    async def served(box: Box) -> Served:
        host = await address_of(box, options)
        line = await open_line(box, options)
        try:
            return served_at(host, await ask_sessions(line, box))
        finally:
            await line.close()

    with INTERRUPTS.unwinding():
        answers = asyncio.run(ask_each(boxes, served, jobs))
    before = read_targets(out) if out else {}
    targets: list[Target] = []
    problems: list[tuple[str, str]] = []
    remarks: list[tuple[str, str]] = []
    for box, answer in zip(boxes, answers, strict=True):
        if isinstance(answer, Exception):
            kept = before.get(box.name)
            problems.append((box.name, f"{answer.text}{'; what the file has of it stays' if kept else ''}"))
            if kept:
                targets.append(target_of_box(box, kept.targets))
            continue
        remarks += [(box.name, remark) for remark in answer.remarks]
        if answer.addresses:
            targets.append(target_of_box(box, answer.addresses))
    tell_problems(remarks)
    return targets, tell_problems(problems)
