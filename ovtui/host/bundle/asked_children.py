"""What ovtui's own commands say, each asked in a process of its own: one that crashes, hangs or prints without end is a
part that is missing, and nothing else."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ovtui.host.child_environment import child_environment
from ovtui.settings.paths import shell_line

MOST_BYTES = 16 << 20
"""Of an answer; a child that prints more is killed."""
_MOST_TOLD = 4096
_CHUNK = 1 << 16
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class ChildAnswer:
    output: bytes
    problem: str = ""
    """Why there is no whole answer, in a few words; empty where there is one."""
    code: int | None = None


def ask_child(words: Sequence[str], limit_s: float, folder: Path | None = None) -> ChildAnswer:
    """Runs `ovtui` with these words; blocks, at most `limit_s`. The child and its own children are killed then."""
    command = [sys.executable, "-m", "ovtui", *words]
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
            env=child_environment(), start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return ChildAnswer(b"", f"no process could be started: {error.strerror}")
    try:
        return _answer(child, words, time.monotonic() + limit_s, limit_s)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()


def _answer(child: subprocess.Popen[bytes], words: Sequence[str], end_s: float, limit_s: float) -> ChildAnswer:
    assert child.stdout is not None
    assert child.stderr is not None
    output, told = bytearray(), bytearray()
    kept = {child.stdout.fileno(): output, child.stderr.fileno(): told}
    with selectors.DefaultSelector() as pipes:
        for number in kept:
            pipes.register(number, selectors.EVENT_READ)
        while pipes.get_map():
            ready = pipes.select(max(end_s - time.monotonic(), 0))
            if not ready:
                return ChildAnswer(bytes(output), f"no answer within {limit_s:g} s: {shell_line(['ovtui', *words])}")
            for key, _ in ready:
                data = os.read(key.fd, _CHUNK)
                if not data:
                    pipes.unregister(key.fd)
                kept[key.fd] += data
            del told[:-_MOST_TOLD]
            if len(output) > MOST_BYTES:
                return ChildAnswer(b"", f"more than {MOST_BYTES >> 20} MB were printed")
    try:
        code = child.wait(max(end_s - time.monotonic(), 0.1))
    except subprocess.TimeoutExpired:
        return ChildAnswer(bytes(output), f"no end within {limit_s:g} s")
    if code < 0:
        return ChildAnswer(bytes(output), f"it died with {_signal_name(-code)}{_last_line(told)}", code)
    if not output.strip():
        return ChildAnswer(b"", f"exit code {code}{_last_line(told)}", code)
    return ChildAnswer(bytes(output), "", code)


def _last_line(told: bytearray) -> str:
    lines = [line.strip() for line in told.decode(errors="replace").splitlines() if line.strip()]
    if not lines:
        return ""
    return f": {lines[-1].removeprefix('ovtui: ').removesuffix(' (ovtui --help)')[:_LONGEST_REASON]}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
