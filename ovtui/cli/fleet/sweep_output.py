"""A sweep over many boxes as text and as JSON: a table and an answer for each kind of box."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ovtui.cli.sweep_json import sweep_object
from ovtui.cli.sweep_text import answer_lines, front_plot, point_line, result_lines
from ovtui.cli.terminal_text import print_line
from ovtui.metrics.sweep.goals import GOALS
from ovtui.metrics.sweep.rows import sweep_rows
from ovtui.records.json_text import json_text
from ovtui.settings.shown_text import shown

if TYPE_CHECKING:
    from ovtui.fleet.sweep.fleet_sweep import FleetSweep, KindOutcome
    from ovtui.records.events import StudyPoint

VERSION = 1
MOST_PLOT = 100


def fleet_point_line(kind: KindOutcome, point: StudyPoint) -> str:
    """'box1: point 7 (again), streams 2: 412.0/s, p99 18.1 ms, held'."""
    if point.round < 2:
        return point_line(kind.study, point)
    import msgspec

    return point_line(kind.study, msgspec.structs.replace(point, round=2))


def print_fleet_sweep(sweep: FleetSweep) -> None:
    from ovtui.terminal.terminal_size import terminal_size

    width = terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 160
    for at, kind in enumerate(sweep.kinds):
        if len(sweep.kinds) > 1:
            if at:
                print_line("")
            print_line(f"{shown(kind.kind)} ({', '.join(map(shown, kind.boxes))})")
        if not kind.study.points:
            print_line("no point was measured")
            continue
        plot = front_plot(kind.study, min(width, MOST_PLOT))
        lines = [*result_lines(kind.study, width), *(["", *plot] if plot else []), "", *_answer(kind)]
        for line in lines:
            print_line(line)


def _answer(kind: KindOutcome) -> Sequence[str]:
    ended = kind.study.ended
    lines = answer_lines(kind.study, "")
    return [*(ended.text.split("; ") if ended is not None else []), *lines[1:]]


def fleet_sweep_json(sweep: FleetSweep) -> bytes:
    return json_text(
        {
            "schema": VERSION,
            "folder": str(sweep.folder),
            "left_out": sweep.unreachable,
            "kinds": [_kind(kind) for kind in sweep.kinds],
        }
    )


def _kind(kind: KindOutcome) -> dict[str, Any]:
    found = sweep_object(kind.study, "")
    boxes = {row.number: list(row.boxes) for row in sweep_rows(kind.study)}
    goal = GOALS[kind.points.spec.goal]
    for point in found["points"]:
        number = point["point"]
        point["boxes"] = boxes[number]
        point["measurements"] = [
            {
                "round": each.round,
                "box": each.box,
                "outcome": each.outcome,
                "goal": goal.value(each.figures),
                "recording": each.recording,
            }
            for each in kind.study.points
            if each.point == number
        ]
    return {
        "kind": kind.kind,
        "boxes": kind.boxes,
        "left_out": kind.left_out,
        "ending": kind.ending,
        "left": kind.points.left,
        **found,
    }
