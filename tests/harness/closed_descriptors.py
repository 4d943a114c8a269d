"""The program with some of the descriptors 0, 1 and 2 closed, as `>&-` of a shell does it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True)
class Ended:
    code: int
    out: bytes
    err: str


def run_closed(command: Sequence[str], env: Mapping[str, str], closed: Collection[int], limit_s: float = 120) -> Ended:
    """What still comes through those that are open; stdin is /dev/null where it is."""
    done = subprocess.run(
        command,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        preexec_fn=partial(_close, closed),
        timeout=limit_s,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr.decode())


def _close(numbers: Collection[int]) -> None:
    for number in numbers:
        os.close(number)
