"""The table of tests/faults: what is done to the program, what a person is then told, the exit code."""

from __future__ import annotations

from dataclasses import dataclass

SECTIONS = ("terminal and start", "processes and accounts", "files")


@dataclass(frozen=True)
class Fault:
    """One row. A test module of tests/faults lists its rows in `FAULTS` and makes a test of each; a subclass may hold
    what is done."""

    case: str
    """What happens, in a few words."""
    outcome: str
    """What a person is told, or what goes on, in a few words."""
    code: int | None
    """The exit code; None where the program goes on."""
    section: str
    """One of SECTIONS."""


def id_of(fault: Fault) -> str:
    """The row as the id of its test."""
    return fault.case.replace(" ", "-")[:70]
