"""Runs a program that answers with an inventory: bounded in time and in what it may say, and nothing of it stays."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from ovtui.fleet.box import FleetError
from ovtui.settings.shown_text import shown

LIMIT_S = 60.0
"""ansible-inventory takes 1 s to start, and a plugin asks a cloud."""
_MOST_BYTES = 64 << 20
_STDERR_BYTES = 20_000


def last_error(told: str) -> str:
    """Of what a program has written to stderr, the line that says what is wrong; may be empty."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return ([line for line in lines if "ERROR" in line or "rror:" in line] or lines or [""])[-1]


def json_of(
    words: Sequence[str],
    called: str,
    *,
    variables: Mapping[str, str] | None = None,
    why: Callable[[str], str] = last_error,
    limit_s: float = LIMIT_S,
) -> dict[str, Any]:
    """The object that a program prints. `called`: in a sentence; `variables`: of its environment, besides this one's;
    `why`: makes the reason of its stderr, where it fails. Raises FleetError."""
    output, told, code = _run(words, called, {**os.environ, **(variables or {})}, limit_s)
    if code:
        reason = shown(why(told.decode(errors="replace")))[:400]
        raise FleetError(f"{called} fails: {reason or f'exit code {code}'}")
    try:
        answer = json.loads(output)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise FleetError(f"{called} prints no JSON object")
    return answer


def _run(words: Sequence[str], called: str, env: Mapping[str, str], limit_s: float) -> tuple[bytes, bytes, int]:
    """What it prints on stdout and on stderr, and its exit code."""
    try:
        process = subprocess.Popen(
            list(words), env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FleetError(f"{called} cannot be run: {reason}") from None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        output, told = _read(process.stdout, process.stderr, called, limit_s)
        code = process.wait()
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        process.stderr.close()
    return output, told, code


def _read(stdout: IO[bytes], stderr: IO[bytes], called: str, limit_s: float) -> tuple[bytes, bytes]:
    """Until the program closes both."""
    output, told = bytearray(), bytearray()
    end_s = time.monotonic() + limit_s
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ, output)
        selector.register(stderr, selectors.EVENT_READ, told)
        while selector.get_map():
            ready = selector.select(max(0.0, end_s - time.monotonic()))
            if not ready:
                raise FleetError(f"{called} has not ended after {limit_s:g} s")
            for key, _ in ready:
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fileobj)
                key.data.extend(data)
            if len(output) > _MOST_BYTES:
                raise FleetError(f"{called} prints more than {_MOST_BYTES >> 20} MiB")
            del told[:-_STDERR_BYTES]
    return bytes(output), bytes(told)
