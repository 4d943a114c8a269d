"""What ovtui's own commands say, each asked in a process of its own: one that crashes, hangs or prints without end is a
part that is missing, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ovtui.host.asked_processes import Asked, ask_all

MOST_BYTES = 16 << 20
"""Of an answer."""
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    output: bytes
    problem: str = ""
    """Why there is no whole answer, in a few words; empty where there is one."""


def ask_command(words: Sequence[str], limit_s: float, folder: Path | None = None) -> CommandAnswer:
    """Runs `ovtui` with these words, in `folder` where one is given; blocks, at most `limit_s`. An exit code other than
    0 is a finding of the command where it has printed something."""
    command = [sys.executable, "-m", "ovtui", *words]
    asked = Asked(words[0], command, limit_s=limit_s, max_output_bytes=MOST_BYTES, folder=folder)
    answer = ask_all([asked])[words[0]]
    if answer.cut:
        return CommandAnswer(b"", f"it printed more than {MOST_BYTES >> 20} MB")
    if answer.ending in ("answered", "exit-code") and answer.stdout.strip():
        return CommandAnswer(answer.stdout)
    return CommandAnswer(answer.stdout, f"{answer.words}{_last_line(answer.stderr)}")


def _last_line(told: bytes) -> str:
    lines = [line.strip() for line in told.decode(errors="replace").splitlines() if line.strip()]
    if not lines:
        return ""
    return f": {lines[-1].removeprefix('ovtui: ').removesuffix(' (ovtui --help)')[:_LONGEST_REASON]}"
