"""`ovtui fleet devices`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.fleet.host_options import boxes_from, host_options
from ovtui.cli.streams import require_stdout
from ovtui.cli.text_table import print_table

if TYPE_CHECKING:
    from ovtui.fleet.box import BoxError
    from ovtui.records.doctor import Chain, DoctorReport

VERSION = 1
_WORKS: dict[bool | None, str] = {True: "yes", False: "no", None: "unknown"}
_HEADS = ("BOX", "DEVICE", "WORKS", "NAME")


@click.command("devices")
@host_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def devices_command(as_json: bool, **given: Any) -> int:
    """List the devices of every box.

    An inference is run on each, by ovtui doctor there. What is wrong with one that does not work ovtui fleet doctor
    says."""
    if as_json:
        require_stdout("--json")
    boxes, options, jobs = boxes_from(given)
    from ovtui.cli.fleet.asked_boxes import ask_boxes, exit_of
    from ovtui.cli.fleet.doctor import ask_doctor
    from ovtui.fleet.box import BoxError

    found = ask_boxes(boxes, options, jobs, ask_doctor)
    if as_json:
        from ovtui.records.json_text import json_text

        sys.stdout.buffer.write(json_text({"schema": VERSION, "boxes": list(_as_json(found))}))
        return exit_of(found)
    rows = [
        (name, chain.device, _WORKS[chain.works], chain.name or "")
        for name, report in found.items()
        if not isinstance(report, BoxError)
        for chain in _present(report)
    ]
    print_table(_HEADS, rows)
    return exit_of(found)


def _present(report: DoctorReport) -> list[Chain]:
    return [chain for chain in report.chains if chain.present]


def _as_json(found: Mapping[str, DoctorReport | BoxError]) -> Iterator[dict[str, Any]]:
    from ovtui.fleet.box import BoxError

    for name, each in found.items():
        if isinstance(each, BoxError):
            yield {"name": name, "error": {"kind": each.kind, "text": each.text}, "devices": None}
        else:
            devices = [{"device": chain.device, "works": chain.works, "name": chain.name} for chain in _present(each)]
            yield {"name": name, "error": None, "devices": devices}
