"""What a run on many boxes ends in: its table, its JSON, its report, a sentence for each box that failed, and the exit
code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.output import write_both
from ovtui.records.fleet import BoxState
from ovtui.records.json_text import json_text

if TYPE_CHECKING:
    from ovtui.fleet.box import FaultKind
    from ovtui.fleet.running.run_folder import RunFolder


def exit_code(states: Sequence[BoxState], faults: Mapping[str, FaultKind], *, interrupted: bool) -> int:
    failed = [state for state in states if state.phase != "done"]
    if interrupted:
        return Exit.INTERRUPTED
    if failed and len(failed) == len(states) and all(faults.get(state.name) == "refused" for state in failed):
        return Exit.UNUSABLE
    if failed:
        return Exit.FAILED
    return Exit.LIMIT_MISSED if any(state.code == Exit.LIMIT_MISSED for state in states) else Exit.FINE


def print_schema() -> int:
    click.echo("{}")
    return Exit.FINE


def write_outcome(states: Sequence[BoxState], folder: RunFolder, code: int, json_path: str, report: str) -> None:
    import msgspec

    write_both(json_path, lambda: json_text(msgspec.to_builtins(states)), lambda: _print_table(states))
    for state in states:
        if state.phase == "failed":
            notify(f"{state.name}: {state.text}")


def _print_table(states: Sequence[BoxState]) -> None:
    for state in states:
        print(state.name, state.phase, (state.result or {}).get("throughput"), state.recording)
